"""The joined view of a person."""

from dataclasses import replace
from datetime import timedelta

from roundsman.customers.linkage import insert_customers
from roundsman.database.transaction import Tx
from roundsman.delivery.linkage import insert_delivery_boys
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.users import Identifier
from roundsman.operations.people.person import Person, find_person, get_person
from roundsman.orders.history import insert_orders
from roundsman.suppliers.linkage import insert_suppliers
from tests.builders import NOW, a_customer, a_delivery_boy, a_supplier, a_user, an_order


async def test_a_person_is_seen_with_everything_he_is(tx: Tx) -> None:
    user, other = a_user(last_sign_in_at=NOW), a_user()
    phone = Identifier("phone:+919876501234", (user.id,))
    second, first = a_customer(user.id), replace(a_customer(user.id), created_at=NOW - timedelta(days=1))
    boy, supplier = a_delivery_boy(user.id), a_supplier(user.id)
    ordered_at = NOW + timedelta(hours=2)
    await insert_users(tx, [user, other])
    await insert_identifiers(tx, [phone])
    await insert_customers(tx, [second, first, a_customer(other.id)])
    await insert_delivery_boys(tx, [boy, a_delivery_boy(other.id)])
    await insert_suppliers(tx, [supplier])
    await insert_orders(tx, [an_order(user.id), an_order(user.id, placed_at=ordered_at), an_order(other.id)])

    person = await find_person(tx, "98765 01234")

    assert person == Person(user, (phone,), (first, second), boy, supplier, last_activity=ordered_at)
    assert await get_person(tx, user.id) == person


async def test_of_a_person_nothing_is_known_of_there_is_no_activity(tx: Tx) -> None:
    user = a_user()
    await insert_users(tx, [user])

    assert await get_person(tx, user.id) == Person(user, (), (), None, None, last_activity=None)
