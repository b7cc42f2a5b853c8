"""Payouts of delivery boys and adjustments of their earnings: drafted by one, decided by another.

Each decision has a page of its own that shows what it is about, opened and sent only by who has lately proved who he is.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from bson import ObjectId
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.calendar import day_of
from roundsman.console.fields import Key, Line, Reasoned
from roundsman.console.forms import Form, model_of, read_form, refused
from roundsman.console.guards import require_page
from roundsman.console.list_parts import PER_PAGE, PartQuery, pages_around, part_of
from roundsman.console.rendering import see_other, show
from roundsman.delivery.adjusting import get_adjustment, list_adjustments
from roundsman.delivery.adjustments import AdjustmentStatus
from roundsman.delivery.linkage import delivery_boys_called, get_delivery_boy, list_delivery_boys
from roundsman.delivery.paying import entries_of_payout, get_payout, list_payouts
from roundsman.delivery.payouts import PayoutStatus
from roundsman.errors import RoundsmanError
from roundsman.identity.importing import find_users
from roundsman.identity.mode import get_mode
from roundsman.ids import AdjustmentId, DeliveryBoyId, PayoutId, UserId
from roundsman.operations.delivering.adjusting import decide_adjustment
from roundsman.operations.delivering.payout_steps import (
    WantedPayout,
    approve_payout,
    draft_payout,
    fail_payout,
    pay_payout,
)
from roundsman.web.ids import IdInBody, IdInPath
from roundsman.web.operating import Operating, Work

PATH: Final = "/payouts"
ADJUSTMENT: Final = PATH + "/adjustments/{adjustment_id}"
ONE: Final = PATH + "/{payout_id}"
_READS: Final = [Depends(require_page(Permission.DELIVERY_BOYS_READ))]
_APPROVES: Final = [Depends(require_page(Permission.PAYOUTS_APPROVE, fresh=True))]
_SETTLES: Final = [Depends(require_page(Permission.PAYOUTS_DRAFT, fresh=True))]
_ADJUSTS: Final = [Depends(require_page(Permission.EARNINGS_ADJUST, fresh=True))]
_MOST_CHOICES: Final = 500

router = APIRouter(include_in_schema=False)


class PayoutQuery(PartQuery):
    """Which payouts."""

    status: PayoutStatus | None = None


class Drafting(BaseModel):
    """A payout of all that somebody earned up to the end of a day and was in none yet."""

    key: Key
    delivery_boy: IdInBody
    through: date


class Paying(BaseModel):
    """Under what the money went."""

    reference: Line


class Deciding(BaseModel):
    """Whether an adjustment counts."""

    decision: AdjustmentStatus


@router.get(PATH, dependencies=_READS, name="payouts_page")
async def show_payouts(request: Request, work: Work) -> Response:
    """Show the payouts, the newest first, and what waits for somebody else."""
    return await _shown(request, work, Form())


@router.post(PATH, dependencies=[Depends(require_page(Permission.PAYOUTS_DRAFT))], name="draft_payout_page")
async def draft(request: Request, work: Work) -> Response:
    """Draft a payout."""
    sent = await read_form(request)
    try:
        asked = model_of(Drafting, sent)
        wanted = WantedPayout(asked.key, DeliveryBoyId(asked.delivery_boy), asked.through)
        payout = await draft_payout(work.tx, wanted, by=work.user_id, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, work, refused(sent, error))
    return see_other(request, f"{PATH}/{payout.id}", flash="flash.payout_drafted")


@router.get(ADJUSTMENT, dependencies=_ADJUSTS, name="adjustment_page")
async def show_adjustment(request: Request, adjustment_id: IdInPath, work: Work) -> Response:
    """Show an adjustment, to decide about it."""
    return await _shown_adjustment(request, work, adjustment_id, Form())


@router.post(ADJUSTMENT, dependencies=_ADJUSTS, name="decide_adjustment_page")
async def decide(request: Request, adjustment_id: IdInPath, work: Work) -> Response:
    """Have an adjustment count, or not."""
    sent = await read_form(request)
    try:
        approves = model_of(Deciding, sent).decision is AdjustmentStatus.APPROVED
        adjustment = await decide_adjustment(
            work.tx,
            AdjustmentId(adjustment_id),
            approves=approves,
            by=work.user_id,
            intake=work.intake,
            now=work.now,
        )
    except RoundsmanError as error:
        return await _shown_adjustment(request, work, adjustment_id, refused(sent, error))
    return see_other(request, PATH, flash=f"flash.adjustment_{adjustment.status}")


@router.get(ONE, dependencies=_READS, name="payout_page")
@router.get(ONE + "/approve", dependencies=_APPROVES, name="approve_payout_page")
@router.get(ONE + "/paid", dependencies=_SETTLES, name="pay_payout_page")
@router.get(ONE + "/failed", dependencies=_SETTLES, name="fail_payout_page")
async def show_payout(request: Request, payout_id: IdInPath, work: Work) -> Response:
    """Show a payout with the entries that it pays, and with the step that the address ends in, to take it."""
    return await _shown_payout(request, work, payout_id, Form())


@router.post(ONE + "/approve", dependencies=_APPROVES, name="approve_payout_page_sent")
async def approve(request: Request, payout_id: IdInPath, work: Work) -> Response:
    """Say that a payout may be paid."""
    try:
        await approve_payout(work.tx, PayoutId(payout_id), by=work.user_id, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown_payout(request, work, payout_id, refused({}, error))
    return see_other(request, f"{PATH}/{payout_id}", flash="flash.payout_approved")


@router.post(ONE + "/paid", dependencies=_SETTLES, name="pay_payout_page_sent")
async def pay(request: Request, payout_id: IdInPath, work: Work) -> Response:
    """Say under which reference the money went."""
    sent = await read_form(request)
    try:
        reference = model_of(Paying, sent).reference
        await pay_payout(work.tx, PayoutId(payout_id), reference=reference, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown_payout(request, work, payout_id, refused(sent, error))
    return see_other(request, f"{PATH}/{payout_id}", flash="flash.payout_paid")


@router.post(ONE + "/failed", dependencies=_SETTLES, name="fail_payout_page_sent")
async def fail(request: Request, payout_id: IdInPath, work: Work) -> Response:
    """Say that nothing came of a payout."""
    sent = await read_form(request)
    try:
        reason = model_of(Reasoned, sent).reason
        await fail_payout(work.tx, PayoutId(payout_id), reason=reason, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown_payout(request, work, payout_id, refused(sent, error))
    return see_other(request, f"{PATH}/{payout_id}", flash="flash.payout_failed")


async def _shown(request: Request, work: Operating, form: Form) -> Response:
    query = model_of(PayoutQuery, dict(request.query_params))
    found = await list_payouts(work.tx, status=query.status, skip=query.skip, limit=PER_PAGE + 1)
    payouts, is_more = part_of(found)
    waiting = await list_adjustments(work.tx, AdjustmentStatus.PROPOSED, None, skip=0, limit=PER_PAGE)
    boys = {one.delivery_boy_id for one in payouts} | {one.delivery_boy_id for one in waiting}
    return show(
        request,
        "partners/payouts.html",
        status=form.status,
        payouts=payouts,
        waiting=waiting,
        boys=await delivery_boys_called(work.tx, boys),
        names=await _names(work, [*(one.created_by for one in payouts), *(one.created_by for one in waiting)]),
        choices=await list_delivery_boys(work.tx, skip=0, limit=_MOST_CHOICES),
        yesterday=day_of(work.now) - timedelta(days=1),
        query=query,
        statuses=list(PayoutStatus),
        around=pages_around(PATH, query, is_more=is_more),
        mode=await get_mode(work.tx),
        form=form,
    )


async def _shown_payout(request: Request, work: Operating, payout_id: ObjectId, form: Form) -> Response:
    payout = await get_payout(work.tx, PayoutId(payout_id))
    return show(
        request,
        "partners/payout.html",
        status=form.status,
        payout=payout,
        boy=await get_delivery_boy(work.tx, payout.delivery_boy_id),
        lines=await entries_of_payout(work.tx, payout.id),
        names=await _names(work, [payout.created_by, payout.approved_by]),
        is_own=payout.created_by == work.user_id,
        mode=await get_mode(work.tx),
        step=request.url.path.rpartition("/")[2],
        form=form,
    )


async def _shown_adjustment(request: Request, work: Operating, adjustment_id: ObjectId, form: Form) -> Response:
    adjustment = await get_adjustment(work.tx, AdjustmentId(adjustment_id))
    return show(
        request,
        "partners/adjustment.html",
        status=form.status,
        adjustment=adjustment,
        boy=await get_delivery_boy(work.tx, adjustment.delivery_boy_id),
        names=await _names(work, [adjustment.created_by, adjustment.decided_by]),
        is_own=adjustment.created_by == work.user_id,
        form=form,
    )


async def _names(work: Operating, user_ids: Iterable[UserId | None]) -> dict[UserId, str]:
    """What those of the office are called who did something."""
    wanted = sorted({one for one in user_ids if one is not None})
    return {user.id: user.name for user in await find_users(work.tx, wanted)}
