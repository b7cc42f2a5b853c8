"""The schema is data: differences from it are shown, corrected, and cost no document."""

from datetime import UTC, datetime

import pytest
from bson import ObjectId
from pymongo import IndexModel

from roundsman.database.collections import CUSTOMERS, DELIVERY_BOYS, SYSTEM, USERS
from roundsman.database.indexes import INDEXES
from roundsman.database.transaction import Document
from roundsman.database.upgrade import (
    SCHEMA_ID,
    SCHEMA_VERSION,
    DatabaseIsNewer,
    Drift,
    DriftKind,
    IndexCannotBeBuilt,
    count_invalid,
    ensure_schema,
    find_drift,
    upgrade,
)
from roundsman.database.validators import VALIDATORS
from tests.conftest import Database

_AT = datetime(2026, 1, 2, tzinfo=UTC)


def _delivery_boy(user_id: ObjectId) -> Document:
    return {
        "_id": ObjectId(),
        "user_id": user_id,
        "name": "Ravi",
        "status": "active",
        "areas": [],
        "created_at": _AT,
        "created_by": "self",
    }


async def test_a_new_database_gets_everything_and_then_nothing_is_left_to_do(fresh_database: Database) -> None:
    created = await upgrade(fresh_database)
    assert {drift.collection for drift in created} == set(VALIDATORS)
    assert await find_drift(fresh_database) == ()
    assert await upgrade(fresh_database) == ()


async def test_what_was_changed_by_hand_is_shown_and_corrected_and_the_documents_stay(
    fresh_database: Database,
) -> None:
    await ensure_schema(fresh_database)
    boy = _delivery_boy(ObjectId())
    await fresh_database[DELIVERY_BOYS].insert_one(boy)
    await fresh_database[DELIVERY_BOYS].drop_index("user_id_1")
    await fresh_database.command("collMod", USERS, validator={})
    await fresh_database.command("collMod", DELIVERY_BOYS, validationAction="warn")
    await fresh_database[CUSTOMERS].drop_index("phone_1")
    await fresh_database[CUSTOMERS].create_indexes([IndexModel("phone", name="phone_1", unique=True)])
    differences = {
        Drift(DELIVERY_BOYS, DriftKind.INDEX_MISSING, "user_id_1"),
        Drift(DELIVERY_BOYS, DriftKind.VALIDATOR_DIFFERS),
        Drift(USERS, DriftKind.VALIDATOR_DIFFERS),
        Drift(CUSTOMERS, DriftKind.INDEX_DIFFERS, "phone_1"),
    }
    assert set(await find_drift(fresh_database)) == differences
    assert set(await upgrade(fresh_database)) == differences
    assert await find_drift(fresh_database) == ()
    assert await fresh_database[DELIVERY_BOYS].find_one() == boy


async def test_a_database_of_an_earlier_version_is_brought_to_this_one_with_its_data(fresh_database: Database) -> None:
    boy = _delivery_boy(ObjectId())
    await fresh_database[DELIVERY_BOYS].insert_one(boy)
    await fresh_database[SYSTEM].insert_one({"_id": SCHEMA_ID, "version": SCHEMA_VERSION, "digest": "of old"})
    await fresh_database["made by hand"].insert_one({"_id": 1})
    await ensure_schema(fresh_database)
    assert await find_drift(fresh_database) == ()
    assert await fresh_database[DELIVERY_BOYS].find_one() == boy
    assert await fresh_database["made by hand"].find_one() == {"_id": 1}


async def test_a_database_of_a_newer_version_is_left_alone(fresh_database: Database) -> None:
    await fresh_database[SYSTEM].insert_one({"_id": SCHEMA_ID, "version": SCHEMA_VERSION + 1})
    with pytest.raises(DatabaseIsNewer, match="newer Roundsman"):
        await ensure_schema(fresh_database)
    assert await fresh_database.list_collection_names() == [SYSTEM]


async def test_a_unique_index_that_documents_contradict_names_the_value(fresh_database: Database) -> None:
    user_id = ObjectId()
    await fresh_database[DELIVERY_BOYS].insert_many([_delivery_boy(user_id), _delivery_boy(user_id)])
    with pytest.raises(IndexCannotBeBuilt, match=f"user_id {user_id}"):
        await upgrade(fresh_database)


async def test_documents_that_the_validator_would_refuse_are_counted(fresh_database: Database) -> None:
    await ensure_schema(fresh_database)
    await fresh_database[USERS].with_options().insert_one({"_id": ObjectId()}, bypass_document_validation=True)
    assert await count_invalid(fresh_database) == {USERS: 1}


def test_every_index_belongs_to_a_declared_collection_and_has_its_reason() -> None:
    assert set(INDEXES) <= set(VALIDATORS)
    assert all(index.reason.endswith(".") for indexes in INDEXES.values() for index in indexes)
