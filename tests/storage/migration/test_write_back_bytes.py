"""Whatever a field holds, and wherever it stands: writing back and undoing it gives the same bytes."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson import Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.raw_bson import RawBSONDocument
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.errors import BulkWriteError

from roundsman.database.collections import CUSTOMERS, SOURCE_DOCUMENTS, SYSTEM, WRITE_BACK_JOURNAL
from roundsman.migration.profile import Path, SourceProfile
from roundsman.migration.sources.mongodb import MongoSource
from roundsman.migration.write_back.deciding import Wanted
from roundsman.migration.write_back.fields import Absent, Blocked, is_null, state_of, while_it_is
from roundsman.migration.write_back.ids import Form
from roundsman.migration.write_back.outcome import Became
from roundsman.migration.write_back.raw_values import RawValue, exchanged, find
from roundsman.migration.write_back.requests import Request, restore_requests, write_requests
from roundsman.migration.write_back.restored import as_before_write_back
from roundsman.migration.write_back.rows import Row
from roundsman.migration.write_back.target import WriteBackTarget
from roundsman.runtime import Runtime
from tests.depth import depth
from tests.imports import Database, database_hash
from tests.storage.migration.write_backs import NESTED, Back, raw_documents, take
from tests.unit.migration.test_raw_values import ODD_VALUES, encoded, every_type, names

pytestmark = pytest.mark.whole

PATH = ("links", "to", "user")
TOP_LEVEL = replace(
    NESTED,
    collections=tuple(
        replace(one, write_back={"user": ("stage",)}) if one.name == "clients" else one for one in NESTED.collections
    ),
)
USERS = [ObjectId(f"0123456789ab0123456789a{digit}") for digit in "789"]
"""The first two have a document in the source, the last one has not."""
HOLE = "a value goes here"

values = st.one_of(
    st.sampled_from(["user-0", str(USERS[0]), "gone", None, ["user-1"], [None], [["x"]], {"id": "gone"}]),
    every_type,
    st.sampled_from(ODD_VALUES),
)
shapes = st.one_of(
    values.map(lambda value: ({"links": {"to": {"user": HOLE}}}, value)),
    values.map(lambda value: ({"links": {"a": 1, "to": {"b": 2, "user": HOLE, "c": 3}, "d": 4}}, value)),
    st.sampled_from([{}, {"links": {}}, {"links": {"to": {}}}, {"links": {"x": 1}}, {"links": {"to": {"x": 1}}}]).map(
        lambda shape: (shape, None)
    ),
    st.sampled_from([{"links": None}, {"links": [{"to": {"user": None}}]}, {"links": {"to": "b"}}]).map(
        lambda shape: (shape, None)
    ),
)
fields = st.dictionaries(names.filter(lambda name: name and not name.startswith("$")), every_type, max_size=3)
NO_STAGE = "nothing goes here"
customers = st.tuples(fields, shapes, fields, st.one_of(st.just(NO_STAGE), values))


def raw_customer(number: int, parts: tuple[Any, ...]) -> bytes | None:
    """One customer as bytes; None if the drawn values cannot be encoded."""
    before, (shape, value), after, stage = parts
    whole = {"_id": _id(number), **before, **shape, **after, "stage": HOLE}
    document = encoded({name: field for name, field in whole.items() if name != "stage" or stage is not NO_STAGE})
    for path, held in ((PATH, value), (("stage",), stage)):
        if document is not None and find(document, path) == RawValue.of(HOLE):
            document = _filled(document, path, held)
    return document


def _id(number: int) -> object:
    """Ids of several types: their order is not that of their texts."""
    return (ObjectId(f"{number:024x}"), ObjectId(f"{number:024x}"), f"c{number}", number)[number % 4]


def _filled(document: bytes, path: tuple[str, ...], value: object) -> bytes | None:
    if isinstance(value, RawValue):
        return exchanged(document, path, value)
    wrapped = encoded({"": value})
    return exchanged(document, path, RawValue.unwrapped(wrapped)) if wrapped else None


@pytest.fixture
async def back(runtime: Runtime, source_uri: str) -> AsyncIterator[Back]:
    target = WriteBackTarget(source_uri)
    yield Back(runtime, target, NESTED)
    await target.close()


@pytest.fixture
async def source(source_uri: str) -> AsyncIterator[MongoSource]:
    source = MongoSource(source_uri)
    yield source
    await source.close()


async def prepared(back: Back, database: Database, documents: list[bytes]) -> None:
    """Begin anew with these customers, all imported, some with a status here."""
    for name in (SOURCE_DOCUMENTS, WRITE_BACK_JOURNAL, CUSTOMERS):
        await back.tx.database[name].delete_many({})
    await back.tx.database[SYSTEM].delete_one({"_id": "write_back"})
    await database["clients"].delete_many({})
    await database["accounts"].delete_many({})
    await database["accounts"].insert_many([{"_id": one, "id": f"user-{n}"} for n, one in enumerate(USERS[:2])])
    # A few values are none that the server would ever store.
    with suppress(BulkWriteError):
        await database["clients"].insert_many([RawBSONDocument(one) for one in documents], ordered=False)
    ids = [bson.decode(one)["_id"] for one in await raw_ids(database)]
    await take(back.tx, "accounts", USERS[:2], users=USERS[:2], fate="kept")
    await take(back.tx, "clients", ids, users=USERS)


async def raw_ids(database: Database) -> list[bytes]:
    return [bson.encode({"_id": one["_id"]}) async for one in database["clients"].find({}, {"_id": 1})]


@settings(
    max_examples=depth(test=30, proof=2000),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    drawn=st.lists(customers, min_size=1, max_size=12),
    form=st.sampled_from(Form),
    place=st.sampled_from([(NESTED, PATH), (TOP_LEVEL, ("stage",))]),
)
async def test_the_same_bytes_come_back_whatever_they_were(
    back: Back,
    source: MongoSource,
    source_database: Database,
    drawn: list[Any],
    form: Form,
    place: tuple[SourceProfile, Path],
) -> None:
    back, path = replace(back, profile=place[0]), place[1]
    documents = [one for number, parts in enumerate(drawn) if (one := raw_customer(number, parts)) is not None]
    if not documents:
        return
    await prepared(back, source_database, documents)
    before, whole = await raw_documents(source_database, "clients"), await database_hash(source_database)

    outcome = await back.write(Wanted(form))

    written = await raw_documents(source_database, "clients")
    assert outcome.total(Became.CHANGED_MEANWHILE) == 0
    for old, new in zip(before, written, strict=True):
        state = state_of(old, path)
        if isinstance(state, Absent) or is_null(state):
            assert new != old
        if isinstance(state, Blocked):
            assert new == old
    changed = sum(old != new for old, new in zip(before, written, strict=True))
    assert changed == outcome.total(Became.WRITTEN)
    view = await as_before_write_back(back.tx, source)
    assert [document.bson async for batch in view.read("clients") for document in batch] == before

    undone = await back.undo()

    assert undone.total(Became.RESTORED) == changed
    assert await raw_documents(source_database, "clients") == before
    assert await database_hash(source_database) == whole


EVERY_STATE: list[object] = [
    None,
    *ODD_VALUES,
    *(0, Int64(0), 0.0, Decimal128("0"), False, "", "gone", "GONE", b"gone", Regex("gone"), Code("gone")),
    *(Code("gone", {}), MinKey(), MaxKey(), Timestamp(0, 1), datetime(1970, 1, 1, tzinfo=UTC), ObjectId(bytes(12))),
    *({}, {"a": 1}, {"a": "1"}, {"$a": 1}, [], [None], ["gone"], [["gone"]], [0], [1], DBRef("users", "gone")),
]


def holding(state: object) -> bytes:
    filled = _filled(bson.encode({"_id": "one", "a": 1, "stage": HOLE, "b": 2}), ("stage",), state)
    assert filled is not None
    return filled


async def test_a_guard_finds_the_state_that_was_read_and_no_other(back: Back, source_database: Database) -> None:
    documents = [bson.encode({"_id": "one", "a": 1, "b": 2}), *(holding(state) for state in EVERY_STATE)]
    for held in documents:
        await source_database["clients"].delete_many({})
        await source_database["clients"].insert_one(RawBSONDocument(held))
        for number, read in enumerate(documents):
            state = state_of(read, ("stage",))
            assert not isinstance(state, Blocked)
            guard = while_it_is(("stage",), state)
            row = Row("clients", '"one"', ("stage",), state, "new", "run")
            request = Request([row], {"_id": "one", **guard}, {"$set": {"a": 1}}, to_the_letter="$expr" in guard)
            matched = (await back.target.update("clients", [request])).matched
            assert matched == (read == held), (number, bson.decode(read), bson.decode(held))


async def test_rows_that_share_a_request_are_guarded_each_for_itself(back: Back, source_database: Database) -> None:
    ids = [ObjectId(f"{number:024x}") for number in range(600)]
    await source_database["clients"].insert_many([{"_id": one} for one in ids])
    rows = [Row("clients", str(one), ("stage",), Absent(("stage",)), f"user-{n}", "run") for n, one in enumerate(ids)]
    theirs: list[Any] = [None, "theirs", ["user-2"], [None], {}]
    for one, value in zip(ids, theirs, strict=False):
        await source_database["clients"].update_one({"_id": one}, {"$set": {"stage": value}})

    written = await back.target.update("clients", write_requests(rows, sharing=True))

    assert written.matched == len(ids) - len(theirs)
    held = {one["_id"]: one["stage"] async for one in source_database["clients"].find()}
    assert [held[one] for one in ids] == [*theirs, *(f"user-{n}" for n in range(len(theirs), len(ids)))]

    late = {7: "USER-7", 8: ["user-8"], 9: "user-10", 10: None}
    for number, value in late.items():
        await source_database["clients"].update_one({"_id": ids[number]}, {"$set": {"stage": value}})
    restored = await back.target.update("clients", restore_requests(rows, sharing=True))

    assert restored.matched == len(ids) - len(theirs) - len(late)
    kept = {one["_id"]: one["stage"] async for one in source_database["clients"].find({"stage": {"$exists": True}})}
    assert kept == dict(zip(ids, theirs, strict=False)) | {ids[number]: value for number, value in late.items()}


async def test_a_value_of_every_type_is_replaced_in_its_place_and_comes_back(
    back: Back, source_database: Database
) -> None:
    documents = [exchanged(holding(state), ("_id",), RawValue.of(number)) for number, state in enumerate(EVERY_STATE)]
    await prepared(replace(back, profile=TOP_LEVEL), source_database, documents)
    before = await raw_documents(source_database, "clients")
    assert before == documents

    outcome = await replace(back, profile=TOP_LEVEL).write()

    assert outcome.counts == {"clients.stage": {"written": len(EVERY_STATE)}}
    written = await raw_documents(source_database, "clients")
    names = [find(one, ("stage",)) for one in written]
    assert names == [RawValue.of(str(USERS[number % 3])) for number in range(len(EVERY_STATE))]
    assert [list(bson.decode(one)) for one in written] == [["_id", "a", "stage", "b"]] * len(EVERY_STATE)
    await back.undo()
    assert await raw_documents(source_database, "clients") == before
