"""Products as documents."""

from roundsman.catalog.products import Price, Product
from roundsman.database.documents import source_document, source_from, without_absent
from roundsman.database.transaction import Document


def product_document(product: Product) -> Document:
    """Store a product."""
    return without_absent(
        {
            "_id": product.id,
            "name": product.name,
            "unit": product.unit,
            "prices": [{"paise": price.paise, "valid_from": price.valid_from} for price in product.prices],
            "active": product.active,
            "supplier_id": product.supplier_id,
            "source": source_document(product.source),
        }
    )


def product_from(document: Document) -> Product:
    """Read a product."""
    return Product(
        id=document["_id"],
        name=document["name"],
        unit=document["unit"],
        prices=tuple(Price(price["paise"], price["valid_from"]) for price in document["prices"]),
        active=document["active"],
        supplier_id=document.get("supplier_id"),
        source=source_from(document.get("source")),
    )
