from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import bson
import bson.errors
import pytest
from bson import Decimal128, ObjectId
from hypothesis import given
from hypothesis import strategies as st

from roundsman.migration.reading import (
    day,
    flag,
    moment,
    number,
    old_id,
    paise,
    source_id_text,
    source_id_value,
    text,
    value_at,
    values_at,
)
from roundsman.migration.records import read_person
from roundsman.migration.sources.port import SourceDocument
from tests.bson_values import bson_values
from tests.migration_builders import EARLYBIRD

INDIA = ZoneInfo("Asia/Kolkata")
HEX = "0123456789abcdef01234567"


@given(bson_values)
def test_no_value_stops_the_reading(raw: object) -> None:
    for read in (text, old_id, number, paise):
        read(raw)
    moment(raw, INDIA)
    day(raw, INDIA)
    assert isinstance(flag(raw, default=True), bool)


@given(st.sampled_from(EARLYBIRD.collections[:6]), st.data())
def test_any_document_of_a_person_gives_a_record(collection: object, data: st.DataObject) -> None:
    profile = next(one for one in EARLYBIRD.collections if one is collection)
    names = sorted({path[0] for paths in profile.fields.values() for path in paths})
    fields = data.draw(st.dictionaries(st.sampled_from(names), bson_values, max_size=4))

    try:
        raw = bson.encode({"_id": 1, **fields})
    except (bson.errors.InvalidDocument, OverflowError):
        return

    record = read_person(SourceDocument(raw), profile, EARLYBIRD)

    assert record.key.startswith(f"{profile.name}:")
    assert not (record.is_staff and record.role is None)


def test_the_first_value_that_is_not_null_counts() -> None:
    document = {"a": None, "b": {"c": 1}, "d": "text"}

    assert value_at(document, (("a",), ("b", "c"), ("d",))) == 1
    assert value_at(document, (("d", "c"), ("nowhere",))) is None
    assert values_at(document, (("a",), ("d",), ("b", "c"))) == ("text", 1)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026-05-01", datetime(2026, 4, 30, 18, 30, tzinfo=UTC)),
        ("2026-05-01T06:00:00", datetime(2026, 5, 1, 0, 30, tzinfo=UTC)),
        ("2026-05-01T06:00:00+00:00", datetime(2026, 5, 1, 6, tzinfo=UTC)),
        (" 2026-05-01T06:00:00.123456Z ", datetime(2026, 5, 1, 6, 0, 0, 123_000, tzinfo=UTC)),
        (datetime(2026, 5, 1, 6, tzinfo=UTC), datetime(2026, 5, 1, 6, tzinfo=UTC)),
        ("1969-05-01", None),
        ("9999-12-31", None),
        ("yesterday", None),
        (1_700_000_000, None),
        (None, None),
    ],
)
def test_times_without_a_zone_are_the_sources(raw: object, expected: datetime | None) -> None:
    assert moment(raw, INDIA) == expected


def test_a_day_is_the_sources_day() -> None:
    assert day(datetime(2026, 4, 30, 19, tzinfo=UTC), INDIA) == date(2026, 5, 1)
    assert day("2026-05-01", INDIA) == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("  x ", "x"), ("   ", None), (4, "4"), (4.5, "4.5"), (Decimal128("4.50"), "4.50"), (True, None), ([], None)],
)
def test_texts_are_trimmed_and_numbers_written_out(raw: object, expected: str | None) -> None:
    assert text(raw) == expected


def test_all_forms_of_an_id_are_one_text() -> None:
    assert old_id(ObjectId(HEX)) == old_id(HEX) == old_id(f" {HEX} ") == HEX


@pytest.mark.parametrize(
    ("raw", "expected"),
    [(64, 6400), ("64.50", 6450), (0.1, 10), (Decimal128("1.25"), 125), ("free", None), (None, None)],
)
def test_rupees_become_paise(raw: object, expected: int | None) -> None:
    assert paise(raw) == expected


@pytest.mark.parametrize("raw", [float("nan"), float("inf"), "nan", Decimal128("Infinity"), True, "", []])
def test_what_is_no_finite_number_is_none(raw: object) -> None:
    assert number(raw) is None
    assert paise(raw) is None


@given(
    st.one_of(
        st.text(), st.integers(-(2**31), 2**31 - 1), st.booleans(), st.binary(min_size=12, max_size=12).map(ObjectId)
    )
)
def test_the_text_of_a_source_id_leads_back_to_it(identity: object) -> None:
    back = source_id_value(source_id_text(identity))

    assert back == identity
    assert type(back) is type(identity)


def test_an_object_id_and_its_hex_are_two_source_ids() -> None:
    assert source_id_text(ObjectId(HEX)) != source_id_text(HEX)
