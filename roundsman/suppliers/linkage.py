"""Suppliers' profiles and the users they belong to."""

from collections.abc import AsyncIterator, Sequence

from roundsman.database.bulk import EDITED, BulkOutcome, insert_missing, renew_fields
from roundsman.database.collections import SUPPLIERS
from roundsman.database.documents import find_value, iterate
from roundsman.database.transaction import Document, Tx
from roundsman.errors import InvalidInput
from roundsman.ids import SupplierId, UserId
from roundsman.suppliers.store import supplier_document, supplier_from
from roundsman.suppliers.suppliers import Supplier

_FOLLOWED = ("name", "status", "phone", "email", "address", "gstin", "payment_terms")


class UnknownSupplier(InvalidInput):
    """A supplier is named whom nobody knows."""

    code = "unknown_supplier"


def supplier_documents(suppliers: Sequence[Supplier]) -> list[Document]:
    """Suppliers as they are stored, to be inserted in bulk."""
    return [supplier_document(one) for one in suppliers]


async def insert_suppliers(tx: Tx, suppliers: Sequence[Supplier]) -> BulkOutcome:
    """Insert the suppliers that are not stored yet; compare the others."""
    return await insert_missing(tx, SUPPLIERS, supplier_documents(suppliers))


async def follow_suppliers(tx: Tx, suppliers: Sequence[Supplier]) -> int:
    """Bring what the source says of suppliers up to date, but for what was edited here. Count the changed."""
    documents = supplier_documents(suppliers)
    return await renew_fields(tx, SUPPLIERS, documents, guard="user_id", fields=_FOLLOWED, sparing=EDITED)


def iterate_suppliers(tx: Tx) -> AsyncIterator[Supplier]:
    """Read all suppliers."""
    return iterate(tx, SUPPLIERS, supplier_from)


async def count_suppliers(tx: Tx) -> int:
    """Count all suppliers."""
    return await tx.database[SUPPLIERS].count_documents({}, session=tx.session)


async def require_supplier(tx: Tx, supplier_id: SupplierId) -> None:
    """Go on only with a supplier who is known. Raises UnknownSupplier."""
    if await find_value(tx, SUPPLIERS, supplier_from, {"_id": supplier_id}) is None:
        raise UnknownSupplier("There is no such supplier")


async def find_supplier_of_user(tx: Tx, user_id: UserId) -> Supplier | None:
    """Find the supplier a user is; each user is at most one."""
    return await find_value(tx, SUPPLIERS, supplier_from, {"user_id": user_id})
