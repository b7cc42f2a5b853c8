"""What delivery boys do: see their round, tell what became of it, and see what they earned."""

from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AwareDatetime, Field

from roundsman.access.permissions import Permission
from roundsman.api.earnings_views import (
    CSV,
    EarningsView,
    EntryView,
    Month,
    MonthQuery,
    PayoutView,
    StatementView,
    StopView,
    entries_file,
    statement_file,
    stop_views,
)
from roundsman.api.models import KEPT_FOR_GOOD, Line, RequestModel, problems
from roundsman.api.operating import Key, Page, Paise
from roundsman.delivery.delivery_boys import DeliveryBoy
from roundsman.delivery.linkage import get_delivery_boy_of_user
from roundsman.delivery.paying import list_payouts
from roundsman.delivery.statements import list_entries
from roundsman.operations.delivering.delivery_marks import mark_stop
from roundsman.operations.delivering.earnings import days_of_month, earnings_of, statement_of
from roundsman.operations.delivering.rounds import own_round
from roundsman.orders.deliveries import Paid
from roundsman.orders.stops import Mark
from roundsman.web.guards import require
from roundsman.web.operating import Operating, Work

router = APIRouter(prefix="/delivery", tags=["delivery"])

StopId = Annotated[
    str,
    Path(
        pattern=r"^[0-9a-f]{24}(:\d{4}-\d{2}-\d{2}:-)?$",
        description="The order's id; for what subscriptions bring, the customer's id, the day and a dash.",
        examples=["69a3d7f0c2a4e5b6d7e8f901", "69a3d7f0c2a4e5b6d7e8f902:2026-11-23:-"],
    ),
]
_EARNINGS: Final = [Depends(require(Permission.ME_EARNINGS))]


class PaidAtDoor(RequestModel):
    """What the customer paid."""

    paise: Paise
    method: Literal["cash", "upi"]


class Telling(RequestModel):
    """What is told of a stop, once by its key."""

    key: Key
    at: AwareDatetime | None = Field(None, description="When it happened, by the phone's clock; now if not given.")

    def when(self, now: datetime) -> datetime:
        """When it happened."""
        return self.at or now


class Delivered(Telling):
    """That it was brought."""

    paid: PaidAtDoor | None = Field(None, description="What the customer paid at the door, if he did.")


class NotDelivered(Telling):
    """That it could not be brought."""

    reason: Line = Field(description=KEPT_FOR_GOOD, examples=["the gate was locked"])


@router.get("/round", dependencies=[Depends(require(Permission.ME_ROUND))], responses=problems(401, 403, 409))
async def round_(work: Work) -> list[StopView]:
    """List what one has to bring today, in the order of the stops, and what was brought."""
    return stop_views(await own_round(work.tx, await _himself(work), now=work.now))


@router.post(
    "/round/{stop_id}/delivered",
    dependencies=[Depends(require(Permission.ME_DELIVER))],
    responses=problems(401, 403, 404, 409, 422),
    status_code=204,
)
async def delivered(body: Delivered, stop_id: StopId, work: Work) -> None:
    """Tell that something was brought. Sent again after a lost answer, nothing happens twice."""
    boy = await _himself(work)
    paid = None if body.paid is None else Paid(body.paid.paise, body.paid.method)
    mark = Mark(body.key, body.when(work.now), paid=paid)
    await mark_stop(work.tx, boy.id, stop_id, mark, intake=work.intake, now=work.now)


@router.post(
    "/round/{stop_id}/not-delivered",
    dependencies=[Depends(require(Permission.ME_DELIVER))],
    responses=problems(401, 403, 404, 409, 422),
    status_code=204,
)
async def not_delivered(body: NotDelivered, stop_id: StopId, work: Work) -> None:
    """Tell why something could not be brought. It may be tried again."""
    boy = await _himself(work)
    mark = Mark(body.key, body.when(work.now), failed_because=body.reason)
    await mark_stop(work.tx, boy.id, stop_id, mark, intake=work.intake, now=work.now)


@router.get("/earnings", dependencies=_EARNINGS, responses=problems(401, 403, 409))
async def earnings(work: Work) -> EarningsView:
    """See what one earned in all and this month, and what one is owed."""
    return EarningsView.model_validate(await earnings_of(work.tx, await _himself(work), now=work.now))


@router.get("/statement", dependencies=_EARNINGS, responses=problems(401, 403, 409, 422))
async def statement(work: Work, query: Annotated[MonthQuery, Query()]) -> StatementView:
    """See a month day by day."""
    return StatementView.model_validate(await statement_of(work.tx, await _himself(work), query.month))


@router.get(
    "/statement.csv", dependencies=_EARNINGS, response_class=Response, responses=problems(401, 403, 409, 422) | CSV
)
async def statement_as_csv(work: Work, query: Annotated[MonthQuery, Query()]) -> Response:
    """Get the same as a file for a spreadsheet."""
    return statement_file(await statement_of(work.tx, await _himself(work), query.month))


class EntriesQuery(Page):
    """Which entries of which month."""

    month: Month


@router.get("/entries", dependencies=_EARNINGS, responses=problems(401, 403, 409, 422))
async def entries(work: Work, query: Annotated[EntriesQuery, Query()]) -> list[EntryView]:
    """See the entries behind the numbers of a month, the earliest first."""
    boy, days = await _himself(work), days_of_month(query.month)
    found = await list_entries(work.tx, boy.id, *days, skip=query.skip, limit=query.limit)
    return [EntryView.model_validate(entry) for entry in found]


@router.get(
    "/entries.csv", dependencies=_EARNINGS, response_class=Response, responses=problems(401, 403, 409, 422) | CSV
)
async def entries_as_csv(work: Work, query: Annotated[MonthQuery, Query()]) -> Response:
    """Get all entries of a month as a file for a spreadsheet."""
    boy = await _himself(work)
    return entries_file(query.month, await list_entries(work.tx, boy.id, *days_of_month(query.month)))


@router.get("/payouts", dependencies=_EARNINGS, responses=problems(401, 403, 409, 422))
async def payouts(work: Work, page: Annotated[Page, Query()]) -> list[PayoutView]:
    """List one's own payouts, the newest first."""
    boy = await _himself(work)
    found = await list_payouts(work.tx, boy.id, skip=page.skip, limit=page.limit)
    return [PayoutView.model_validate(payout) for payout in found]


async def _himself(work: Operating) -> DeliveryBoy:
    return await get_delivery_boy_of_user(work.tx, work.user_id)
