"""Payouts of delivery boys: drafted for what they are owed, approved by another admin, paid or failed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime

from roundsman.audit_log.entries import AuditEntry, digest
from roundsman.audit_log.log import record
from roundsman.calendar import day_of
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.delivery.linkage import get_delivery_boy, iterate_delivery_boys
from roundsman.delivery.paying import draft, find_payout, get_payout, settle_payout
from roundsman.delivery.payouts import NothingToPay, Payout, approved, failed, paid
from roundsman.delivery.posting import totals_of
from roundsman.errors import InvalidInput
from roundsman.identity.mode import require_operations_managed_here
from roundsman.identity.role_grants import list_active_admins
from roundsman.ids import DeliveryBoyId, PayoutId, UserId
from roundsman.operations.intake import Intake, KeyUsedOtherwise
from roundsman.operations.month_ends import settle_months_of


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
        await _record(tx, "payout.drafted", payout, {"paise": payout.paise}, intake=intake, now=now)
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

    async def change(tx: Tx, before: Payout, owed_paise: int) -> Payout:
        admins = len(await list_active_admins(tx))
        return approved(before, by=by, admins=admins, owed_paise=owed_paise)

    return await _moved(tx, payout_id, change, "payout.approved", intake=intake, now=now)


async def pay_payout(tx: Tx, payout_id: PayoutId, *, reference: str, intake: Intake, now: datetime) -> Payout:
    """Say under which reference the money went.

    Raises UnknownPayout, PayoutStep, PayoutTooLarge, ReferenceUsed, OperationsManagedElsewhere.
    """

    async def change(_: Tx, before: Payout, owed_paise: int) -> Payout:
        return paid(before, reference=reference, owed_paise=owed_paise, at=now)

    return await _moved(tx, payout_id, change, "payout.paid", reason=reference, intake=intake, now=now)


async def fail_payout(tx: Tx, payout_id: PayoutId, *, reason: str, intake: Intake, now: datetime) -> Payout:
    """Say that nothing came of a payout: what it claimed is free again. Raises UnknownPayout, PayoutStep, OperationsManagedElsewhere."""

    async def change(_: Tx, before: Payout, __: int) -> Payout:
        return failed(before, reason=reason, at=now)

    return await _moved(tx, payout_id, change, "payout.failed", reason=reason, intake=intake, now=now)


Changing = Callable[[Tx, Payout, int], Awaitable[Payout]]


async def _moved(
    tx: Tx,
    payout_id: PayoutId,
    change: Changing,
    action: str,
    *,
    reason: str | None = None,
    intake: Intake,
    now: datetime,
) -> Payout:
    async def work(tx: Tx) -> Payout:
        await require_operations_managed_here(tx)
        before = await get_payout(tx, payout_id)
        owed_paise = (await totals_of(tx, before.delivery_boy_id)).balance_paise
        after = await change(tx, before, owed_paise)
        if after != before:
            document = await settle_payout(tx, after)
            said = "single" if after.is_single and action == "payout.approved" else reason
            await _record(tx, action, after, document, reason=said, intake=intake, now=now)
        return after

    return await in_transaction(tx, work)


async def _record(
    tx: Tx, action: str, payout: Payout, document: Document, *, reason: str | None = None, intake: Intake, now: datetime
) -> None:
    target = f"payout:{payout.id}"
    await record(tx, AuditEntry(now, intake.actor, action, target, after_digest=digest(document), reason=reason))


def _same(payout: Payout, wanted: WantedPayout) -> Payout:
    if (payout.delivery_boy_id, payout.through) != (wanted.delivery_boy_id, wanted.through):
        raise KeyUsedOtherwise
    return payout
