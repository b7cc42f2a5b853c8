"""A supplier of milk whom the pages are about."""

from dataclasses import replace
from datetime import timedelta

from roundsman.access.roles import Role
from roundsman.activation.policy import ActivationPolicy
from roundsman.audit_log.entries import Actor
from roundsman.catalog.listing import insert_products
from roundsman.catalog.products import Price
from roundsman.database.transaction import Tx
from roundsman.operations.buying.price_proposals import WantedPrice, propose_price
from roundsman.operations.facts.intake import Intake
from roundsman.suppliers.linkage import insert_suppliers
from roundsman.suppliers.suppliers import Supplier
from tests.builders import a_product, a_supplier, a_user
from tests.http.delivering import BEGIN
from tests.http.people import settle


async def settle_dairy(tx: Tx) -> Supplier:
    """A supplier of milk who asks for 70 rupees instead of 64."""
    user = await settle(tx, a_user(roles=(Role.SUPPLIER,)), phone="+919731100000")
    supplier = a_supplier(user.id)
    milk = replace(a_product(Price(64_00, BEGIN - timedelta(days=9)), name="Buffalo milk"), supplier_id=supplier.id)
    await insert_suppliers(tx, [supplier])
    await insert_products(tx, [milk])
    wanted = WantedPrice("dearer-fodder", milk.id, 70_00)
    await propose_price(tx, user.id, wanted, intake=Intake(Actor(str(user.id)), ActivationPolicy()), now=BEGIN)
    return supplier
