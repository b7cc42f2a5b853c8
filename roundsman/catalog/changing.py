"""Products one at a time, within the transaction of whoever changes the catalogue."""

from typing import Literal

from roundsman.catalog.products import Product
from roundsman.catalog.store import product_document, product_from
from roundsman.database.bulk import EDITED
from roundsman.database.collections import PRODUCTS
from roundsman.database.documents import find_value, insert
from roundsman.database.transaction import Document, Tx
from roundsman.errors import NotFound
from roundsman.ids import ProductId


class ProductNotFound(NotFound):
    """There is no such product."""

    code = "product_not_found"


async def find_product(tx: Tx, product_id: ProductId) -> Product | None:
    """Find a product, sold or not."""
    return await find_value(tx, PRODUCTS, product_from, {"_id": product_id})


async def get_product(tx: Tx, product_id: ProductId) -> Product:
    """Read a product, sold or not. Raises ProductNotFound."""
    product = await find_product(tx, product_id)
    if product is None:
        raise ProductNotFound("There is no such product")
    return product


async def insert_product(tx: Tx, product: Product) -> Document:
    """Insert a product; gives it as it is stored."""
    return await insert(tx, PRODUCTS, product_document(product))


async def write_edited(tx: Tx, product: Product, field: Literal["prices", "active", "supplier_id"]) -> Document:
    """Write what was edited of a product, where a source is followed no more; gives the product as it is stored."""
    document = product_document(product)
    edited: Document = {"$set": {field: document[field]}, "$addToSet": {EDITED: field}}
    await tx.database[PRODUCTS].update_one({"_id": product.id}, edited, session=tx.session)
    return document
