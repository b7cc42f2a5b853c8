"""To whom delivery boys deliver, and what they get for it."""

from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import Field

from roundsman.access.permissions import Permission
from roundsman.api.delivery import StopId
from roundsman.api.models import KEPT_FOR_GOOD, AnswerModel, Id, IdInBody, IdInPath, Line, RequestModel, problems
from roundsman.api.operating import Key, Paise
from roundsman.delivery.linkage import get_delivery_boy
from roundsman.delivery.rate_cards import all_cards
from roundsman.delivery.rates import Bonus, Period
from roundsman.ids import CustomerId, DeliveryBoyId
from roundsman.operations.delivery_marks import reassign_stop, take_stop_back
from roundsman.operations.delivery_terms import WantedCard, assign, make_card
from roundsman.web.guards import require
from roundsman.web.operating import Work

rates = APIRouter(prefix="/rates", tags=["delivery boys"])
stops = APIRouter(prefix="/stops", tags=["delivery boys"])
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


class Reassigning(RequestModel):
    """Who brings something, or brought it."""

    delivery_boy_id: IdInBody


class TakingBack(RequestModel):
    """Why it was not delivered after all."""

    reason: Line = Field(description=KEPT_FOR_GOOD)


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


@rates.get("", dependencies=_READ, responses=problems(401, 403))
async def list_rates(work: Work) -> list[RateView]:
    """List all rates, the earliest first."""
    return [RateView.model_validate(card) for card in await all_cards(work.tx)]


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


@stops.post(
    "/{stop_id}/delivery-boy", dependencies=_ASSIGN, responses=problems(401, 403, 404, 409, 422), status_code=204
)
async def reassign(body: Reassigning, stop_id: StopId, work: Work) -> None:
    """Have another delivery boy bring something, or be the one who is paid for having brought it."""
    boy = await get_delivery_boy(work.tx, DeliveryBoyId(body.delivery_boy_id))
    await reassign_stop(work.tx, stop_id, boy.id, intake=work.intake, now=work.now)


@stops.post("/{stop_id}/take-back", dependencies=_ASSIGN, responses=problems(401, 403, 404, 409, 422), status_code=204)
async def take_back(body: TakingBack, stop_id: StopId, work: Work) -> None:
    """Say that something was not delivered after all. Nobody is paid for it; what the customer paid stays paid."""
    await take_stop_back(work.tx, stop_id, reason=body.reason, intake=work.intake, now=work.now)


@of_customers.put("", dependencies=_ASSIGN, responses=problems(401, 403, 404, 409, 422))
async def assign_(body: Assigning, customer_id: IdInPath, work: Work) -> AssignedView:
    """Say who delivers to a customer from now on, and at which stop of his round."""
    boy = None if body.delivery_boy_id is None else DeliveryBoyId(body.delivery_boy_id)
    customer = await assign(work.tx, CustomerId(customer_id), boy, body.stop, intake=work.intake, now=work.now)
    return AssignedView.model_validate(customer)
