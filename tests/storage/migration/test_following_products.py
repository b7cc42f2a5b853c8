"""Products of the followed source: their prices too, never backwards, but for what was edited here."""

from datetime import UTC, datetime

import pytest

from roundsman.audit_log.entries import SYSTEM
from roundsman.catalog.listing import iterate_products
from roundsman.catalog.products import Product
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, set_mode
from roundsman.migration.sync import compare_all
from roundsman.operations.selling.catalog_changes import price_product, sell_product
from tests.imports import Database, Import, fill
from tests.storage.migration.worlds import everything


@pytest.fixture(autouse=True)
async def shop(source_database: Database, importing: Import) -> Database:
    """A taken business with one of everything."""
    await fill(source_database, everything())
    await compared(importing)
    return source_database


async def compared(importing: Import) -> bool:
    """Look through the whole source; tells whether nothing had changed."""
    done = await compare_all(importing.runtime.tx, importing.source, importing.profile, importing.means())
    return done.did_nothing


async def milk(importing: Import) -> Product:
    (product,) = [one async for one in iterate_products(importing.runtime.tx)]
    return product


async def test_another_price_counts_from_when_it_was_seen(importing: Import, shop: Database) -> None:
    before = await milk(importing)
    for price in (30, 31):
        await shop["products"].update_one({}, {"$set": {"price": price, "name": f"Milk for {price}"}})
        assert not await compared(importing)
        assert await compared(importing)

    after = await milk(importing)
    assert after.name == "Milk for 31"
    assert [one.paise for one in after.prices] == [2850, 3000, 3100]
    assert after.prices[0] == before.prices[0]
    assert after.prices[1].valid_from > before.prices[0].valid_from
    assert (await importing.verify()).passed


async def test_once_operations_are_here_prices_stay_and_what_was_edited_too(importing: Import, shop: Database) -> None:
    tx, now = importing.runtime.tx, importing.runtime.clock()
    since = datetime(2026, 1, 1, tzinfo=UTC)
    live = Mode(PeopleMode.LIVE, OperationsMode.ROUNDSMAN, people_since=since, operations_since=since)
    await set_mode(tx, live)
    await shop["products"].update_one({}, {"$set": {"price": 99}})
    await compared(importing)
    product = await milk(importing)
    assert [one.paise for one in product.prices] == [2850]

    await sell_product(tx, product.id, active=False, actor=SYSTEM, now=now)
    await price_product(tx, product.id, 3300, since=None, actor=SYSTEM, now=now)
    await shop["products"].update_one({}, {"$set": {"name": "Milk, fresh", "price": 100}})
    await compared(importing)

    after = await milk(importing)
    assert (after.name, after.active, [one.paise for one in after.prices]) == ("Milk, fresh", False, [2850, 3300])
    assert await compared(importing)
