"""What months that are over bring delivery boys besides their deliveries: the fixed part and bonuses."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from roundsman.audit_log.entries import SYSTEM, AuditEntry, digest
from roundsman.audit_log.log import record
from roundsman.calendar import begin_of, first_day_of, month_after, month_before, month_of
from roundsman.database.transaction import DatabaseRefused, Tx, in_transaction
from roundsman.delivery.entries import Entry
from roundsman.delivery.linkage import iterate_delivery_boys
from roundsman.delivery.posting import settle, things_of_month
from roundsman.delivery.rate_cards import cards_between
from roundsman.delivery.rates import for_month
from roundsman.delivery.statements import deliveries_by_day
from roundsman.errors import Conflict, RoundsmanError
from roundsman.identity.mode import OperationsMode, get_mode
from roundsman.ids import DeliveryBoyId

_LOOKED_BACK = 3
"""Deliveries are told of a week late at most, and a worker stands still for some weeks at most."""


class MonthsUnsettled(Conflict):
    """What months brought some delivery boys could not be written; for all others it was."""

    code = "months_unsettled"


async def settle_months(tx: Tx, *, now: datetime) -> int:
    """Write for everybody what the last months brought; told again, nothing. Counts the entries; none in the mode of a source.

    Of whom it cannot be written is told when all others are through. Raises MonthsUnsettled.
    """
    if (await get_mode(tx)).operations is OperationsMode.SOURCE:
        return 0
    written, unsettled = 0, []
    for boy in [one.id async for one in iterate_delivery_boys(tx)]:
        try:
            written += await settle_months_of(tx, boy, now=now)
        except (RoundsmanError, DatabaseRefused):
            unsettled.append(str(boy))
    if unsettled:
        raise MonthsUnsettled(f"what months brought cannot be written for the delivery boys {', '.join(unsettled)}")
    return written


async def settle_months_of(tx: Tx, boy: DeliveryBoyId, *, now: datetime) -> int:
    """Write for one delivery boy what the last months brought, and take back what they do not any more."""
    month, written = month_of(now), 0
    for _ in range(_LOOKED_BACK):
        month = month_before(month)
        written += await in_transaction(tx, partial(_settle, boy=boy, month=month, now=now))
    return written


async def _settle(tx: Tx, boy: DeliveryBoyId, month: str, *, now: datetime) -> int:
    begin, end = begin_of(first_day_of(month)), begin_of(first_day_of(month_after(month)))
    cards = await cards_between(tx, boy, begin, end)
    wanted = for_month(cards, boy, month, await deliveries_by_day(tx, boy, month))
    there = await things_of_month(tx, boy, month)
    things = sorted({*wanted, *there})
    written = [
        entry for thing in things for entry in await settle(tx, thing, wanted.get(thing), by=SYSTEM.who, now=now)
    ]
    if written:
        await _note(tx, boy, month, written, now=now)
    return len(written)


async def _note(tx: Tx, boy: DeliveryBoyId, month: str, written: Sequence[Entry], *, now: datetime) -> None:
    entries = digest({entry.key: entry.paise for entry in written})
    target = f"delivery_boy:{boy}"
    await record(tx, AuditEntry(now, SYSTEM, "earnings.month_settled", target, after_digest=entries, reason=month))
