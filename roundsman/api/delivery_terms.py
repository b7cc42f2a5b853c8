"""To whom delivery boys deliver, and what they get for it."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from roundsman.access.permissions import Permission
from roundsman.api.delivery import StopId
from roundsman.api.earnings_views import OpenStopView, open_stop_views
from roundsman.api.models import KEPT_FOR_GOOD, AnswerModel, Id, IdInBody, IdInPath, Line, RequestModel, problems
from roundsman.api.operating import Key, Page, Paise
from roundsman.calendar import day_of
from roundsman.delivery.rate_cards import list_cards
from roundsman.delivery.rates import Bonus, Period
from roundsman.ids import CustomerId, DeliveryBoyId
from roundsman.operations.delivering.delivery_marks import correct_collected, reassign_stop, take_stop_back
from roundsman.operations.delivering.delivery_terms import WantedCard, assign, hand_over_round, make_card
from roundsman.operations.delivering.rounds import overdue, unassigned_on
from roundsman.orders.deliveries import Paid
from roundsman.web.guards import require
from roundsman.web.operating import Work

rates = APIRouter(prefix="/rates", tags=["delivery boys"])
stops = APIRouter(prefix="/stops", tags=["delivery boys"])
of_delivery_boys = APIRouter(prefix="/delivery-boys/{delivery_boy_id}/round", tags=["delivery boys"])
of_customers = APIRouter(prefix="/customers/{customer_id}/delivery-boy", tags=["delivery boys"])

_READ: Final = [Depends(require(Permission.DELIVERY_BOYS_READ))]
_ASSIGN: Final = [Depends(require(Permission.DELIVERIES_ASSIGN))]


class Assigning(RequestModel):
    """Who delivers to a customer."""

    delivery_boy_id: IdInBody | None = Field(description="Null for nobody.")
    stop: Annotated[int, Field(ge=1, le=10_000)] | None = Field(None, description="His place in the round.")


class AssignedView(AnswerModel):
    """Who delivers to a customer."""

    id: Id
    delivery_boy_id: Id | None
    stop: int | None


class UnassignedQuery(Page):
    """Which part of what nobody brings."""

    day: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))] | None = Field(
        None, description="An Indian day; today if not given."
    )


class HandingOverRound(RequestModel):
    """Who is to bring all that another brought."""

    to: IdInBody = Field(description="A delivery boy.")


class HandedOverView(AnswerModel):
    """How much went to another delivery boy."""

    customers: int
    stops: int = Field(description="Those that he was told to bring himself, or tried to.")


class Reassigning(RequestModel):
    """Who brings something, or brought it."""

    delivery_boy_id: IdInBody


class TakingBack(RequestModel):
    """Why it was not delivered after all."""

    reason: Line = Field(description=KEPT_FOR_GOOD)


class TakenBackView(AnswerModel):
    """What became of taking something back."""

    was_delivered: bool = Field(description="Whether it had been delivered until now; else nothing was changed.")


class Collecting(RequestModel):
    """What a customer paid at the door after all, and why it was written otherwise."""

    paise: Annotated[int, Field(ge=0, le=100_000_000, description="Nothing is 0.", examples=[6400])]
    method: Literal["cash", "upi"]
    delivery_boy_id: IdInBody | None = Field(
        None, description="Who has the money; as it was, or who brought it, if not given."
    )
    reason: Line = Field(description=KEPT_FOR_GOOD)


class CollectedView(AnswerModel):
    """What a customer paid at the door, and to whom."""

    paise: int
    method: str
    at: datetime
    by: Id


class BonusModel(RequestModel):
    """So many paise more for each day, week or month in which somebody made so many deliveries."""

    rule: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,40}$")] = Field(examples=["200-a-month"])
    period: Period
    deliveries: Annotated[int, Field(ge=1, le=100_000)]
    paise: Paise


class RateSetting(RequestModel):
    """What deliveries bring from a day on; earlier ones keep what they brought."""

    key: Key
    per_delivery_paise: Annotated[int, Field(ge=0, le=1_000_000)]
    fixed_month_paise: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    since: date | None = Field(None, description="An Indian day, today or later; if not given, from now on.")
    delivery_boy_id: IdInBody | None = Field(None, description="For one; if not given, for all without their own.")
    bonuses: list[BonusModel] = Field([], max_length=20)


class BonusView(AnswerModel):
    """What a rate card brings besides."""

    rule: str
    period: Period
    deliveries: int
    paise: int


class RateView(AnswerModel):
    """A rate card; it is never changed."""

    id: str
    per_delivery_paise: int
    fixed_month_paise: int
    valid_from: datetime
    delivery_boy_id: Id | None
    bonuses: list[BonusView]


@rates.get("", dependencies=_READ, responses=problems(401, 403, 422))
async def list_rates(work: Work, query: Annotated[Page, Query()]) -> list[RateView]:
    """List rates, the earliest first."""
    return [RateView.model_validate(card) for card in await list_cards(work.tx, skip=query.skip, limit=query.limit)]


@rates.post(
    "",
    status_code=201,
    dependencies=[Depends(require(Permission.RATES_SET, fresh=True))],
    responses=problems(401, 403, 404, 409, 422),
)
async def set_rate(body: RateSetting, work: Work) -> RateView:
    """Have deliveries bring so much from a day on."""
    wanted = WantedCard(
        key=body.key,
        per_delivery_paise=body.per_delivery_paise,
        fixed_month_paise=body.fixed_month_paise,
        since=body.since,
        delivery_boy_id=None if body.delivery_boy_id is None else DeliveryBoyId(body.delivery_boy_id),
        bonuses=tuple(Bonus(**bonus.model_dump()) for bonus in body.bonuses),
    )
    return RateView.model_validate(await make_card(work.tx, wanted, intake=work.intake, now=work.now))


@stops.get("/unassigned", dependencies=_READ, responses=problems(401, 403, 422))
async def unassigned(work: Work, query: Annotated[UnassignedQuery, Query()]) -> list[OpenStopView]:
    """List what nobody brings on a day as things are now: there is no delivery boy, or he is on leave, suspended or gone."""
    found = await unassigned_on(work.tx, query.day or day_of(work.now), now=work.now)
    return open_stop_views(found[query.skip : query.skip + query.limit], first=query.skip + 1)


@stops.get("/overdue", dependencies=_READ, responses=problems(401, 403, 422))
async def overdue_(work: Work, page: Annotated[Page, Query()]) -> list[OpenStopView]:
    """List orders that nobody brought within a week of their day, the oldest first: they are in no round any more."""
    found = await overdue(work.tx, skip=page.skip, limit=page.limit, now=work.now)
    return open_stop_views(found, first=page.skip + 1)


@stops.post(
    "/{stop_id}/delivery-boy", dependencies=_ASSIGN, responses=problems(401, 403, 404, 409, 422), status_code=204
)
async def reassign(body: Reassigning, stop_id: StopId, work: Work) -> None:
    """Have another delivery boy bring something, or be the one who is paid for having brought it."""
    boy = DeliveryBoyId(body.delivery_boy_id)
    await reassign_stop(work.tx, stop_id, boy, intake=work.intake, now=work.now)


@stops.post("/{stop_id}/take-back", dependencies=_ASSIGN, responses=problems(401, 403, 404, 409, 422))
async def take_back(body: TakingBack, stop_id: StopId, work: Work) -> TakenBackView:
    """Say that something was not delivered after all. Nobody is paid for it; what the customer paid stays paid."""
    was = await take_stop_back(work.tx, stop_id, reason=body.reason, intake=work.intake, now=work.now)
    return TakenBackView(was_delivered=was)


@stops.put(
    "/{stop_id}/collected",
    dependencies=[Depends(require(Permission.CASH_TAKE, fresh=True))],
    responses=problems(401, 403, 404, 409, 422),
)
async def collected(body: Collecting, stop_id: StopId, work: Work) -> CollectedView:
    """Say what a customer paid at the door after all; the payment and the cash in hand follow."""
    by = None if body.delivery_boy_id is None else DeliveryBoyId(body.delivery_boy_id)
    paid = Paid(body.paise, body.method)
    return CollectedView.model_validate(
        await correct_collected(work.tx, stop_id, paid, by=by, reason=body.reason, intake=work.intake, now=work.now)
    )


@of_delivery_boys.post("/hand-over", dependencies=_ASSIGN, responses=problems(401, 403, 404, 409, 422))
async def hand_over_round_(body: HandingOverRound, delivery_boy_id: IdInPath, work: Work) -> HandedOverView:
    """Have another delivery boy bring all that one would bring from now on. What he has brought and earned stays his."""
    boy, to = DeliveryBoyId(delivery_boy_id), DeliveryBoyId(body.to)
    return HandedOverView.model_validate(await hand_over_round(work.tx, boy, to, intake=work.intake, now=work.now))


@of_customers.put("", dependencies=_ASSIGN, responses=problems(401, 403, 404, 409, 422))
async def assign_(body: Assigning, customer_id: IdInPath, work: Work) -> AssignedView:
    """Say who delivers to a customer from now on, and at which stop of his round."""
    boy = None if body.delivery_boy_id is None else DeliveryBoyId(body.delivery_boy_id)
    customer = await assign(work.tx, CustomerId(customer_id), boy, body.stop, intake=work.intake, now=work.now)
    return AssignedView.model_validate(customer)
