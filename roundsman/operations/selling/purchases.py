"""What a customer bought and paid lately, and what he gets again and again, for whoever may see purchases."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from roundsman.catalog.listing import products_known
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.orders.book import list_orders, list_payments
from roundsman.orders.orders import Order
from roundsman.orders.payments import Payment
from roundsman.subscriptions.pausing import subscriptions_of_user
from roundsman.subscriptions.quantities import next_delivery
from roundsman.subscriptions.subscriptions import Pause, Subscription, SubscriptionStatus

_LATEST: Final = 5
_RUNNING: Final = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED})


@dataclass(frozen=True, slots=True)
class SubscriptionSeen:
    """A subscription, what it brings, when next, and the pause that is on or comes next."""

    subscription: Subscription
    product: str | None
    next_day: date | None
    pause: Pause | None


@dataclass(frozen=True, slots=True)
class Purchases:
    """The latest orders and payments, the newest first, the subscriptions that run, and how many others there were."""

    orders: tuple[Order, ...]
    payments: tuple[Payment, ...]
    running: tuple[SubscriptionSeen, ...]
    stopped: int


async def recent_purchases(tx: Tx, user_id: UserId, *, today: date) -> Purchases:
    """Read what somebody bought lately."""
    subscriptions = await subscriptions_of_user(tx, user_id)
    running = [one for one in subscriptions if one.status in _RUNNING and (one.end is None or one.end >= today)]
    products = await products_known(tx, {one.product_id for one in running if one.product_id})
    names = {product_id: product.name for product_id, product in products.items()}
    return Purchases(
        tuple(await list_orders(tx, user_id, skip=0, limit=_LATEST)),
        tuple(await list_payments(tx, user_id, limit=_LATEST)),
        tuple(_seen(one, names.get(one.product_id) if one.product_id else None, today) for one in running),
        len(subscriptions) - len(running),
    )


def _seen(one: Subscription, product: str | None, today: date) -> SubscriptionSeen:
    coming = [pause for pause in one.pauses if pause.end is None or pause.end >= today]
    return SubscriptionSeen(one, product, next_delivery(one, today), min(coming, key=_begin, default=None))


def _begin(pause: Pause) -> date:
    return pause.start
