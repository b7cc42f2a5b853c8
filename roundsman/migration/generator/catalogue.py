"""What the business sells and where: the collections that stand once for the whole world."""

from dataclasses import dataclass

from roundsman.migration.generator.folder import Document, FolderWriter
from roundsman.migration.generator.places import AREAS
from roundsman.migration.generator.presets import get_preset
from roundsman.migration.generator.world import Block


@dataclass(frozen=True, slots=True)
class Product:
    """Something to sell, at a price in rupees."""

    app_id: str
    name: str
    price: float


_PRODUCTS = (
    ("Fresh Milk", "dairy", "liter", 60.0),
    ("Buffalo Milk", "dairy", "Liter", 80.0),
    ("Toned Milk", "dairy", "packet", 27.5),
    ("Curd", "dairy", "packet", 35.0),
    ("Bread", "bakery", "packet", 40.0),
    ("Eggs", "protein", "dozen", 70.0),
    ("Paneer", "dairy", "packet", 95.0),
    ("Coconut Water", "drinks", "L", 55.0),
)


def record(folder: FolderWriter, *, seed: int, as_of: int) -> tuple[Product, ...]:
    """Write products and areas; returns the products."""
    block = Block(seed=seed, number=-1, as_of=as_of, preset=get_preset("plan"))
    document: Document
    for area in AREAS:
        document = {"_id": {"$oid": block.object_id(as_of - 100_000_000)}, "id": area.key, "city": area.city}
        document |= {"full_name": area.full_name, "is_active": True, "main_area": area.city}
        folder.write("areas_v2", document | {"pincode": area.pincode, "sub_area": area.sub_area})
    products = tuple(Product(block.uuid(), name, price) for name, _, _, price in _PRODUCTS)
    for index, product in enumerate(products):
        _, category, unit, _ = _PRODUCTS[index]
        document = {"_id": {"$oid": block.object_id(as_of - 100_000_000)}, "id": product.app_id, "name": product.name}
        document |= {"category": category, "unit": unit, "price": product.price}
        folder.write("products", document | ({"default_price": product.price} if index % 2 else {}))
    return products
