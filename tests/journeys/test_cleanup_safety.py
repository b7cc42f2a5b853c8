"""Cleaning up takes nothing away: the source stays as it is, every document is kept, and doing it twice does nothing."""

import json

from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.identity.lookup import find_user
from roundsman.runtime import Runtime
from tests.commands import RoundsmanCommand
from tests.imports import Database, contents, database_hash
from tests.journeys.shop import import_shop
from tests.storage.migration.worlds import everything

PEOPLE = ("users", "customers_v2", "delivery_boys_v2", "suppliers")


async def test_a_cleanup_loses_nothing_and_changes_nothing_in_the_source(
    runtime: Runtime, roundsman: RoundsmanCommand, source_database: Database, database: Database, shop: str
) -> None:
    before = await database_hash(source_database)

    digest = import_shop(roundsman, shop)
    after = await contents(database, without=frozenset())
    again = roundsman("migrate", "apply", "--plan", digest, "--source", shop)

    assert "was applied before" in again.stdout
    assert await contents(database, without=frozenset()) == after
    verified = json.loads(roundsman("migrate", "verify", "--source", shop, "--json").stdout)
    assert (verified["passed"], verified["lost"]) == (True, 0)
    assert await database_hash(source_database) == before
    people = [document for name in PEOPLE for document in everything()[name]]
    assert await database[SOURCE_DOCUMENTS].count_documents({}) == len(people)
    for person in people:
        by_application_id = await find_user(runtime.tx, str(person["id"]))
        assert (await find_user(runtime.tx, str(person["_id"]))).id == by_application_id.id
