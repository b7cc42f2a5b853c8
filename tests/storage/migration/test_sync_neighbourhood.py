"""Looking at the neighbourhood of changes ends where looking at everything does."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from roundsman.database import collections
from roundsman.database.transaction import Document, Tx
from roundsman.migration.apply import Means
from roundsman.migration.sealing import Seal
from roundsman.migration.sync import compare_all, take_changes
from roundsman.migration.verify.verifier import verify
from tests.depth import depth
from tests.imports import Database
from tests.migration_builders import AS_OF, EARLYBIRD
from tests.storage.migration.living_source import LivingSource

pytestmark = pytest.mark.whole

ROUNDS, STEPS = 10, 5
SAME = (
    collections.USERS,
    collections.IDENTIFIERS,
    collections.CREDENTIALS,
    collections.CUSTOMERS,
    collections.DELIVERY_BOYS,
    collections.SUPPLIERS,
    collections.SOURCE_DOCUMENTS,
    collections.ORDERS,
    collections.REVIEWS,
    collections.SOURCE_KEYS,
    collections.LEDGER_ENTRIES,
    collections.DELIVERY_TOTALS,
)


def means(now: datetime) -> Means:
    return Means(Seal(b"k" * 64), lambda: now)


async def state(database: Database) -> dict[str, dict[Any, Document]]:
    """Everything that may not differ; runs have their own names, and the copies and users name them."""
    return {name: {document["_id"]: _nameless(document) async for document in database[name].find()} for name in SAME}


def _nameless(document: Document) -> Document:
    shown = {name: value for name, value in document.items() if name != "run"}
    if str(shown.get("created_by", "")).startswith("import:"):
        shown["created_by"] = "import"
    return shown


@pytest.mark.parametrize("seed", range(depth(test=1, proof=40)))
async def test_rounds_over_neighbourhoods_end_as_rounds_over_everything(seed: int, tx: Tx, second: Database) -> None:
    source = LivingSource(seed)
    for number in range(ROUNDS):
        source.live(STEPS * 4 if number == 0 else STEPS)
        now = AS_OF + timedelta(minutes=number)
        changed = source.take_changed()
        if number == 0:
            await compare_all(tx, source, EARLYBIRD, means(now))
        else:
            await take_changes(tx, source, EARLYBIRD, changed, means(now))
        await compare_all(Tx(second), source, EARLYBIRD, means(now))

        here, there = await state(tx.database), await state(second)
        for name in SAME:
            assert here[name] == there[name], f"{name} in round {number}"

    verification = await verify(tx, source, EARLYBIRD, Seal(b"k" * 64), as_of=AS_OF + timedelta(minutes=ROUNDS))
    assert [(one.check, one.examples) for one in verification.checks if not one.passed] == []
