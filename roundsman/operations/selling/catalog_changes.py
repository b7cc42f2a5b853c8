"""What the business sells and for how much: products made, priced, and taken out of the catalogue or back into it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from roundsman.audit_log.entries import Actor, AuditEntry, digest
from roundsman.audit_log.log import record
from roundsman.calendar import begin_of, day_of
from roundsman.catalog.changing import find_product, get_product, insert_product, write_edited
from roundsman.catalog.prices import with_price
from roundsman.catalog.products import Price, Product
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.identity.mode import require_operations_managed_here
from roundsman.ids import ProductId, SupplierId
from roundsman.operations.facts.intake import Intake, KeyUsedOtherwise
from roundsman.operations.selling.order_intake import DayPassed
from roundsman.suppliers.linkage import require_supplier


@dataclass(frozen=True, slots=True)
class WantedProduct:
    """What is to be sold from now on, once by its key, and what a unit of it costs at first."""

    key: str
    name: str
    unit: str
    price_paise: int
    supplier_id: SupplierId | None = None


async def make_product(tx: Tx, wanted: WantedProduct, *, intake: Intake, now: datetime) -> Product:
    """Take something new into the catalogue; sent again, gives the same product.

    Raises UnknownSupplier, KeyUsedOtherwise, OperationsManagedElsewhere.
    """

    async def work(tx: Tx) -> Product:
        await require_operations_managed_here(tx)
        product_id = ProductId(intake.id_for("product", wanted.key))
        if (there := await find_product(tx, product_id)) is not None:
            return _same(there, wanted)
        if wanted.supplier_id is not None:
            await require_supplier(tx, wanted.supplier_id)
        price = Price(wanted.price_paise, now)
        product = Product(product_id, wanted.name, wanted.unit, (price,), active=True, supplier_id=wanted.supplier_id)
        await _record(tx, "product.made", product_id, await insert_product(tx, product), actor=intake.actor, now=now)
        return product

    return await in_transaction(tx, work)


async def price_product(
    tx: Tx, product_id: ProductId, paise: int, *, since: date | None, actor: Actor, now: datetime
) -> Product:
    """Have a product cost so much from the beginning of an Indian day on; today, or where none is given, from now on.

    Orders keep the price they were placed at. Raises ProductNotFound, DayPassed, OperationsManagedElsewhere.
    """
    if since is not None and since < day_of(now):
        raise DayPassed(f"{since} is over; a price counts from today on or later")

    def priced(product: Product) -> Product:
        valid_from = now if since is None else max(now, begin_of(since))
        return with_price(product, Price(paise, valid_from), now=now)

    return await _edited(tx, product_id, priced, "prices", "product.priced", actor=actor, now=now)


async def sell_product(tx: Tx, product_id: ProductId, *, active: bool, actor: Actor, now: datetime) -> Product:
    """Take a product out of the catalogue, or back into it. Raises ProductNotFound, OperationsManagedElsewhere."""
    action = "product.sold" if active else "product.withdrawn"
    return await _edited(
        tx, product_id, lambda one: replace(one, active=active), "active", action, actor=actor, now=now
    )


async def supply_product(
    tx: Tx, product_id: ProductId, supplier_id: SupplierId, *, actor: Actor, now: datetime
) -> Product:
    """Have a supplier bring a product from now on, instead of whoever did.

    Raises ProductNotFound, UnknownSupplier, OperationsManagedElsewhere.
    """

    async def work(tx: Tx) -> Product:
        await require_supplier(tx, supplier_id)
        return await _edited(
            tx,
            product_id,
            lambda one: replace(one, supplier_id=supplier_id),
            "supplier_id",
            "product.supplied",
            actor=actor,
            now=now,
        )

    return await in_transaction(tx, work)


async def _edited(
    tx: Tx,
    product_id: ProductId,
    change: Callable[[Product], Product],
    field: Literal["prices", "active", "supplier_id"],
    action: str,
    *,
    actor: Actor,
    now: datetime,
) -> Product:
    async def work(tx: Tx) -> Product:
        await require_operations_managed_here(tx)
        before = await get_product(tx, product_id)
        after = change(before)
        if after != before:
            document = await write_edited(tx, after, field)
            await _record(tx, action, product_id, document, actor=actor, now=now)
        return after

    return await in_transaction(tx, work)


async def _record(
    tx: Tx, action: str, product_id: ProductId, document: Document, *, actor: Actor, now: datetime
) -> None:
    await record(tx, AuditEntry(now, actor, action, f"product:{product_id}", after_digest=digest(document)))


def _same(product: Product, wanted: WantedProduct) -> Product:
    asked = (wanted.name, wanted.unit, wanted.price_paise, wanted.supplier_id)
    if (product.name, product.unit, product.prices[0].paise, product.supplier_id) != asked:
        raise KeyUsedOtherwise
    return product
