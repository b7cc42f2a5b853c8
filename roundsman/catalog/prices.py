"""What a product costs at an instant (pure).

Prices are dated: one counts from the first instant of `valid_from` on until the next one does, and none ever counts backwards.
Of two that begin at one instant the later in the list counts. A price that is still to come is replaced by one of the same
instant; one that has begun stays, because something may have been sold for it.
"""

from dataclasses import replace
from datetime import datetime

from roundsman.catalog.products import Price, Product
from roundsman.errors import Conflict


class NotSold(Conflict):
    """The product is not sold: it was taken out of the catalogue, or no price of it counts yet."""

    code = "product_not_sold"


def price_at(product: Product, instant: datetime) -> int:
    """Give the price of one unit in paise. Raises NotSold."""
    price = begun_price(product, instant)
    if not product.active or price is None:
        raise NotSold(f"{product.name or 'The product'} is not sold")
    return price


def begun_price(product: Product, instant: datetime) -> int | None:
    """Give the price of one unit in paise, sold or not; None where none counts yet."""
    begun = [price for price in product.prices if price.valid_from <= instant]
    latest = max((price.valid_from for price in begun), default=None)
    return next((price.paise for price in reversed(begun) if price.valid_from == latest), None)


def with_price(product: Product, price: Price, *, now: datetime) -> Product:
    """The product with one more price, which begins now or later; as it is if it costs that much then already."""
    if begun_price(product, price.valid_from) == price.paise:
        return product
    others = [one for one in product.prices if one.valid_from != price.valid_from or one.valid_from <= now]
    return replace(product, prices=tuple(sorted([*others, price], key=lambda one: one.valid_from)))
