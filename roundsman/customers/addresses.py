"""The places users have things delivered to."""

from collections.abc import AsyncIterator, Sequence

from roundsman.customers.customers import Address
from roundsman.customers.store import address_document, address_from
from roundsman.database.bulk import BulkOutcome, insert_missing, renew_fields
from roundsman.database.collections import ADDRESSES
from roundsman.database.documents import iterate
from roundsman.database.transaction import Tx
from roundsman.ids import UserId

_FOLLOWED = ("user_id", "label", "text", "is_default", "source")


async def insert_addresses(tx: Tx, addresses: Sequence[Address]) -> BulkOutcome:
    """Insert the addresses that are not stored yet; compare the others."""
    return await insert_missing(tx, ADDRESSES, [address_document(address) for address in addresses])


async def follow_addresses(tx: Tx, addresses: Sequence[Address]) -> int:
    """Bring addresses that the source changed up to date; count the changed."""
    documents = [address_document(address) for address in addresses]
    return await renew_fields(tx, ADDRESSES, documents, guard="_id", fields=_FOLLOWED)


def iterate_addresses(tx: Tx) -> AsyncIterator[Address]:
    """Read all addresses."""
    return iterate(tx, ADDRESSES, address_from)


async def count_addresses(tx: Tx) -> int:
    """Count all addresses."""
    return await tx.database[ADDRESSES].count_documents({}, session=tx.session)


async def addresses_of_user(tx: Tx, user_id: UserId) -> list[Address]:
    """List the addresses of a user."""
    return [address async for address in iterate(tx, ADDRESSES, address_from, {"user_id": user_id})]
