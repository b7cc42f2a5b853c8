"""Rounds while the existing application goes on writing: at the end everything is as it says."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from roundsman.migration.sync import compare_all, take_changes
from tests.depth import depth
from tests.imports import Database, Import, fill
from tests.living_source import Application
from tests.migration_builders import AS_OF
from tests.storage.migration.worlds import everything

WRITES, WRITES_A_SECOND = depth(test=200, proof=1_000), 150
Contents = dict[tuple[str, Any], Any]


async def contents_of(shop: Database) -> Contents:
    names = await shop.list_collection_names()
    return {(name, document["_id"]): document for name in names async for document in shop[name].find()}


def changes_between(before: Contents, after: Contents) -> dict[str, set[Any]]:
    """The ids of what is not the same, by collection, as a change stream tells them."""
    changed: dict[str, set[Any]] = {}
    for name, id in before.keys() | after.keys():  # noqa: A001 - what it is
        if before.get((name, id)) != after.get((name, id)):
            changed.setdefault(name, set()).add(id)
    return changed


@pytest.mark.parametrize("seed", range(depth(test=1, proof=20)))
async def test_what_is_written_while_rounds_plan_and_apply_ends_as_if_nobody_had_hurried(
    importing: Import, source_database: Database, seed: int
) -> None:
    importing = replace(importing, clock=lambda: AS_OF)
    await fill(source_database, everything())
    tx, source, profile, means = importing.runtime.tx, importing.source, importing.profile, importing.means()
    await compare_all(tx, source, profile, means)
    taken = await contents_of(source_database)

    writing = asyncio.create_task(Application(source_database, seed).write(WRITES, a_second=WRITES_A_SECOND))
    while True:
        is_over = writing.done()
        now = await contents_of(source_database)
        if changed := changes_between(taken, now):
            await take_changes(tx, source, profile, changed, means)
        taken = now
        if is_over and not changed:
            break
    await writing

    verification = await importing.verify()
    assert [(one.check, one.examples) for one in verification.checks if not one.passed] == []
