"""A delivery boy's day on his phone: where to go, what to bring, and what became of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final, Literal, get_args

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.calendar import day_of
from roundsman.console.fields import Key, Line, Rupees
from roundsman.console.forms import Form, InvalidForm, model_of, read_form
from roundsman.console.guards import require_page
from roundsman.console.portal_forms import are_operations_here, refused_here
from roundsman.console.rendering import see_other, show
from roundsman.console.strings import ENGLISH, say
from roundsman.delivery.delivery_boys import require_round
from roundsman.delivery.linkage import get_delivery_boy_of_user
from roundsman.errors import RoundsmanError
from roundsman.operations.delivering.delivery_marks import mark_stop
from roundsman.operations.delivering.rounds import StopSheet, round_of
from roundsman.orders.deliveries import DeliveryStatus, Paid
from roundsman.orders.stops import Mark
from roundsman.web.operating import Operating, Work

PATH: Final = "/round"
_NEAR: Final = 8
"""How many stops are shown whole: a round of a hundred and forty would be half a megabyte each time."""
_Why = Literal["nobody_home", "gate_locked", "not_wanted", "not_found", "not_enough", "other"]
_TELLS: Final = [Depends(require_page(Permission.ME_DELIVER))]
_StopId = Annotated[str, Path(pattern=r"^[0-9a-f]{24}(:\d{4}-\d{2}-\d{2}:-)?$")]

router = APIRouter(include_in_schema=False)


class Delivered(BaseModel):
    """That it was brought, and what the customer paid at the door."""

    key: Key
    paid: Rupees | None = None
    method: Literal["cash", "upi"] = "cash"

    @property
    def money(self) -> Paid | None:
        """What he paid, if he did."""
        return None if self.paid is None else Paid(self.paid, self.method)


class NotDelivered(BaseModel):
    """Why it could not be brought."""

    key: Key
    why: _Why
    reason: Line | None = None

    @property
    def said(self) -> str:
        """The reason as the office reads it, in English where it is one of those that are offered."""
        if self.why != "other":
            return say(ENGLISH, f"reason.{self.why}")
        if self.reason is None:
            raise InvalidForm({"reason": "This is needed."})
        return self.reason


@dataclass(frozen=True, slots=True)
class Sheet:
    """A stop as the page shows it; `number` is its place in the round, `why` the key of the reason why it failed last."""

    number: int
    sheet: StopSheet
    why: str | None

    @property
    def status(self) -> DeliveryStatus:
        """What became of it."""
        return self.sheet.stop.delivery.status


@dataclass(frozen=True, slots=True)
class Round:
    """The stops of a day: those to go to, those that did not succeed yet, and those that are done."""

    open: tuple[Sheet, ...]
    failed: tuple[Sheet, ...]
    done: tuple[Sheet, ...]

    @property
    def stops(self) -> int:
        """How many there are."""
        return len(self.open) + len(self.failed) + len(self.done)

    def near(self, first: int) -> Sequence[Sheet]:
        """The stops to go to next, from this number on."""
        return [one for one in self.open if one.number >= first][:_NEAR]

    def other(self, first: int) -> Sequence[Sheet]:
        """The other stops to go to."""
        near = self.near(first)
        return [one for one in self.open if one not in near]

    def taken_paise(self, method: str) -> int:
        """What customers paid in this way."""
        paid = [one.sheet.stop.delivery.collected for one in (*self.open, *self.failed, *self.done)]
        return sum(one.paise for one in paid if one is not None and one.method == method)


@router.get(PATH, dependencies=[Depends(require_page(Permission.ME_ROUND))], name="round_page")
async def round_page(
    request: Request, work: Work, day: str = "", first: Annotated[str, Query(alias="from")] = ""
) -> Response:
    """Show today's round, or tomorrow's; whole from the stop of a number on."""
    today = day_of(work.now)
    following = today + timedelta(days=1)
    return await _shown(request, work, following if day == following.isoformat() else today, Form({"from": first}))


@router.post(PATH + "/{stop_id}/delivered", dependencies=_TELLS, name="delivered_page")
async def delivered(request: Request, stop_id: _StopId, work: Work) -> Response:
    """Tell that something was brought."""
    sent = await read_form(request)
    try:
        told = model_of(Delivered, sent)
        await _mark(work, stop_id, Mark(told.key, work.now, paid=told.money))
    except RoundsmanError as error:
        return await _again(request, work, stop_id, "delivered", refused_here(request, sent, error))
    return see_other(request, _back(sent), flash="flash.delivered")


@router.post(PATH + "/{stop_id}/not-delivered", dependencies=_TELLS, name="not_delivered_page")
async def not_delivered(request: Request, stop_id: _StopId, work: Work) -> Response:
    """Tell why something could not be brought."""
    sent = await read_form(request)
    try:
        told = model_of(NotDelivered, sent)
        await _mark(work, stop_id, Mark(told.key, work.now, failed_because=told.said))
    except RoundsmanError as error:
        return await _again(request, work, stop_id, "not-delivered", refused_here(request, sent, error))
    return see_other(request, _back(sent), flash="flash.not_delivered")


def round_in_parts(sheets: Sequence[StopSheet]) -> Round:
    """Part the stops of a round by what became of them; each keeps its number."""
    numbered = [Sheet(number, one, _why(one)) for number, one in enumerate(sheets, start=1)]
    parts = {status: tuple(one for one in numbered if one.status is status) for status in DeliveryStatus}
    return Round(parts[DeliveryStatus.PENDING], parts[DeliveryStatus.FAILED], parts[DeliveryStatus.COMPLETED])


async def _mark(work: Operating, stop_id: str, mark: Mark) -> None:
    boy = await get_delivery_boy_of_user(work.tx, work.user_id)
    await mark_stop(work.tx, boy.id, stop_id, mark, intake=work.intake, now=work.now)


async def _again(request: Request, work: Operating, stop_id: str, what: str, form: Form) -> Response:
    return await _shown(request, work, day_of(work.now), form, stop_id=stop_id, what=what)


async def _shown(
    request: Request, work: Operating, day: date, form: Form, *, stop_id: str = "", what: str = ""
) -> Response:
    boy = await get_delivery_boy_of_user(work.tx, work.user_id)
    require_round(boy)
    today, is_here = day_of(work.now), await are_operations_here(work.tx)
    return show(
        request,
        "portal/round.html",
        status=form.status,
        round=round_in_parts(await round_of(work.tx, boy, day, now=work.now)),
        day=day,
        is_today=day == today,
        tomorrow=today + timedelta(days=1),
        is_open=day == today and is_here,
        is_elsewhere=not is_here,
        first=_number(form.values.get("from", "")),
        reasons=get_args(_Why),
        form=form,
        blank=Form(),
        refused_stop=stop_id,
        refused_what=what,
    )


def _back(sent: Mapping[str, str]) -> str:
    """To the stops among which he is."""
    first = _number(sent.get("from", ""))
    return f"{PATH}?from={first}" if first else PATH


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,5}", text) else 0


def _why(sheet: StopSheet) -> str | None:
    said = sheet.stop.delivery.reason
    return next((key for key in get_args(_Why) if say(ENGLISH, f"reason.{key}") == said), None)
