"""Who is known by an old id is known to every batch that asks, though several ask at once."""

import asyncio

from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.migration.directory import PeopleDirectory
from tests.imports import Database, Import, fill
from tests.migration_builders import EARLYBIRD
from tests.storage.migration.worlds import everything


async def test_who_asks_while_another_looks_it_up_is_told_too(
    importing: Import, source_database: Database, tx: Tx
) -> None:
    await fill(source_database, everything())
    await importing.run()
    directory = PeopleDirectory(tx, {one.name: one.kind for one in EARLYBIRD.collections})

    async def ask(*aliases: str) -> list[UserId | None]:
        await directory.learn(aliases)
        return [directory.user(alias) for alias in aliases]

    first, second, third = await asyncio.gather(
        ask("cust-asha", "cust-new"), ask("cust-asha"), ask("cust-new", "asha", "nobody at all")
    )

    assert second == first[:1] != [None]
    assert third == [first[1], first[0], None]
    assert directory.customer("cust-new") is not None
