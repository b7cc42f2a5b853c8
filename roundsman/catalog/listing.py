"""What the business sells."""

from collections.abc import AsyncIterator, Collection, Sequence

from pymongo import ASCENDING

from roundsman.catalog.products import Product
from roundsman.catalog.store import product_document, product_from
from roundsman.database.bulk import BulkOutcome, insert_missing
from roundsman.database.collections import PRODUCTS
from roundsman.database.documents import iterate, list_values
from roundsman.database.transaction import Tx
from roundsman.errors import InvalidInput
from roundsman.ids import ProductId, SupplierId

_BY_NAME = [("name", ASCENDING), ("_id", ASCENDING)]


class UnknownProduct(InvalidInput):
    """Something is asked for that is not in the catalogue."""

    code = "unknown_product"


async def insert_products(tx: Tx, products: Sequence[Product]) -> BulkOutcome:
    """Insert the products that are not stored yet; compare the others."""
    return await insert_missing(tx, PRODUCTS, [product_document(product) for product in products])


def iterate_products(tx: Tx) -> AsyncIterator[Product]:
    """Read all products."""
    return iterate(tx, PRODUCTS, product_from)


async def get_products(tx: Tx, product_ids: Collection[ProductId]) -> dict[ProductId, Product]:
    """Read these products. Raises UnknownProduct."""
    found = await products_known(tx, product_ids)
    if unknown := set(product_ids) - found.keys():
        raise UnknownProduct(f"There is no product {', '.join(sorted(map(str, unknown)))}")
    return found


async def products_known(tx: Tx, product_ids: Collection[ProductId]) -> dict[ProductId, Product]:
    """Those of these products that are in the catalogue, sold or not."""
    return {one.id: one async for one in iterate(tx, PRODUCTS, product_from, {"_id": {"$in": list(product_ids)}})}


async def list_products_of(tx: Tx, supplier_id: SupplierId, *, skip: int, limit: int) -> list[Product]:
    """List some of the products that a supplier brings, sold or not, by their names."""
    return await list_values(tx, PRODUCTS, product_from, {"supplier_id": supplier_id}, _BY_NAME, skip=skip, limit=limit)


async def list_active_products(tx: Tx, *, skip: int, limit: int) -> list[Product]:
    """List some of the products that were not taken out of the catalogue, by their names."""
    return await list_values(tx, PRODUCTS, product_from, {"active": True}, _BY_NAME, skip=skip, limit=limit)


async def count_products(tx: Tx) -> int:
    """Count all products."""
    return await tx.database[PRODUCTS].count_documents({}, session=tx.session)
