"""Customer profiles and the users they belong to."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime

from roundsman.customers.customers import SERVED, Customer
from roundsman.customers.store import customer_document, customer_from
from roundsman.database.bulk import EDITED, BulkOutcome, insert_missing, renew_fields
from roundsman.database.changes import Edit, edit
from roundsman.database.collections import CUSTOMERS
from roundsman.database.documents import find_value, iterate
from roundsman.database.transaction import Document, Tx
from roundsman.errors import NotFound
from roundsman.ids import CustomerId, DeliveryBoyId, UserId

_FOLLOWED = ("name", "status", "phone", "email", "address", "area", "delivery_boy_id", "note")
_ASSIGNED = ("delivery_boy_id", "stop", "former_deliveries")


class UnknownCustomer(NotFound):
    """There is no such customer."""

    code = "unknown_customer"


def customer_documents(customers: Sequence[Customer]) -> list[Document]:
    """Customers as they are stored, to be inserted in bulk; a plan holds them so too."""
    return [customer_document(one) for one in customers]


def customers_from(documents: Sequence[Document]) -> list[Customer]:
    """Read them back."""
    return [customer_from(document) for document in documents]


async def insert_customers(tx: Tx, customers: Sequence[Customer]) -> BulkOutcome:
    """Insert the customers that are not stored yet; compare the others."""
    return await insert_missing(tx, CUSTOMERS, customer_documents(customers))


async def add_customer(tx: Tx, customer: Customer) -> Edit:
    """Store a customer in a way that can be taken back."""
    return await edit(tx, CUSTOMERS, customer_document(customer))


async def follow_customers(tx: Tx, customers: Sequence[Customer]) -> int:
    """Bring what the source says of customers up to date, but for what was edited here. Count the changed."""
    documents = customer_documents(customers)
    return await renew_fields(tx, CUSTOMERS, documents, guard="user_id", fields=_FOLLOWED, sparing=EDITED)


def iterate_customers(tx: Tx) -> AsyncIterator[Customer]:
    """Read all customers."""
    return iterate(tx, CUSTOMERS, customer_from)


async def count_customers(tx: Tx) -> int:
    """Count all customers."""
    return await tx.database[CUSTOMERS].count_documents({}, session=tx.session)


async def get_customer(tx: Tx, customer_id: CustomerId) -> Customer:
    """Read a customer. Raises UnknownCustomer."""
    customer = await find_value(tx, CUSTOMERS, customer_from, {"_id": customer_id})
    if customer is None:
        raise UnknownCustomer("There is no such customer")
    return customer


async def customers_of_user(tx: Tx, user_id: UserId) -> list[Customer]:
    """List the customers a user is, the oldest first; several are several addresses."""
    found = iterate(tx, CUSTOMERS, customer_from, {"user_id": user_id})
    return sorted([customer async for customer in found], key=lambda customer: (customer.created_at, customer.id))


async def find_owner_of_customer(tx: Tx, customer_id: CustomerId) -> UserId | None:
    """Find the user of a customer profile."""
    found = await tx.database[CUSTOMERS].find_one({"_id": customer_id}, {"user_id": 1}, session=tx.session)
    return None if found is None else UserId(found["user_id"])


async def customers_called(tx: Tx, customer_ids: Collection[CustomerId]) -> dict[CustomerId, Customer]:
    """Read those of these customers who are there."""
    criteria = {"_id": {"$in": list(customer_ids)}}
    return {one.id: one async for one in iterate(tx, CUSTOMERS, customer_from, criteria)} if customer_ids else {}


async def customers_of_delivery_boy(tx: Tx, boy: DeliveryBoyId) -> dict[CustomerId, Customer]:
    """Read the customers whom a delivery boy usually delivers to."""
    return {one.id: one async for one in iterate(tx, CUSTOMERS, customer_from, {"delivery_boy_id": boy})}


async def count_customers_of_delivery_boys(tx: Tx, boys: Collection[DeliveryBoyId]) -> dict[DeliveryBoyId, int]:
    """Count the customers whom each of these delivery boys usually delivers to; who has none is left out."""
    pipeline: list[Document] = [
        {"$match": {"delivery_boy_id": {"$in": list(boys)}}},
        {"$group": {"_id": "$delivery_boy_id", "customers": {"$sum": 1}}},
    ]
    rows = await tx.database[CUSTOMERS].aggregate(pipeline, session=tx.session)
    return {row["_id"]: row["customers"] async for row in rows}


async def customers_of_delivery_boy_between(
    tx: Tx, boy: DeliveryBoyId, first: datetime, last: datetime
) -> dict[CustomerId, Customer]:
    """Read the customers whom a delivery boy delivered to at some time between two instants."""
    criteria = {"$or": [{"delivery_boy_id": boy}, {"former_deliveries.delivery_boy_id": boy}]}
    found = [one async for one in iterate(tx, CUSTOMERS, customer_from, criteria)]
    return {one.id: one for one in found if boy in one.delivery_boys_between(first, last)}


async def write_assignment(tx: Tx, customer: Customer) -> Document:
    """Write who delivers to a customer and at which stop, where a source is followed no more; gives the customer as stored."""
    document = customer_document(customer)
    assigned = {name: document[name] for name in _ASSIGNED if name in document}
    update: Document = {"$addToSet": {EDITED: "delivery_boy_id"}}
    if assigned:
        update["$set"] = assigned
    if gone := [name for name in _ASSIGNED if name not in assigned]:
        update["$unset"] = dict.fromkeys(gone, "")
    await tx.database[CUSTOMERS].update_one({"_id": customer.id}, update, session=tx.session)
    return document


async def customers_of_users(tx: Tx, user_ids: Sequence[UserId]) -> dict[UserId, list[Customer]]:
    """List the customers of several users at once."""
    found: dict[UserId, list[Customer]] = {}
    async for customer in iterate(tx, CUSTOMERS, customer_from, {"user_id": {"$in": list(user_ids)}}):
        found.setdefault(customer.user_id, []).append(customer)
    return found


async def customers_who_are_served(tx: Tx, customer_ids: Collection[CustomerId]) -> set[CustomerId]:
    """Find those of the customers who get something: they are on trial or active."""
    wanted = {"_id": {"$in": list(customer_ids)}, "status": {"$in": [one.value for one in SERVED]}}
    found = tx.database[CUSTOMERS].find(wanted, {"_id": 1}, session=tx.session)
    return {CustomerId(document["_id"]) async for document in found}


async def owners_of_contact(tx: Tx, contacts: Sequence[str]) -> set[UserId]:
    """Find the users of the customers who have one of these phones or e-mails as a contact; a household may share one."""
    wanted = {"$or": [{name: {"$in": list(contacts)}} for name in ("phone", "email")]}
    found = tx.database[CUSTOMERS].find(wanted, {"user_id": 1}, session=tx.session)
    return {UserId(document["user_id"]) async for document in found}
