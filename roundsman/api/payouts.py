"""Payouts of delivery boys, and adjustments of what they earn: made by one of the office, approved by another."""

from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from roundsman.access.permissions import Permission
from roundsman.api.earnings_views import EntryView, PayoutView
from roundsman.api.models import KEPT_FOR_GOOD, AnswerModel, Id, IdInBody, IdInPath, Line, RequestModel, problems
from roundsman.api.operating import Key, Page
from roundsman.delivery.adjusting import get_adjustment, list_adjustments
from roundsman.delivery.adjustments import AdjustmentKind, AdjustmentStatus
from roundsman.delivery.paying import entries_of_payout, get_payout, list_payouts
from roundsman.delivery.payouts import PayoutStatus
from roundsman.ids import AdjustmentId, DeliveryBoyId, PayoutId
from roundsman.operations.delivering.adjusting import WantedAdjustment, decide_adjustment, propose_adjustment
from roundsman.operations.delivering.payout_steps import (
    WantedPayout,
    approve_payout,
    draft_payout,
    fail_payout,
    pay_payout,
)
from roundsman.web.guards import require
from roundsman.web.operating import Work

router = APIRouter(prefix="/payouts", tags=["payouts"])
adjustments = APIRouter(prefix="/adjustments", tags=["payouts"])

_DRAFT: Final = [Depends(require(Permission.PAYOUTS_DRAFT))]
_SETTLE: Final = [Depends(require(Permission.PAYOUTS_DRAFT, fresh=True))]
_ADJUST: Final = [Depends(require(Permission.EARNINGS_ADJUST))]
_ADJUST_FRESH: Final = [Depends(require(Permission.EARNINGS_ADJUST, fresh=True))]


class Drafting(RequestModel):
    """A payout of all that somebody earned up to the end of an Indian day and was in none yet."""

    key: Key
    delivery_boy_id: IdInBody
    through: date = Field(description="A day that is over.", examples=["2026-10-31"])


class Paying(RequestModel):
    """Under what the money went."""

    reference: Line = Field(description="What the bank calls it.", examples=["NEFT 4711"])


class Failing(RequestModel):
    """Why nothing came of it."""

    reason: Line = Field(description=KEPT_FOR_GOOD, examples=["the account is closed"])


class PayoutQuery(Page):
    """Which payouts."""

    status: PayoutStatus | None = None
    delivery_boy_id: IdInBody | None = None


class Proposing(RequestModel):
    """What is to be added to or taken from somebody's earnings. It counts when another one has approved it."""

    key: Key
    delivery_boy_id: IdInBody
    kind: AdjustmentKind
    paise: Annotated[int, Field(ge=-100_000_000, le=100_000_000)] = Field(
        description="Below nought only for an adjustment; a deduction of 500 paise is 500.", examples=[5_000]
    )
    reason: Line = Field(description=KEPT_FOR_GOOD, examples=["helped at the depot"])


class AdjustmentQuery(Page):
    """Which adjustments."""

    status: AdjustmentStatus | None = None
    delivery_boy_id: IdInBody | None = None


class PayoutSheetView(AnswerModel):
    """A payout with the entries that it pays, the earliest first; one that failed has none any more."""

    payout: PayoutView
    lines: list[EntryView]


class AdjustmentView(AnswerModel):
    """An adjustment as it is now."""

    id: Id
    delivery_boy_id: Id
    kind: AdjustmentKind
    paise: int
    reason: str
    status: AdjustmentStatus
    created_by: Id
    created_at: datetime
    decided_by: Id | None
    decided_at: datetime | None
    is_single: bool


@router.get("", dependencies=[Depends(require(Permission.DELIVERY_BOYS_READ))], responses=problems(401, 403, 422))
async def list_(work: Work, query: Annotated[PayoutQuery, Query()]) -> list[PayoutView]:
    """List payouts, the newest first."""
    boy = None if query.delivery_boy_id is None else DeliveryBoyId(query.delivery_boy_id)
    found = await list_payouts(work.tx, boy, status=query.status, skip=query.skip, limit=query.limit)
    return [PayoutView.model_validate(payout) for payout in found]


@router.get(
    "/{payout_id}",
    dependencies=[Depends(require(Permission.DELIVERY_BOYS_READ))],
    responses=problems(401, 403, 404, 422),
)
async def read(payout_id: IdInPath, work: Work) -> PayoutSheetView:
    """Read a payout with the entries that it pays; whoever approves it sees what for."""
    payout = await get_payout(work.tx, PayoutId(payout_id))
    lines = [EntryView.model_validate(entry) for entry in await entries_of_payout(work.tx, payout.id)]
    return PayoutSheetView(payout=PayoutView.model_validate(payout), lines=lines)


@router.post("", status_code=201, dependencies=_DRAFT, responses=problems(401, 403, 404, 409, 422))
async def draft(body: Drafting, work: Work) -> PayoutView:
    """Draft a payout. What it takes is in no other one, until this one fails."""
    wanted = WantedPayout(body.key, DeliveryBoyId(body.delivery_boy_id), body.through)
    payout = await draft_payout(work.tx, wanted, by=work.user_id, intake=work.intake, now=work.now)
    return PayoutView.model_validate(payout)


@router.post(
    "/{payout_id}/approve",
    dependencies=[Depends(require(Permission.PAYOUTS_APPROVE, fresh=True))],
    responses=problems(401, 403, 404, 409, 422),
)
async def approve(payout_id: IdInPath, work: Work) -> PayoutView:
    """Say that a payout may be paid. Whoever drafted it cannot, where there is another admin."""
    payout = await approve_payout(work.tx, PayoutId(payout_id), by=work.user_id, intake=work.intake, now=work.now)
    return PayoutView.model_validate(payout)


@router.post("/{payout_id}/paid", dependencies=_SETTLE, responses=problems(401, 403, 404, 409, 422))
async def paid(body: Paying, payout_id: IdInPath, work: Work) -> PayoutView:
    """Say under which reference the money went."""
    payout = await pay_payout(work.tx, PayoutId(payout_id), reference=body.reference, intake=work.intake, now=work.now)
    return PayoutView.model_validate(payout)


@router.post("/{payout_id}/failed", dependencies=_SETTLE, responses=problems(401, 403, 404, 409, 422))
async def failed(body: Failing, payout_id: IdInPath, work: Work) -> PayoutView:
    """Say that nothing came of a payout. What it took can go into another one."""
    payout = await fail_payout(work.tx, PayoutId(payout_id), reason=body.reason, intake=work.intake, now=work.now)
    return PayoutView.model_validate(payout)


@adjustments.get("", dependencies=[Depends(require(Permission.DELIVERY_BOYS_READ))], responses=problems(401, 403, 422))
async def list_adjustments_(work: Work, query: Annotated[AdjustmentQuery, Query()]) -> list[AdjustmentView]:
    """List adjustments, the newest first."""
    boy = None if query.delivery_boy_id is None else DeliveryBoyId(query.delivery_boy_id)
    found = await list_adjustments(work.tx, query.status, boy, skip=query.skip, limit=query.limit)
    return [AdjustmentView.model_validate(one) for one in found]


@adjustments.get(
    "/{adjustment_id}",
    dependencies=[Depends(require(Permission.DELIVERY_BOYS_READ))],
    responses=problems(401, 403, 404, 422),
)
async def read_adjustment(adjustment_id: IdInPath, work: Work) -> AdjustmentView:
    """Read an adjustment."""
    return AdjustmentView.model_validate(await get_adjustment(work.tx, AdjustmentId(adjustment_id)))


@adjustments.post("", status_code=201, dependencies=_ADJUST, responses=problems(401, 403, 404, 409, 422))
async def propose(body: Proposing, work: Work) -> AdjustmentView:
    """Propose to add to somebody's earnings, or to take from them."""
    boy = DeliveryBoyId(body.delivery_boy_id)
    wanted = WantedAdjustment(body.key, boy, body.kind, body.paise, body.reason)
    adjustment = await propose_adjustment(work.tx, wanted, by=work.user_id, intake=work.intake, now=work.now)
    return AdjustmentView.model_validate(adjustment)


@adjustments.post("/{adjustment_id}/approve", dependencies=_ADJUST_FRESH, responses=problems(401, 403, 404, 409, 422))
async def approve_adjustment(adjustment_id: IdInPath, work: Work) -> AdjustmentView:
    """Have another's adjustment count from now on."""
    return await _decided(work, AdjustmentId(adjustment_id), approves=True)


@adjustments.post("/{adjustment_id}/reject", dependencies=_ADJUST_FRESH, responses=problems(401, 403, 404, 409, 422))
async def reject_adjustment(adjustment_id: IdInPath, work: Work) -> AdjustmentView:
    """Say that an adjustment does not count."""
    return await _decided(work, AdjustmentId(adjustment_id), approves=False)


async def _decided(work: Work, adjustment_id: AdjustmentId, *, approves: bool) -> AdjustmentView:
    adjustment = await decide_adjustment(
        work.tx, adjustment_id, approves=approves, by=work.user_id, intake=work.intake, now=work.now
    )
    return AdjustmentView.model_validate(adjustment)
