"""What to buy of a supplier for a day: what is needed of his products, less what purchase orders bring already."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import Final

from roundsman.calendar import begin_of
from roundsman.catalog.listing import list_products_of
from roundsman.catalog.prices import begun_price
from roundsman.catalog.products import Product
from roundsman.database.transaction import Tx
from roundsman.ids import ProductId, SupplierId
from roundsman.operations.selling.supply_demand import demand_for
from roundsman.suppliers.purchase_orders import PurchaseOrder
from roundsman.suppliers.purchasing import orders_that_come

_Quantities = defaultdict[ProductId | None, float]
_MOST_PRODUCTS: Final = 1_000
_IN_A_UNIT: Final = 4
"""Quantities are wanted in quarters of a unit."""


@dataclass(frozen=True, slots=True)
class Need:
    """A product that can be bought, what a unit of it costs on the day, how much is needed and how much comes already."""

    product: Product
    paise: int
    needed: float
    coming: float

    @property
    def missing(self) -> float:
        """How much is still to be bought, in quarters, and rather more than less."""
        # Quantities of a source need not add up in binary.
        return max(ceil(round((self.needed - self.coming) * _IN_A_UNIT, 6)) / _IN_A_UNIT, 0)


@dataclass(frozen=True, slots=True)
class Needs:
    """What can be bought of a supplier for a day, by the names of the products, and his purchase orders for it."""

    products: tuple[Need, ...]
    orders: tuple[PurchaseOrder, ...]


async def needs_of(tx: Tx, supplier_id: SupplierId, day: date, *, now: datetime) -> Needs:
    """Find out what is needed of a supplier's products for a day. One that has no price then cannot be bought."""
    demand = await demand_for(tx, day, supplier_id=supplier_id)
    needed = {row.product_id: row.total for row in demand}
    orders = await orders_that_come(tx, supplier_id, day)
    coming, priced_at = _coming(orders), max(now, begin_of(day))
    products = await list_products_of(tx, supplier_id, skip=0, limit=_MOST_PRODUCTS)
    needs = [
        Need(one, paise, needed.get(one.id, 0), coming[one.id])
        for one in products
        if one.active and (paise := begun_price(one, priced_at)) is not None
    ]
    return Needs(tuple(needs), tuple(orders))


def _coming(orders: Sequence[PurchaseOrder]) -> _Quantities:
    added: _Quantities = defaultdict(float)
    for order in orders:
        for line in order.lines:
            added[line.product_id] += line.quantity
    return added
