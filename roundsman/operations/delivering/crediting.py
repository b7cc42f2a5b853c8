"""What a delivery brings the delivery boy who made it, and the money he took at the door."""

from datetime import datetime

from roundsman.database.transaction import Tx
from roundsman.delivery.entries import EntryKind, Wanted
from roundsman.delivery.posting import settle
from roundsman.delivery.rate_cards import find_card_at
from roundsman.delivery.rates import for_delivery
from roundsman.orders.deliveries import Delivery, DeliveryStatus
from roundsman.orders.orders import OrderOrigin

CASH = "cash"
"""How money is paid that the delivery boy has in his hands afterwards."""


async def credit(tx: Tx, delivery: Delivery, *, by: str, now: datetime) -> None:
    """Within a transaction: have a delivery bring what it should as it is now; told again, nothing more.

    `by` is who told what became of it. What he earns is taken back with the delivery; what a customer paid stays paid.
    """
    await settle(tx, f"delivery:{delivery.id}:base", await _earned(tx, delivery), by=by, now=now)
    await settle(tx, f"cash:{delivery.id}", _collected(delivery), by=by, now=now)


async def _earned(tx: Tx, delivery: Delivery) -> Wanted | None:
    boy, at = delivery.delivery_boy_id, delivery.at
    # What was brought while an existing application counted it is in the opening balances.
    if delivery.origin is OrderOrigin.SOURCE:
        return None
    if boy is None or at is None or delivery.status is not DeliveryStatus.COMPLETED:
        return None
    return for_delivery(await find_card_at(tx, boy, at), boy, at)


def _collected(delivery: Delivery) -> Wanted | None:
    collected = delivery.collected
    if collected is None or collected.method != CASH or not collected.paise:
        return None
    return Wanted(collected.by, EntryKind.CASH_COLLECTED, collected.paise, collected.at)
