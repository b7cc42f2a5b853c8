"""What a product costs at an instant (pure).

Prices are dated: one counts from the first instant of `valid_from` on until the next one does, and none ever counts backwards.
Of two that begin at one instant the later in the list counts.
"""

from datetime import datetime

from roundsman.catalog.products import Product
from roundsman.errors import Conflict


class NotSold(Conflict):
    """The product is not sold: it was taken out of the catalogue, or no price of it counts yet."""

    code = "product_not_sold"


def price_at(product: Product, instant: datetime) -> int:
    """Give the price of one unit in paise. Raises NotSold."""
    begun = [price for price in product.prices if price.valid_from <= instant]
    if not product.active or not begun:
        raise NotSold(f"{product.name or 'The product'} is not sold")
    latest = max(price.valid_from for price in begun)
    return [price.paise for price in begun if price.valid_from == latest][-1]
