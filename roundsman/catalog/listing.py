"""What the business sells."""

from collections.abc import AsyncIterator, Sequence

from roundsman.catalog.products import Product
from roundsman.catalog.store import product_document, product_from
from roundsman.database.bulk import BulkOutcome, insert_missing, renew_fields
from roundsman.database.collections import PRODUCTS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Tx

_FOLLOWED = ("name", "unit", "active", "supplier_id", "source")


async def insert_products(tx: Tx, products: Sequence[Product]) -> BulkOutcome:
    """Insert the products that are not stored yet; compare the others."""
    return await insert_missing(tx, PRODUCTS, [product_document(product) for product in products])


async def follow_products(tx: Tx, products: Sequence[Product]) -> int:
    """Bring products that the source changed up to date, but for prices, which are never retroactive; count the changed."""
    documents = [product_document(product) for product in products if product.source]
    return await renew_fields(tx, PRODUCTS, documents, guard="_id", fields=_FOLLOWED)


def iterate_products(tx: Tx) -> AsyncIterator[Product]:
    """Read all products."""
    return iterate(tx, PRODUCTS, product_from)


async def count_products(tx: Tx) -> int:
    """Count all products."""
    return await tx.database[PRODUCTS].count_documents({}, session=tx.session)
