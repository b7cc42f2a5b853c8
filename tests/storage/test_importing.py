"""Bulk writes of every domain: written once, compared the second time, read back as they were."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from bson import ObjectId

from roundsman.catalog.listing import count_products, insert_products, iterate_products
from roundsman.catalog.products import Price, Product
from roundsman.customers.addresses import addresses_of_user, count_addresses, insert_addresses, iterate_addresses
from roundsman.customers.customers import Address
from roundsman.customers.linkage import count_customers, insert_customers, iterate_customers
from roundsman.database.bulk import BulkOutcome
from roundsman.database.transaction import Tx
from roundsman.delivery.linkage import count_delivery_boys, insert_delivery_boys, iterate_delivery_boys
from roundsman.identity.importing import (
    count_identifiers,
    count_users,
    insert_identifiers,
    insert_users,
    iterate_identifiers,
    iterate_users,
)
from roundsman.identity.users import Identifier
from roundsman.ids import AddressId, ProductId, SourceRef, UserId
from roundsman.orders.history import count_orders, insert_orders, iterate_orders, orders_of_user
from roundsman.suppliers.linkage import count_suppliers, insert_suppliers, iterate_suppliers
from tests.builders import NOW, a_customer, a_delivery_boy, a_supplier, a_user, an_order

SOURCE = SourceRef("addresses", "addr-1", bytes(32))
ONE, OTHER = UserId(ObjectId()), UserId(ObjectId())
USERS = (a_user(id=ONE, roles=()), a_user(id=OTHER))
IDENTIFIERS = (Identifier("phone:+919876501234", (ONE,), verified_at=NOW), Identifier("alias:db-001", (ONE, OTHER)))
CUSTOMERS = (a_customer(ONE), a_customer(ONE))
ADDRESSES = (Address(AddressId(ObjectId()), ONE, "home", "12 MG Road", is_default=True, source=SOURCE),)
DELIVERY_BOYS = (a_delivery_boy(ONE), replace(a_delivery_boy(OTHER), areas=()))
SUPPLIERS = (a_supplier(ONE), a_supplier(OTHER))
PRODUCTS = (
    Product(ProductId(ObjectId()), "Milk", "litre", (Price(3200, NOW),), active=True, source=SOURCE),
    Product(ProductId(ObjectId()), "Curd", "packet", (), active=False),
)
ORDERS = (
    replace(an_order(ONE), for_date=date(2026, 3, 2), source=SOURCE),
    replace(an_order(ONE), customer_id=None, user_id=None, lines=()),
)
DOMAINS: tuple[tuple[Any, ...], ...] = (
    (USERS, insert_users, iterate_users, count_users),
    (IDENTIFIERS, insert_identifiers, iterate_identifiers, count_identifiers),
    (CUSTOMERS, insert_customers, iterate_customers, count_customers),
    (ADDRESSES, insert_addresses, iterate_addresses, count_addresses),
    (DELIVERY_BOYS, insert_delivery_boys, iterate_delivery_boys, count_delivery_boys),
    (SUPPLIERS, insert_suppliers, iterate_suppliers, count_suppliers),
    (PRODUCTS, insert_products, iterate_products, count_products),
    (ORDERS, insert_orders, iterate_orders, count_orders),
)


@pytest.mark.parametrize(
    ("values", "insert", "iterate", "count"), DOMAINS, ids=[domain[1].__name__ for domain in DOMAINS]
)
async def test_a_batch_written_twice_is_stored_once(
    tx: Tx,
    values: Sequence[Any],
    insert: Callable[[Tx, Sequence[Any]], Awaitable[BulkOutcome]],
    iterate: Callable[[Tx], AsyncIterator[Any]],
    count: Callable[[Tx], Awaitable[int]],
) -> None:
    assert await insert(tx, values) == BulkOutcome(inserted=len(values))
    assert await insert(tx, values) == BulkOutcome(same=len(values))

    assert [value async for value in iterate(tx)] == list(values)
    assert await count(tx) == len(values)


async def test_what_is_stored_already_is_reported_not_replaced(tx: Tx) -> None:
    user = a_user()
    await insert_users(tx, [user])

    outcome = await insert_users(tx, [replace(user, name="Somebody Else"), a_user()])

    assert outcome == BulkOutcome(inserted=1, differing=(user.id,))
    assert user in [stored async for stored in iterate_users(tx)]


async def test_what_belongs_to_a_user_is_listed_for_him_alone(tx: Tx) -> None:
    mine, newer, other = an_order(ONE), an_order(ONE, placed_at=NOW.replace(year=2027)), an_order(OTHER)
    await insert_orders(tx, [mine, newer, other])
    await insert_addresses(tx, ADDRESSES)

    assert await orders_of_user(tx, ONE) == [newer, mine]
    assert await addresses_of_user(tx, ONE) == list(ADDRESSES)
    assert await addresses_of_user(tx, OTHER) == []
