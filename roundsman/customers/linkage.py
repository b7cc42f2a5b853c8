"""Customer profiles and the users they belong to."""

from collections.abc import AsyncIterator, Sequence

from roundsman.customers.customers import Customer
from roundsman.customers.store import customer_document, customer_from
from roundsman.database.bulk import BulkOutcome, insert_missing
from roundsman.database.collections import CUSTOMERS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Tx
from roundsman.ids import UserId


async def insert_customers(tx: Tx, customers: Sequence[Customer]) -> BulkOutcome:
    """Insert the customers that are not stored yet; compare the others."""
    return await insert_missing(tx, CUSTOMERS, [customer_document(customer) for customer in customers])


def iterate_customers(tx: Tx) -> AsyncIterator[Customer]:
    """Read all customers."""
    return iterate(tx, CUSTOMERS, customer_from)


async def count_customers(tx: Tx) -> int:
    """Count all customers."""
    return await tx.database[CUSTOMERS].count_documents({}, session=tx.session)


async def customers_of_user(tx: Tx, user_id: UserId) -> list[Customer]:
    """List the customers a user is, the oldest first; several are several addresses."""
    found = iterate(tx, CUSTOMERS, customer_from, {"user_id": user_id})
    return sorted([customer async for customer in found], key=lambda customer: (customer.created_at, customer.id))
