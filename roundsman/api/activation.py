"""How far customers have come: the dashboard, the people behind each of its numbers, and why each is where he is."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field, StringConstraints

from roundsman.access.decisions import Allowed, decide
from roundsman.access.permissions import Permission
from roundsman.access.principal import Principal
from roundsman.activation.cohorts import read_cohorts
from roundsman.activation.dashboard import range_of, read_dashboard
from roundsman.activation.figures import Slice
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.listing import Wanted
from roundsman.activation.movement import read_movement
from roundsman.activation.tallies import Step
from roundsman.activation.what_if import other_policy, what_if
from roundsman.api.activation_views import (
    ActivationPageView,
    ActivationPersonView,
    CohortsView,
    DashboardView,
    ExplainedView,
    MovementView,
    WhatIfView,
    dashboard_view,
    explained_view,
    person_view,
)
from roundsman.api.models import IdInPath, Line, RequestModel, problems
from roundsman.operations.facts.activation_lists import explain_user, list_activation
from roundsman.operations.people.csv_file import csv_text
from roundsman.web.guards import require
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import services_of

router = APIRouter(prefix="/activation", tags=["activation"])

_GUARD: Final = [Depends(require(Permission.ACTIVATION_READ))]
_CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/csv": {}},
        "description": "The page as CSV. The header `X-Next` is what to send as `after` for the next one.",
    }
}
_MOST_FACTS: Final = 100_000


class SliceQuery(RequestModel):
    """Of whom the numbers are."""

    area: Line | None = Field(None, examples=["HSR"])
    channel: Line | None = Field(None, description="How they came: self, staff or import.")

    @property
    def of(self) -> Slice:
        """The same as a value."""
        return Slice(self.area, self.channel)


class RangeQuery(SliceQuery):
    """Of which Indian days and of whom the numbers are; by default of the last thirty days and of everybody."""

    first: date | None = None
    last: date | None = None


class PeopleQuery(SliceQuery):
    """What has to be true of the people; what is not given does not matter."""

    status: list[ActivationStatus] = Field([], max_length=6, description="Where they are now, or were `on` a day.")
    on: date | None = Field(None, description="The Indian day at whose end they were in `status`.")
    before: list[ActivationStatus] = Field(
        [], max_length=6, description="Where they were at the end of `since`; nothing is: not known yet."
    )
    since: date | None = None
    step: Step | None = Field(None, description="The step of the funnel they have taken, with all before it.")
    without_step: Step | None = Field(None, description="The step they have not taken.")
    signed_up_first: date | None = None
    signed_up_last: date | None = None
    payment_failed: bool = False
    payment_missing: bool = False
    at_risk: bool = Field(default=False, description="The soonest first.")
    overdue: bool = False
    after: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        None, description="The `next` of the page before."
    )
    limit: Annotated[int, Field(ge=1, le=1000)] = 50

    @property
    def wanted(self) -> Wanted:
        """The same as a value."""
        asked = self.model_dump(exclude={"area", "channel", "status", "before", "after", "limit"})
        return Wanted(**asked, statuses=tuple(self.status), before=tuple(self.before), of=self.of)


class WhatIfQuery(RequestModel):
    """Other thresholds; those not given are as they are."""

    inactive_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    churn_days: Annotated[int, Field(ge=2, le=3650)] | None = None
    engaged_orders: Annotated[int, Field(ge=2, le=1000)] | None = None


@router.get("/dashboard", dependencies=_GUARD, responses=problems(401, 403, 422))
async def dashboard(
    request: Request, query: Annotated[RangeQuery, Query()], principal: CurrentPrincipal
) -> DashboardView:
    """Show how many customers are how far; the numbers are right even while the sweep stands still."""
    runtime = services_of(request).runtime
    read = await read_dashboard(
        runtime.tx, query.first, query.last, of=query.of, policy=runtime.activation, now=runtime.clock()
    )
    return dashboard_view(read, with_money=_sees_money(principal))


@router.get("/cohorts", dependencies=_GUARD, responses=problems(401, 403, 422))
async def cohorts(request: Request, query: Annotated[RangeQuery, Query()]) -> CohortsView:
    """Show, of those who signed up in each week of the range, how many are active or engaged at the ends of the weeks since."""
    runtime = services_of(request).runtime
    now = runtime.clock()
    first, last = range_of(query.first, query.last, now=now)
    read = await read_cohorts(runtime.tx, first, last, of=query.of, policy=runtime.activation, now=now)
    return CohortsView.model_validate({"cohorts": read})


@router.get("/movement", dependencies=_GUARD, responses=problems(401, 403, 422))
async def movement(request: Request, query: Annotated[RangeQuery, Query()]) -> MovementView:
    """Show who went from which status to which, from the end of the first day to the end of the last."""
    runtime = services_of(request).runtime
    read = await read_movement(
        runtime.tx, query.first, query.last, of=query.of, policy=runtime.activation, now=runtime.clock()
    )
    return MovementView.model_validate(read)


@router.get("/people", dependencies=_GUARD, responses=problems(401, 403, 422))
async def list_(
    request: Request, query: Annotated[PeopleQuery, Query()], principal: CurrentPrincipal
) -> ActivationPageView:
    """List the customers behind a number, a page at a time."""
    return await _page(request, query, principal)


@router.get("/people.csv", dependencies=_GUARD, response_class=Response, responses=problems(401, 403, 422) | _CSV)
async def list_as_csv(
    request: Request, query: Annotated[PeopleQuery, Query()], principal: CurrentPrincipal
) -> Response:
    """Give the same page as a file for a spreadsheet."""
    page = await _page(request, query, principal)
    rows = [one.model_dump(mode="json") for one in page.people]
    headers = {"Content-Disposition": 'attachment; filename="customers.csv"'}
    if page.next is not None:
        headers["X-Next"] = page.next
    text = csv_text(rows, headings=list(ActivationPersonView.model_fields))
    return Response(text, media_type="text/csv", headers=headers)


@router.get("/customers/{user_id}", dependencies=_GUARD, responses=problems(401, 403, 404, 422))
async def customer(user_id: IdInPath, request: Request, principal: CurrentPrincipal) -> ExplainedView:
    """Show where a customer stands and why, what time changes next, and how he came there; also by a customer id."""
    runtime = services_of(request).runtime
    explained = await explain_user(runtime.tx, user_id, policy=runtime.activation, now=runtime.clock())
    return explained_view(explained, with_money=_sees_money(principal))


@router.get("/what-if", dependencies=_GUARD, responses=problems(401, 403, 409, 422))
async def what_if_(request: Request, query: Annotated[WhatIfQuery, Query()]) -> WhatIfView:
    """Show where everybody would be by other thresholds; nothing is written. It is slow, and refused where it is too slow."""
    runtime = services_of(request).runtime
    other = other_policy(runtime.activation, **query.model_dump())
    compared = await what_if(runtime.tx, other, policy=runtime.activation, now=runtime.clock(), most_facts=_MOST_FACTS)
    return WhatIfView.model_validate(compared)


def _sees_money(principal: Principal) -> bool:
    return isinstance(decide(principal, Permission.PURCHASES_READ), Allowed)


async def _page(request: Request, query: PeopleQuery, principal: Principal) -> ActivationPageView:
    runtime = services_of(request).runtime
    page = await list_activation(
        runtime.tx,
        query.wanted,
        policy=runtime.activation,
        now=runtime.clock(),
        after=query.after,
        limit=query.limit,
    )
    return ActivationPageView(
        people=[person_view(one, with_money=_sees_money(principal)) for one in page.people], next=page.next
    )
