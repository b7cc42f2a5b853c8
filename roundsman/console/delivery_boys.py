"""Delivery boys as the office sees them: all at a glance, and each with what he earned, day by day and entry by entry."""

from typing import Annotated, Final

from bson import ObjectId
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, StringConstraints
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.calendar import day_of, month_after, month_before, month_of
from roundsman.console.conflicts import Difference, WayOn, show_conflict
from roundsman.console.earnings_shapes import earnings_columns
from roundsman.console.fields import Key, Line, Rupees, SignedRupees
from roundsman.console.forms import Form, model_of, read_form, refused
from roundsman.console.guards import require_page
from roundsman.console.list_parts import PER_PAGE, PartQuery, pages_around, part_of
from roundsman.console.rendering import see_other, show
from roundsman.delivery.adjusting import list_adjustments
from roundsman.delivery.adjustments import AdjustmentKind, AdjustmentStatus
from roundsman.delivery.delivery_boys import DeliveryBoy, DeliveryBoyStatus
from roundsman.delivery.linkage import get_delivery_boy
from roundsman.delivery.paying import list_payouts
from roundsman.errors import RoundsmanError
from roundsman.identity.mode import get_mode
from roundsman.ids import DeliveryBoyId
from roundsman.operations.delivering.adjusting import WantedAdjustment, propose_adjustment
from roundsman.operations.delivering.delivery_team import list_team
from roundsman.operations.delivering.delivery_terms import set_status, take_cash
from roundsman.operations.delivering.earnings import earnings_of, ledger_of, statement_of
from roundsman.web.ids import IdInPath
from roundsman.web.operating import Operating, Work

PATH: Final = "/delivery-boys"
ONE: Final = PATH + "/{delivery_boy_id}"
_READS: Final = [Depends(require_page(Permission.DELIVERY_BOYS_READ))]
_PAYOUTS_SHOWN: Final = 12
_LINES_SHOWN: Final = 20

router = APIRouter(include_in_schema=False)


class TeamQuery(PartQuery):
    """Which delivery boys."""

    status: DeliveryBoyStatus | None = None


class LedgerQuery(PartQuery):
    """Which month, and which part of its ledger; this month if none is given."""

    month: Annotated[str, StringConstraints(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$")] | None = None


class Standing(BaseModel):
    """Whether he can be given deliveries, and how that was when the form was opened."""

    status: DeliveryBoyStatus
    seen: DeliveryBoyStatus


class Adjusting(BaseModel):
    """What is to be added to or taken from his earnings."""

    key: Key
    kind: AdjustmentKind
    amount: SignedRupees
    reason: Line


class Handing(BaseModel):
    """Money that he hands over."""

    key: Key
    handed: Rupees


@router.get(PATH, dependencies=_READS, name="delivery_boys_page")
async def show_team(request: Request, work: Work) -> Response:
    """Show all delivery boys by their names, or those in one status."""
    query = model_of(TeamQuery, dict(request.query_params))
    found = await list_team(work.tx, status=query.status, skip=query.skip, limit=PER_PAGE + 1, now=work.now)
    team, is_more = part_of(found)
    return show(
        request,
        "partners/delivery_boys.html",
        team=team,
        query=query,
        statuses=list(DeliveryBoyStatus),
        mode=await get_mode(work.tx),
        around=pages_around(PATH, query, is_more=is_more),
    )


@router.get(ONE, dependencies=_READS, name="delivery_boy_page")
async def show_one(request: Request, delivery_boy_id: IdInPath, work: Work) -> Response:
    """Show a delivery boy, what he earned in a month, and his payouts."""
    return await _shown(request, work, delivery_boy_id, Form())


@router.post(
    ONE + "/status",
    dependencies=[Depends(require_page(Permission.DELIVERY_BOYS_CREATE))],
    name="delivery_boy_status_page",
)
async def change_status(request: Request, delivery_boy_id: IdInPath, work: Work) -> Response:
    """Say whether he can be given deliveries."""
    sent = await read_form(request)
    try:
        wanted = model_of(Standing, sent)
        boy = await _boy(work, delivery_boy_id)
        if wanted.seen is not boy.status is not wanted.status:
            return _overtaken(request, boy, wanted)
        await set_status(work.tx, boy.id, wanted.status, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, work, delivery_boy_id, refused(sent, error))
    return see_other(request, _path_of(delivery_boy_id), flash="flash.boy_status")


@router.post(
    ONE + "/adjustments",
    dependencies=[Depends(require_page(Permission.EARNINGS_ADJUST))],
    name="propose_adjustment_page",
)
async def propose(request: Request, delivery_boy_id: IdInPath, work: Work) -> Response:
    """Propose to add to his earnings or to take from them."""
    sent = await read_form(request)
    try:
        asked = model_of(Adjusting, sent)
        boy = DeliveryBoyId(delivery_boy_id)
        wanted = WantedAdjustment(asked.key, boy, asked.kind, asked.amount, asked.reason)
        await propose_adjustment(work.tx, wanted, by=work.user_id, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, work, delivery_boy_id, refused(sent, error))
    return see_other(request, _path_of(delivery_boy_id), flash="flash.adjustment_proposed")


@router.post(ONE + "/cash", dependencies=[Depends(require_page(Permission.CASH_TAKE))], name="take_cash_page")
async def take(request: Request, delivery_boy_id: IdInPath, work: Work) -> Response:
    """Take money that he was paid at doors."""
    sent = await read_form(request)
    try:
        asked = model_of(Handing, sent)
        boy = DeliveryBoyId(delivery_boy_id)
        await take_cash(work.tx, boy, key=asked.key, paise=asked.handed, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, work, delivery_boy_id, refused(sent, error))
    return see_other(request, _path_of(delivery_boy_id), flash="flash.cash_taken")


async def _shown(request: Request, work: Operating, delivery_boy_id: ObjectId, form: Form) -> Response:
    query, present = model_of(LedgerQuery, dict(request.query_params)), month_of(work.now)
    boy, month = await _boy(work, delivery_boy_id), min(query.month or present, present)
    statement, ledger = await statement_of(work.tx, boy, month), await ledger_of(work.tx, boy, month)
    begin = (query.page - 1) * _LINES_SHOWN
    lines, is_more = ledger.lines[begin : begin + _LINES_SHOWN], len(ledger.lines) > begin + _LINES_SHOWN
    return show(
        request,
        "partners/delivery_boy.html",
        status=form.status,
        boy=boy,
        path=_path_of(boy.id),
        earnings=await earnings_of(work.tx, boy, now=work.now),
        statement=statement,
        charts=earnings_columns(statement, today=day_of(work.now)),
        ledger=ledger,
        lines=lines,
        query=query,
        around=pages_around(_path_of(boy.id), query, is_more=is_more),
        before=month_before(month),
        after=month_after(month) if month < present else None,
        payouts=await list_payouts(work.tx, boy.id, limit=_PAYOUTS_SHOWN),
        waiting=await list_adjustments(work.tx, AdjustmentStatus.PROPOSED, boy.id, skip=0, limit=PER_PAGE),
        statuses=list(DeliveryBoyStatus),
        kinds=list(AdjustmentKind),
        mode=await get_mode(work.tx),
        form=form,
    )


def _overtaken(request: Request, boy: DeliveryBoy, wanted: Standing) -> Response:
    changed = Difference("Status", _words(wanted.seen), _words(boy.status), _words(wanted.status))
    path = _path_of(boy.id)
    fields = {"seen": boy.status.value, "status": wanted.status.value}
    on = WayOn(f"{path}/status", f"Make it {_words(wanted.status)} all the same", fields, path, "Leave it as it is")
    return show_conflict(request, boy.name, [changed], on)


def _words(status: DeliveryBoyStatus) -> str:
    return status.value.replace("_", " ")


def _path_of(delivery_boy_id: ObjectId) -> str:
    return f"{PATH}/{delivery_boy_id}"


async def _boy(work: Operating, delivery_boy_id: ObjectId) -> DeliveryBoy:
    return await get_delivery_boy(work.tx, DeliveryBoyId(delivery_boy_id))
