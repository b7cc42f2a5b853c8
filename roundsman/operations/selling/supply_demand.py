"""How much of which product is needed for a day: what is ordered for it, and what active subscriptions bring.

A subscription counts where its customer is one who gets something: he is on trial or active. An order counts until it is
cancelled, but for one that stands for what a subscription brings. What was ordered for as soon as possible belongs to no day: it is said besides, and not in the total.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from roundsman.catalog.listing import products_known
from roundsman.catalog.products import Product
from roundsman.customers.linkage import customers_who_are_served
from roundsman.database.transaction import Tx
from roundsman.ids import CustomerId, ProductId, SupplierId
from roundsman.operations.selling.subscribed_orders import by_customer, is_brought_by_subscription
from roundsman.orders.demand import Ordered, iterate_subscription_orders, ordered_for, ordered_without_day
from roundsman.subscriptions.demand import iterate_active_subscriptions
from roundsman.subscriptions.pausing import subscriptions_of_customers
from roundsman.subscriptions.quantities import quantity_on

_AT_ONCE: Final = 1_000
_Thing = tuple[ProductId | None, str]
"""A product, or what a source calls one that nobody knows."""
_Quantities = defaultdict[_Thing, float]


@dataclass(frozen=True, slots=True)
class ProductDemand:
    """How much of a product is needed, in its unit; of one that nobody knows only the name is known."""

    product_id: ProductId | None
    name: str
    unit: str
    supplier_id: SupplierId | None
    ordered: float
    subscribed: float
    without_day: float

    @property
    def total(self) -> float:
        """What has to be there on the day."""
        return self.ordered + self.subscribed


async def demand_for(tx: Tx, day: date, *, supplier_id: SupplierId | None = None) -> list[ProductDemand]:
    """Add up what is needed for a day, of one supplier's products if he is given, by their names."""
    ordered = _by_thing([*await ordered_for(tx, day), *await _by_themselves(tx, day)])
    undated = _by_thing(await ordered_without_day(tx))
    subscribed = await _subscribed(tx, day)
    things = ordered.keys() | undated.keys() | subscribed.keys()
    products = await products_known(tx, {product_id for product_id, _ in things if product_id is not None})
    rows = [
        _row(thing, products, ordered=ordered[thing], subscribed=subscribed[thing], without_day=undated[thing])
        for thing in things
    ]
    kept = [row for row in rows if supplier_id in {None, row.supplier_id}]
    return sorted(kept, key=lambda row: (row.name.casefold(), str(row.product_id)))


def _row(
    thing: _Thing, products: Mapping[ProductId, Product], *, ordered: float, subscribed: float, without_day: float
) -> ProductDemand:
    product_id, name = thing
    product = None if product_id is None else products.get(product_id)
    return ProductDemand(
        product_id,
        product.name if product else name,
        product.unit if product else "",
        product.supplier_id if product else None,
        ordered,
        subscribed,
        without_day,
    )


def _by_thing(found: Iterable[Ordered]) -> _Quantities:
    added: _Quantities = defaultdict(float)
    for one in found:
        added[one.product_id, "" if one.product_id else one.name] += one.quantity
    return added


async def _by_themselves(tx: Tx, day: date) -> list[Ordered]:
    """What is in orders of subscriptions that bring nothing on the day themselves."""
    orders = [order async for order in iterate_subscription_orders(tx, day)]
    found: list[Ordered] = []
    for begin in range(0, len(orders), _AT_ONCE):
        portion = orders[begin : begin + _AT_ONCE]
        customers = {order.customer_id for order in portion if order.customer_id is not None}
        subscriptions = by_customer(await subscriptions_of_customers(tx, customers))
        found += [
            Ordered(line.product_id, line.name, line.quantity)
            for order in portion
            if not is_brought_by_subscription(order, subscriptions[order.customer_id], day)
            for line in order.lines
        ]
    return found


async def _subscribed(tx: Tx, day: date) -> _Quantities:
    added: _Quantities = defaultdict(float)
    batch: list[tuple[CustomerId, ProductId | None, float]] = []
    async for one in iterate_active_subscriptions(tx):
        if one.customer_id is not None and (quantity := quantity_on(one, day)) > 0:
            batch.append((one.customer_id, one.product_id, quantity))
        if len(batch) == _AT_ONCE:
            await _add_served(tx, batch, added)
            batch = []
    await _add_served(tx, batch, added)
    return added


async def _add_served(tx: Tx, batch: Iterable[tuple[CustomerId, ProductId | None, float]], added: _Quantities) -> None:
    rows = list(batch)
    served = await customers_who_are_served(tx, {customer_id for customer_id, _, _ in rows})
    for customer_id, product_id, quantity in rows:
        if customer_id in served:
            added[product_id, ""] += quantity
