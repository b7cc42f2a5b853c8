"""Generated businesses with every trap: nobody without a user, nobody twice, nothing lost, nothing left to do."""

from pathlib import Path

import pytest

from roundsman.database.collections import CUSTOMERS, IDENTIFIERS
from roundsman.database.transaction import Document
from roundsman.migration.generator.generating import World, generate
from roundsman.migration.sources.folder import FolderSource
from roundsman.runtime import Runtime
from tests.imports import Database, Import, contents

LINKED: list[Document] = [
    {"$lookup": {"from": "users", "localField": "user_id", "foreignField": "_id", "as": "user"}},
    {"$match": {"user.status": {"$in": ["active", "disabled"]}}},
    {"$count": "linked"},
]
SHARED: list[Document] = [
    {"$match": {"_id": {"$regex": "^(phone|email):"}}},
    {"$lookup": {"from": "users", "localField": "user_id", "foreignField": "_id", "as": "owner"}},
    {"$match": {"owner.status": {"$nin": ["active", "disabled"]}}},
]


@pytest.mark.parametrize(
    "world",
    [World("plan", 0.1), World("market", 0.1), World("plan", 0.1, seed=2), World("plan", 1.0)],
    ids=["plan", "market", "plan, others", "plan at full size"],
)
async def test_a_generated_business_is_imported_whole(
    world: World, tmp_path: Path, runtime: Runtime, database: Database
) -> None:
    generate(tmp_path / "world", world)
    importing = Import(runtime, FolderSource(tmp_path / "world"))
    header = await importing.plan()
    await importing.apply(header.digest)
    whole = await contents(database, without=frozenset())

    again = await importing.apply(header.digest)

    assert again.already
    assert await contents(database, without=frozenset()) == whole
    customers = await database[CUSTOMERS].count_documents({})
    (answer,) = await (await database[CUSTOMERS].aggregate(LINKED)).to_list()
    print(f"customers {customers}, with a live user {answer['linked']}")  # noqa: T201 - part of the proof
    assert answer["linked"] == customers >= header.source_counts["customers_v2"]
    assert await (await database[IDENTIFIERS].aggregate(SHARED)).to_list() == []
    verification = await importing.verify()
    assert [check.check for check in verification.checks if not check.passed] == []
    assert verification.lost == 0
    assert all(account.lost == 0 for account in verification.accounts)
    replanned = await importing.plan()
    assert replanned.automatic_actions == 0
    assert replanned.counts["rows.reviews"] == 0
