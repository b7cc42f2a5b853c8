"""Storing batches of orders, deliveries, payments, subscriptions and purchase orders, once it is known whose each is."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from roundsman.database.bulk import BulkOutcome
from roundsman.database.collections import (
    ADDRESSES,
    DELIVERIES,
    ORDERS,
    PAYMENTS,
    PRODUCTS,
    PURCHASE_ORDERS,
    SUBSCRIPTIONS,
)
from roundsman.database.transaction import Tx
from roundsman.ids import OrderId, ProductId, SupplierId
from roundsman.migration.conversion import OrderParties, Reading, order_of
from roundsman.migration.profile import Kind
from roundsman.migration.trade_conversion import (
    delivery_id_of,
    delivery_of,
    payment_of,
    purchase_order_of,
    subscription_of,
)
from roundsman.orders.dealings import (
    follow_deliveries,
    follow_payments,
    insert_deliveries,
    insert_payments,
    one_of_each_stop,
)
from roundsman.orders.history import follow_orders, insert_orders, orders_called
from roundsman.subscriptions.following import follow_subscriptions
from roundsman.subscriptions.pausing import insert_subscriptions
from roundsman.suppliers.purchasing import follow_purchase_orders, insert_purchase_orders

STORED_IN: Final[Mapping[Kind, str]] = {
    Kind.PRODUCT: PRODUCTS,
    Kind.ADDRESS: ADDRESSES,
    Kind.ORDER: ORDERS,
    Kind.DELIVERY: DELIVERIES,
    Kind.PAYMENT: PAYMENTS,
    Kind.SUBSCRIPTION: SUBSCRIPTIONS,
    Kind.PURCHASE_ORDER: PURCHASE_ORDERS,
}
"""Where what comes along with people is kept."""

Write = Callable[[Sequence[Reading], Sequence[OrderParties]], Awaitable[tuple[str, BulkOutcome]]]
"""Stores a batch; gives the collection and what became of it."""


def stored_id(reading: Reading) -> Any:  # noqa: ANN401 - an ObjectId or a text
    """The id under which what a document says is stored."""
    return delivery_id_of(reading) if reading.collection.kind is Kind.DELIVERY else reading.own_id()


class TradeImport:
    """One import's. `products` are the known ones by their old ids."""

    def __init__(self, tx: Tx, products: Mapping[str, ProductId]) -> None:
        self._tx, self._products = tx, products

    async def orders(self, readings: Sequence[Reading], parties: Sequence[OrderParties]) -> tuple[str, BulkOutcome]:
        """Store orders."""
        pairs = zip(readings, parties, strict=True)
        orders = [order_of(reading, whose, products=self._products) for reading, whose in pairs]
        outcome = await insert_orders(self._tx, orders)
        await follow_orders(self._tx, [one for one in orders if one.id in set(outcome.differing)])
        return ORDERS, outcome

    async def deliveries(self, readings: Sequence[Reading], parties: Sequence[OrderParties]) -> tuple[str, BulkOutcome]:
        """Store deliveries."""
        orders = await self._orders_named(readings)
        pairs = zip(readings, parties, strict=True)
        deliveries = one_of_each_stop([delivery_of(reading, whose, orders=orders) for reading, whose in pairs])
        outcome = await insert_deliveries(self._tx, deliveries)
        await follow_deliveries(self._tx, [one for one in deliveries if one.id in set(outcome.differing)])
        return DELIVERIES, outcome

    async def payments(self, readings: Sequence[Reading], parties: Sequence[OrderParties]) -> tuple[str, BulkOutcome]:
        """Store payments."""
        orders = await self._orders_named(readings)
        pairs = zip(readings, parties, strict=True)
        payments = [payment_of(reading, whose, orders=orders) for reading, whose in pairs]
        outcome = await insert_payments(self._tx, payments)
        await follow_payments(self._tx, [one for one in payments if one.id in set(outcome.differing)])
        return PAYMENTS, outcome

    async def subscriptions(
        self, readings: Sequence[Reading], parties: Sequence[OrderParties]
    ) -> tuple[str, BulkOutcome]:
        """Store subscriptions."""
        pairs = zip(readings, parties, strict=True)
        subscriptions = [subscription_of(reading, whose, products=self._products) for reading, whose in pairs]
        outcome = await insert_subscriptions(self._tx, subscriptions)
        await follow_subscriptions(self._tx, [one for one in subscriptions if one.id in set(outcome.differing)])
        return SUBSCRIPTIONS, outcome

    async def purchase_orders(
        self, readings: Sequence[Reading], suppliers: Sequence[SupplierId | None]
    ) -> tuple[str, BulkOutcome]:
        """Store purchase orders; `suppliers` are those of the readings, in their order."""
        pairs = zip(readings, suppliers, strict=True)
        orders = [purchase_order_of(reading, supplier, products=self._products) for reading, supplier in pairs]
        outcome = await insert_purchase_orders(self._tx, orders)
        await follow_purchase_orders(self._tx, [one for one in orders if one.id in set(outcome.differing)])
        return PURCHASE_ORDERS, outcome

    async def _orders_named(self, readings: Sequence[Reading]) -> Mapping[str, OrderId]:
        named = {old_id for reading in readings if (old_id := reading.old_id("order"))}
        return await orders_called(self._tx, named) if named else {}
