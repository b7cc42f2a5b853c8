from datetime import UTC, datetime

import bson
import pytest
from bson import ObjectId

from roundsman.migration.records import PersonRecord, read_person
from roundsman.migration.sources.port import SourceDocument
from tests.migration_builders import EARLYBIRD, Fields, doc, object_id, roster_of

USERS = next(collection for collection in EARLYBIRD.collections if collection.name == "users")


def read(fields: Fields) -> PersonRecord:
    return read_person(SourceDocument(bson.encode(fields)), USERS, EARLYBIRD)


@pytest.mark.parametrize("identity", [object_id("anand"), 7, "anand-1", {"shop": 1, "no": 2}])
def test_a_packed_record_is_the_same_record(identity: object) -> None:
    record = read(
        {
            "_id": identity,
            "id": "usr-1",
            "name": "Anand Naidu",
            "phone": "9845012367",
            "email": "anand@example.in",
            "role": "customer",
            "customer_v2_id": "c-1",
            "created_at": "2026-06-04T02:27:04.123+00:00",
        }
    )

    assert PersonRecord.unpacked(record.packed()) == record
    assert record.created_at == datetime(2026, 6, 4, 2, 27, 4, 123_000, tzinfo=UTC)
    assert record.object_id == (identity if isinstance(identity, ObjectId) else None)


def test_a_lone_surrogate_in_a_name_is_packed_too() -> None:
    record = read({"_id": 1, "name": "x"})._replace(name="\ud800")

    assert PersonRecord.unpacked(record.packed()) == record


def test_rows_with_the_same_object_id_in_one_kind_are_found_together() -> None:
    shared = object_id("shared")
    roster = roster_of(
        {
            "customers": [doc("a", "Asha Rao") | {"_id": shared}],
            "customers_v2": [doc("b", "Usha Rao") | {"_id": shared}],
        }
    )

    assert [roster[row].app_id for row in roster.same_ids(0)] == [record.app_id for record in roster]
