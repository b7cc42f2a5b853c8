"""Registering customers."""

from roundsman.audit_log.entries import Actor, AuditEntry, digest
from roundsman.audit_log.log import record
from roundsman.customers.customers import Customer
from roundsman.customers.store import customer_document
from roundsman.database.collections import CUSTOMERS
from roundsman.database.transaction import Tx, in_transaction


async def register_customer(tx: Tx, customer: Customer, *, actor: Actor) -> None:
    """Insert a new customer profile of a user and record it, both or neither."""
    document = customer_document(customer)
    entry = AuditEntry(
        customer.created_at, actor, "customer.registered", f"customer:{customer.id}", after_digest=digest(document)
    )

    async def work(tx: Tx) -> None:
        await tx.database[CUSTOMERS].insert_one(document, session=tx.session)
        await record(tx, entry)

    await in_transaction(tx, work)
