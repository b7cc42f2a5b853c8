"""Products and their dated prices as values."""

from dataclasses import dataclass
from datetime import datetime

from roundsman.ids import ProductId, SourceRef, SupplierId


@dataclass(frozen=True, slots=True)
class Price:
    """What a product costs from `valid_from` on."""

    paise: int
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class Product:
    """Something the business sells; `prices` are in the order of their dates."""

    id: ProductId
    name: str
    unit: str
    prices: tuple[Price, ...]
    active: bool
    supplier_id: SupplierId | None = None
    source: SourceRef | None = None
