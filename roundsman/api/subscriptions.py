"""Subscriptions: what one gets again and again, paused and gone on with by oneself or by staff."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from roundsman.access.permissions import Permission
from roundsman.api.models import AnswerModel, Id, IdInPath, RequestModel, problems
from roundsman.calendar import day_of
from roundsman.ids import CustomerId, SubscriptionId
from roundsman.operations.facts.intake import customer_of_somebody
from roundsman.operations.selling.subscription_pausing import (
    of_customer,
    of_user,
    pause_subscription,
    resume_subscription,
)
from roundsman.subscriptions.pausing import subscriptions_of_user
from roundsman.subscriptions.quantities import next_delivery, quantity_on
from roundsman.subscriptions.subscriptions import Pause, RuleKind, Subscription, SubscriptionStatus
from roundsman.web.guards import require
from roundsman.web.operating import Work

router = APIRouter(prefix="/subscriptions", tags=["subscriptions"])
of_customers = APIRouter(prefix="/customers/{customer_id}/subscriptions", tags=["subscriptions"])


class Pausing(RequestModel):
    """The days on which nothing is brought, the first and the last among them."""

    start: date = Field(description="Today or later.", examples=["2026-12-01"])
    end: date | None = Field(None, description="If not given, until it is ended.", examples=["2026-12-10"])


class Resuming(RequestModel):
    """From when on things are brought again."""

    start: date | None = Field(None, description="Today or later; today if not given.", examples=["2026-12-05"])


class PauseView(AnswerModel):
    """Days on which nothing is brought."""

    start: date
    end: date | None


class RuleView(AnswerModel):
    """How much on which days."""

    kind: RuleKind
    quantity: float
    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = Field(description="Monday is 0.")


class SubscriptionView(AnswerModel):
    """A subscription as it is now, and what comes of it; days are Indian days."""

    id: Id
    customer_id: Id | None
    product_id: Id | None
    status: SubscriptionStatus
    rule: RuleView
    pauses: list[PauseView]
    start: date | None
    end: date | None
    quantity_today: float
    next_day: date | None = Field(description="The next day after today on which something is brought, within a year.")
    next_quantity: float


@router.get("", dependencies=[Depends(require(Permission.ME_PURCHASES))], responses=problems(401, 403))
async def own(work: Work) -> list[SubscriptionView]:
    """List one's own subscriptions."""
    return [_view(one, work.now) for one in await subscriptions_of_user(work.tx, work.user_id)]


@router.post(
    "/{subscription_id}/pause",
    dependencies=[Depends(require(Permission.ME_PAUSE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def pause_own(body: Pausing, subscription_id: IdInPath, work: Work) -> SubscriptionView:
    """Have nothing brought for some days."""
    find = of_user(work.user_id, SubscriptionId(subscription_id))
    days = Pause(body.start, body.end)
    return _view(await pause_subscription(work.tx, find, days, intake=work.intake, now=work.now), work.now)


@router.post(
    "/{subscription_id}/resume",
    dependencies=[Depends(require(Permission.ME_PAUSE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def resume_own(body: Resuming, subscription_id: IdInPath, work: Work) -> SubscriptionView:
    """End every pause of a subscription."""
    find = of_user(work.user_id, SubscriptionId(subscription_id))
    return _view(await resume_subscription(work.tx, find, body.start, intake=work.intake, now=work.now), work.now)


@of_customers.get(
    "", dependencies=[Depends(require(Permission.PURCHASES_READ))], responses=problems(401, 403, 404, 422)
)
async def of_one_customer(customer_id: IdInPath, work: Work) -> list[SubscriptionView]:
    """List the subscriptions of the person a customer is."""
    customer = await customer_of_somebody(work.tx, CustomerId(customer_id))
    return [_view(one, work.now) for one in await subscriptions_of_user(work.tx, customer.user_id)]


@of_customers.post(
    "/{subscription_id}/pause",
    dependencies=[Depends(require(Permission.SUBSCRIPTIONS_MANAGE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def pause(body: Pausing, customer_id: IdInPath, subscription_id: IdInPath, work: Work) -> SubscriptionView:
    """Have nothing brought to a customer for some days."""
    find = of_customer(CustomerId(customer_id), SubscriptionId(subscription_id))
    days = Pause(body.start, body.end)
    return _view(await pause_subscription(work.tx, find, days, intake=work.intake, now=work.now), work.now)


@of_customers.post(
    "/{subscription_id}/resume",
    dependencies=[Depends(require(Permission.SUBSCRIPTIONS_MANAGE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def resume(body: Resuming, customer_id: IdInPath, subscription_id: IdInPath, work: Work) -> SubscriptionView:
    """End every pause of a customer's subscription."""
    find = of_customer(CustomerId(customer_id), SubscriptionId(subscription_id))
    return _view(await resume_subscription(work.tx, find, body.start, intake=work.intake, now=work.now), work.now)


def _view(one: Subscription, now: datetime) -> SubscriptionView:
    today = day_of(now)
    following = next_delivery(one, today)
    return SubscriptionView(
        id=one.id,
        customer_id=one.customer_id,
        product_id=one.product_id,
        status=one.status,
        rule=RuleView(kind=one.rule.kind, quantity=one.rule.quantity, weekdays=sorted(one.rule.weekdays)),
        pauses=[PauseView.model_validate(pause) for pause in one.pauses],
        start=one.start,
        end=one.end,
        quantity_today=quantity_on(one, today),
        next_day=following,
        next_quantity=0 if following is None else quantity_on(one, following),
    )
