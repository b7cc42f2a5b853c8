"""What a customer looks for first: what comes next, his subscriptions, and how the last delivery was."""

from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.calendar import day_of
from roundsman.console.forms import Form, model_of, read_form
from roundsman.console.guards import require_page
from roundsman.console.portal_forms import are_operations_here, refused_here
from roundsman.console.rendering import see_other, show
from roundsman.errors import RoundsmanError
from roundsman.ids import SubscriptionId
from roundsman.operations.delivering.coming import Subscribed, coming_to, subscribed_by
from roundsman.operations.delivering.rating import Rated, own_deliveries, rate_delivery
from roundsman.operations.selling.subscription_pausing import of_user, pause_subscription, resume_subscription
from roundsman.orders.deliveries import DeliveryStatus
from roundsman.subscriptions.subscriptions import Pause, SubscriptionStatus
from roundsman.web.ids import IdInPath
from roundsman.web.operating import Operating, Work

PATH: Final = "/my"
_PAUSES: Final = [Depends(require_page(Permission.ME_PAUSE))]
_LOOKED_BACK: Final = 10
_RUNNING: Final = {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED}

router = APIRouter(include_in_schema=False)


class Pausing(BaseModel):
    """The days on which nothing is to be brought."""

    start: date
    end: date | None = None


class Resuming(BaseModel):
    """From when on things are to be brought again."""

    start: date


class Stars(BaseModel):
    """How a delivery was."""

    stars: Annotated[int, Field(ge=1, le=5)]


@router.get(PATH, dependencies=[Depends(require_page(Permission.ME_PURCHASES))], name="my_page")
async def my_page(request: Request, work: Work) -> Response:
    """Show what comes next."""
    return await _shown(request, work, Form())


@router.post(PATH + "/subscriptions/{subscription_id}/pause", dependencies=_PAUSES, name="pause_page")
async def pause(request: Request, subscription_id: IdInPath, work: Work) -> Response:
    """Have nothing brought for some days."""
    sent = await read_form(request)
    find = of_user(work.user_id, SubscriptionId(subscription_id))
    try:
        wanted = model_of(Pausing, sent)
        days = Pause(wanted.start, wanted.end)
        await pause_subscription(work.tx, find, days, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, work, refused_here(request, sent, error), refused_at=str(subscription_id))
    return see_other(request, PATH, flash="flash.paused")


@router.post(PATH + "/subscriptions/{subscription_id}/resume", dependencies=_PAUSES, name="resume_page")
async def resume(request: Request, subscription_id: IdInPath, work: Work) -> Response:
    """End every pause of a subscription."""
    sent = await read_form(request)
    find = of_user(work.user_id, SubscriptionId(subscription_id))
    try:
        wanted = model_of(Resuming, sent)
        await resume_subscription(work.tx, find, wanted.start, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, work, refused_here(request, sent, error), refused_at=str(subscription_id))
    return see_other(request, PATH, flash="flash.resumed")


@router.post(
    PATH + "/deliveries/{stop_id}/rating",
    dependencies=[Depends(require_page(Permission.ME_RATE))],
    name="rate_page",
)
async def rate(request: Request, stop_id: Annotated[str, Path(min_length=1, max_length=200)], work: Work) -> Response:
    """Say how a delivery was, or say it otherwise."""
    sent = await read_form(request)
    try:
        await rate_delivery(work.tx, work.user_id, stop_id, model_of(Stars, sent).stars, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, work, refused_here(request, sent, error), refused_at=stop_id)
    return see_other(request, PATH, flash="flash.rated")


async def _shown(request: Request, work: Operating, form: Form, *, refused_at: str = "") -> Response:
    today = day_of(work.now)
    everything = await subscribed_by(work.tx, work.user_id, now=work.now)
    is_here = await are_operations_here(work.tx)
    return show(
        request,
        "portal/my.html",
        status=form.status,
        coming=await coming_to(work.tx, work.user_id, everything, now=work.now),
        subscribed=[one for one in everything if _is_running(one, today)],
        pauses={one.subscription.id: _ahead(one, today) for one in everything},
        has_places=len({one.subscription.customer_id for one in everything}) > 1,
        last=await _last_delivery(work),
        today=today,
        tomorrow=today + timedelta(days=1),
        is_open=is_here,
        is_elsewhere=not is_here,
        form=form,
        blank=Form(),
        refused_at=refused_at,
    )


def _is_running(one: Subscribed, today: date) -> bool:
    end = one.subscription.end
    return one.subscription.status in _RUNNING and (end is None or end >= today)


def _ahead(one: Subscribed, today: date) -> list[Pause]:
    """The pauses that are not over."""
    return [pause for pause in one.subscription.pauses if pause.end is None or pause.end >= today]


async def _last_delivery(work: Operating) -> Rated | None:
    """The latest delivery that can be rated, of the last few."""
    found = await own_deliveries(work.tx, work.user_id, skip=0, limit=_LOOKED_BACK)
    brought = (one for one in found if one.delivery.status is DeliveryStatus.COMPLETED)
    return next((one for one in brought if one.delivery.delivery_boy_id is not None), None)
