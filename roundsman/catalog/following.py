"""Bringing the products of a source up to date.

A price is never followed backwards: another one than before counts from when it was seen. What was edited here is not
followed any more.
"""

from collections.abc import Sequence
from datetime import datetime

from roundsman.catalog.products import Product
from roundsman.catalog.store import product_document, product_from
from roundsman.database.bulk import EDITED, renew_fields
from roundsman.database.collections import PRODUCTS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Tx

_FOLLOWED = ("name", "unit", "active", "supplier_id", "source")


async def follow_products(tx: Tx, products: Sequence[Product], *, seen_at: datetime | None) -> int:
    """Bring products that the source changed up to date; count those it changed since they were taken.

    Their prices too, from `seen_at` on, if given.
    """
    wanted = {"_id": {"$in": [one.id for one in products if one.source]}}
    stored = {one.id: one async for one in iterate(tx, PRODUCTS, product_from, wanted)}
    changed = [one for one in products if one.id in stored and one.source != stored[one.id].source]
    for one in changed:
        if seen_at is not None:
            # The price first: what a crash leaves is seen as changed again.
            await _follow_price(tx, stored[one.id], one, seen_at=seen_at)
    await renew_fields(
        tx, PRODUCTS, list(map(product_document, changed)), guard="_id", fields=_FOLLOWED, sparing=EDITED
    )
    return len(changed)


async def _follow_price(tx: Tx, stored: Product, product: Product, *, seen_at: datetime) -> None:
    latest = stored.prices[-1] if stored.prices else None
    (price,) = product.prices or (None,)
    if price is None or (latest is not None and latest.paise == price.paise):
        return
    since = seen_at if latest is None else max(seen_at, latest.valid_from)
    pushed = {"$push": {"prices": {"paise": price.paise, "valid_from": since}}}
    await tx.database[PRODUCTS].update_one({"_id": stored.id, EDITED: {"$ne": "prices"}}, pushed, session=tx.session)
