"""What months that are over bring delivery boys besides their deliveries: the fixed part and bonuses."""

from datetime import datetime

from roundsman.calendar import month_before, month_of
from roundsman.database.transaction import Tx, in_transaction
from roundsman.delivery.linkage import iterate_delivery_boys
from roundsman.delivery.posting import settle, things_of_month
from roundsman.delivery.rate_cards import cards_for
from roundsman.delivery.rates import for_month
from roundsman.delivery.statements import deliveries_by_day
from roundsman.identity.mode import OperationsMode, get_mode
from roundsman.ids import DeliveryBoyId

_LOOKED_BACK = 3
"""Deliveries are told of a week late at most, and a worker stands still for some weeks at most."""


async def settle_months(tx: Tx, *, now: datetime) -> int:
    """Write for everybody what the last months brought; told again, nothing. Counts the entries; none in the mode of a source."""
    if (await get_mode(tx)).operations is OperationsMode.SOURCE:
        return 0
    return sum([await settle_months_of(tx, boy.id, now=now) async for boy in iterate_delivery_boys(tx)])


async def settle_months_of(tx: Tx, boy: DeliveryBoyId, *, now: datetime) -> int:
    """Write for one delivery boy what the last months brought, and take back what they do not any more."""
    month, written = month_of(now), 0
    for _ in range(_LOOKED_BACK):
        month = month_before(month)
        written += await in_transaction(tx, lambda tx, month=month: _settle(tx, boy, month, now=now))  # type: ignore[misc]
    return written


async def _settle(tx: Tx, boy: DeliveryBoyId, month: str, *, now: datetime) -> int:
    wanted = for_month(await cards_for(tx, boy), boy, month, await deliveries_by_day(tx, boy, month))
    there = await things_of_month(tx, boy, month)
    return sum([len(await settle(tx, thing, wanted.get(thing), now=now)) for thing in sorted({*wanted, *there})])
