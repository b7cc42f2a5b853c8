"""Payouts of delivery boys: drafted for what they are owed, approved by another admin, paid or failed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from roundsman.calendar import day_of
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.delivery.linkage import get_delivery_boy, iterate_delivery_boys
from roundsman.delivery.paying import draft, find_payout, get_payout, settle_payout
from roundsman.delivery.payouts import NothingToPay, Payout, PayoutStatus, approved, failed, paid
from roundsman.delivery.posting import totals_of
from roundsman.errors import InvalidInput
from roundsman.identity.mode import require_operations_managed_here
from roundsman.identity.role_grants import list_active_admins
from roundsman.ids import DeliveryBoyId, PayoutId, UserId
from roundsman.operations.delivering.month_ends import settle_months_of
from roundsman.operations.facts.intake import Change, Intake, KeyUsedOtherwise, note_down
from roundsman.operations.facts.steps import take_step


class DayNotOver(InvalidInput):
    """A payout would take days that are not over yet."""

    code = "day_not_over"


@dataclass(frozen=True, slots=True)
class WantedPayout:
    """A payout of what a delivery boy earned up to the end of an Indian day, once by its key."""

    key: str
    delivery_boy_id: DeliveryBoyId
    through: date


async def draft_payout(tx: Tx, wanted: WantedPayout, *, by: UserId, intake: Intake, now: datetime) -> Payout:
    """Claim what a delivery boy is owed; sent again, gives the same payout.

    Raises UnknownDeliveryBoy, NothingToPay, DayNotOver, KeyUsedOtherwise, OperationsManagedElsewhere.
    """
    if wanted.through >= day_of(now):
        raise DayNotOver(f"{wanted.through} is not over: a payout takes whole days, up to yesterday")

    async def work(tx: Tx) -> Payout:
        await require_operations_managed_here(tx)
        payout_id = PayoutId(intake.id_for("payout", wanted.key))
        if (there := await find_payout(tx, payout_id)) is not None:
            return _same(there, wanted)
        boy = await get_delivery_boy(tx, wanted.delivery_boy_id)
        await settle_months_of(tx, boy.id, now=now)
        payout = await draft(tx, payout_id, boy.id, through=wanted.through, by=by, now=now)
        await note_down(tx, intake, _told(payout, {"paise": payout.paise}), now=now)
        return payout

    return await in_transaction(tx, work)


async def draft_all(tx: Tx, through: date, *, key: str, by: UserId, intake: Intake, now: datetime) -> list[Payout]:
    """Draft a payout for each delivery boy who is owed something; begun again with the same key, goes on."""
    drafted = []
    for boy in [one.id async for one in iterate_delivery_boys(tx)]:
        wanted = WantedPayout(f"{key}-{boy}", boy, through)
        try:
            drafted.append(await draft_payout(tx, wanted, by=by, intake=intake, now=now))
        except NothingToPay:
            continue
    return drafted


async def approve_payout(tx: Tx, payout_id: PayoutId, *, by: UserId, intake: Intake, now: datetime) -> Payout:
    """Say that a payout may be paid; whoever drafted it cannot, where there is another admin.

    Raises UnknownPayout, PayoutStep, SecondPersonNeeded, PayoutTooLarge, OperationsManagedElsewhere.
    """

    async def decide(tx: Tx, before: Payout) -> Payout:
        admins = len(await list_active_admins(tx))
        return approved(before, by=by, admins=admins, owed_paise=await _owed(tx, before))

    return await _moved(tx, payout_id, decide, intake=intake, now=now)


async def pay_payout(tx: Tx, payout_id: PayoutId, *, reference: str, intake: Intake, now: datetime) -> Payout:
    """Say under which reference the money went.

    Raises UnknownPayout, PayoutStep, PayoutTooLarge, ReferenceUsed, OperationsManagedElsewhere.
    """

    async def decide(tx: Tx, before: Payout) -> Payout:
        return paid(before, reference=reference, owed_paise=await _owed(tx, before), at=now)

    return await _moved(tx, payout_id, decide, intake=intake, now=now)


async def fail_payout(tx: Tx, payout_id: PayoutId, *, reason: str, intake: Intake, now: datetime) -> Payout:
    """Say that nothing came of a payout: what it claimed is free again. Raises UnknownPayout, PayoutStep, OperationsManagedElsewhere."""

    async def decide(_: Tx, before: Payout) -> Payout:
        return failed(before, reason=reason, at=now)

    return await _moved(tx, payout_id, decide, intake=intake, now=now)


async def _moved(
    tx: Tx,
    payout_id: PayoutId,
    decide: Callable[[Tx, Payout], Awaitable[Payout]],
    *,
    intake: Intake,
    now: datetime,
) -> Payout:
    load = partial(get_payout, payout_id=payout_id)
    write = partial(settle_payout, by=intake.actor.who, now=now)
    return await take_step(tx, load=load, decide=decide, write=write, told=_told, intake=intake, now=now)


async def _owed(tx: Tx, payout: Payout) -> int:
    return (await totals_of(tx, payout.delivery_boy_id)).balance_paise


def _told(payout: Payout, document: Document) -> Change:
    reasons = {
        PayoutStatus.APPROVED: "single" if payout.is_single else None,
        PayoutStatus.PAID: payout.reference,
        PayoutStatus.FAILED: payout.reason,
    }
    action = "drafted" if payout.status is PayoutStatus.DRAFT else payout.status
    return Change(f"payout.{action}", f"payout:{payout.id}", document, reasons.get(payout.status))


def _same(payout: Payout, wanted: WantedPayout) -> Payout:
    if (payout.delivery_boy_id, payout.through) != (wanted.delivery_boy_id, wanted.through):
        raise KeyUsedOtherwise
    return payout
