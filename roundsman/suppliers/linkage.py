"""Suppliers' profiles and the users they belong to."""

from collections.abc import AsyncIterator, Collection, Sequence

from pymongo import ASCENDING

from roundsman.database.bulk import EDITED, BulkOutcome, insert_missing, renew_fields
from roundsman.database.collections import SUPPLIERS
from roundsman.database.documents import find_value, insert, iterate, list_values
from roundsman.database.editing import write_edited
from roundsman.database.transaction import Document, Tx
from roundsman.errors import Conflict, InvalidInput, NotFound
from roundsman.ids import SupplierId, UserId
from roundsman.suppliers.store import supplier_document, supplier_from
from roundsman.suppliers.suppliers import Supplier, SupplierStatus

_BY_NAME = [("name", ASCENDING), ("_id", ASCENDING)]
_FOLLOWED = ("name", "status", "phone", "email", "address", "gstin", "payment_terms")


class UnknownSupplier(InvalidInput):
    """A supplier is named whom nobody knows."""

    code = "unknown_supplier"


class GstinTaken(Conflict):
    """There is a supplier with this GSTIN."""

    code = "gstin_taken"


class SupplierNotFound(NotFound):
    """There is no such supplier, or none of who asks."""

    code = "supplier_not_found"


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


async def require_supplier(tx: Tx, supplier_id: SupplierId) -> Supplier:
    """Read a supplier whom somebody names in what he asks for. Raises UnknownSupplier."""
    supplier = await find_value(tx, SUPPLIERS, supplier_from, {"_id": supplier_id})
    if supplier is None:
        raise UnknownSupplier("There is no such supplier")
    return supplier


async def get_supplier(tx: Tx, supplier_id: SupplierId) -> Supplier:
    """Read a supplier. Raises SupplierNotFound."""
    supplier = await find_value(tx, SUPPLIERS, supplier_from, {"_id": supplier_id})
    if supplier is None:
        raise SupplierNotFound("There is no such supplier")
    return supplier


async def require_gstin_free(tx: Tx, supplier: Supplier) -> None:
    """Go on only where no other supplier has this one's GSTIN: it is the same business. Raises GstinTaken.

    It keeps staff from a mistake. A source may name a business twice, so no index forbids it.
    """
    if supplier.gstin is None:
        return
    others = {"gstin": supplier.gstin, "_id": {"$ne": supplier.id}}
    if (other := await find_value(tx, SUPPLIERS, supplier_from, others)) is not None:
        raise GstinTaken(f"{other.name} has the GSTIN {other.gstin} already: change the profile of supplier {other.id}")


async def suppliers_called(tx: Tx, supplier_ids: Collection[SupplierId]) -> dict[SupplierId, Supplier]:
    """Read those of these suppliers who are there."""
    return {one.id: one async for one in iterate(tx, SUPPLIERS, supplier_from, {"_id": {"$in": list(supplier_ids)}})}


async def list_suppliers(tx: Tx, *, status: SupplierStatus | None = None, skip: int, limit: int) -> list[Supplier]:
    """List some of the suppliers, in one status if given, by their names."""
    wanted: Document = {} if status is None else {"status": status.value}
    return await list_values(tx, SUPPLIERS, supplier_from, wanted, _BY_NAME, skip=skip, limit=limit)


async def users_of_suppliers(tx: Tx, supplier_ids: Collection[SupplierId]) -> dict[SupplierId, UserId]:
    """The users that some suppliers are."""
    found = iterate(tx, SUPPLIERS, supplier_from, {"_id": {"$in": list(supplier_ids)}})
    return {one.id: one.user_id async for one in found}


async def register_supplier(tx: Tx, supplier: Supplier) -> Document:
    """Insert the profile of a new supplier; gives it as it is stored."""
    return await insert(tx, SUPPLIERS, supplier_document(supplier))


async def write_profile(tx: Tx, before: Supplier, after: Supplier) -> tuple[Document, Document]:
    """Write what was edited of a supplier; gives him as he was stored and as he is."""
    documents = supplier_document(before), supplier_document(after)
    await write_edited(tx, SUPPLIERS, before=documents[0], after=documents[1])
    return documents


async def find_supplier_of_user(tx: Tx, user_id: UserId) -> Supplier | None:
    """Find the supplier a user is; each user is at most one."""
    return await find_value(tx, SUPPLIERS, supplier_from, {"user_id": user_id})
