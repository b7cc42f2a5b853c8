"""The chain of the audit log: whatever a hand in the database does to sealed rows is found and named."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
from bson import ObjectId
from bson.codec_options import CodecOptions
from hypothesis import given
from hypothesis import strategies as st

from roundsman.audit_log.chain import SEAL, START, ChainKey, Examiner, Finding, Mark, MarkKind, Trouble, seals_for

NOW = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
KEY = ChainKey(b"k" * 32)
Row = dict[str, Any]

ROWS = st.integers(3, 12)
PLACES = st.integers(0, 10_000)


def rows_of(count: int) -> list[Row]:
    """A chain of so many rows."""
    rows: list[Row] = [
        {
            "_id": ObjectId(),
            "at": NOW + timedelta(seconds=number),
            "actor": {"who": "system"},
            "action": "role.granted",
            "target": f"user:{number % 3}",
            "before_digest": bytes([number]),
        }
        for number in range(count)
    ]
    for row, seal in zip(rows, seals_for(KEY, rows, after=(0, START)), strict=True):
        row[SEAL] = {"number": seal.number, "previous": seal.previous, "mac": seal.mac}
    return rows


def head_of(rows: list[Row]) -> Mark:
    return KEY.sign(MarkKind.HEAD, rows[-1][SEAL]["number"], rows[-1][SEAL]["mac"], at=NOW)


def examined(rows: list[Row], head: Mark, *marks: Mark) -> list[Finding]:
    """What the examiner says of the rows, as the database would give them."""
    examiner = Examiner(KEY, [head, *marks])
    options: CodecOptions[Row] = CodecOptions(tz_aware=True)
    stored = [bson.decode(bson.encode(row), options) for row in rows]
    for row in sorted(stored, key=lambda row: (row[SEAL]["number"], row["_id"])):
        examiner.take(row)
    return examiner.findings(beyond=head.number)


def edit_a_value(row: Row) -> None:
    row["target"] += "0"


def edit_deep_inside(row: Row) -> None:
    row["actor"] = {"who": "system", "address": "10.0.0.1"}


def take_a_field_away(row: Row) -> None:
    del row["before_digest"]


def forge_the_mac(row: Row) -> None:
    row[SEAL]["mac"] = ChainKey(b"x" * 32).mac(row[SEAL]["previous"], row)


def edit_what_it_follows(row: Row) -> None:
    row[SEAL]["previous"] = bytes(32) if any(row[SEAL]["previous"]) else b"\x01" * 32


EDITS: list[Callable[[Row], None]] = [
    edit_a_value,
    edit_deep_inside,
    take_a_field_away,
    forge_the_mac,
    edit_what_it_follows,
]


@given(ROWS)
def test_what_nobody_touched_holds_whatever_the_order_of_fields(count: int) -> None:
    rows = rows_of(count)
    turned = [dict(reversed(row.items())) for row in rows]
    assert examined(turned, head_of(rows)) == []


@given(ROWS, st.sets(PLACES, min_size=1, max_size=4), st.data())
def test_edits_are_found_and_only_they(count: int, places: set[int], data: st.DataObject) -> None:
    rows = rows_of(count)
    head = head_of(rows)
    numbers = {place % count + 1 for place in places}
    for number in numbers:
        data.draw(st.sampled_from(EDITS))(rows[number - 1])

    found = examined(rows, head)

    assert {(one.trouble, one.first, one.row) for one in found} == {
        (Trouble.EDITED, number, str(rows[number - 1]["_id"])) for number in numbers
    }


@given(ROWS, st.sets(PLACES, min_size=1, max_size=4))
def test_deletions_are_found_and_the_tail_is_known_to_the_head(count: int, places: set[int]) -> None:
    rows = rows_of(count)
    gone = {place % count + 1 for place in places}

    found = examined([row for row in rows if row[SEAL]["number"] not in gone], head_of(rows))

    assert {number for one in found for number in range(one.first or 0, (one.last or 0) + 1)} == gone
    assert {one.trouble for one in found} <= {Trouble.MISSING, Trouble.CUT_OFF}
    assert any(one.trouble is Trouble.CUT_OFF for one in found) == (count in gone)


@given(ROWS, PLACES, PLACES, st.sampled_from(["seals", "numbers"]))
def test_rows_that_changed_places_are_found(count: int, one: int, other: int, what: str) -> None:
    rows = rows_of(count)
    head = head_of(rows)
    first, second = rows[one % count], rows[other % count]
    if first is second:
        return
    if what == "seals":
        first[SEAL], second[SEAL] = second[SEAL], first[SEAL]
    else:
        first[SEAL]["number"], second[SEAL]["number"] = second[SEAL]["number"], first[SEAL]["number"]

    found = examined(rows, head)

    moved = {(finding.trouble, finding.row) for finding in found}
    assert moved == {(Trouble.MOVED, str(row["_id"])) for row in (first, second)}


@given(ROWS, PLACES, st.booleans())
def test_inserted_rows_are_found_wherever_they_pretend_to_stand(count: int, place: int, copies_seal: bool) -> None:  # noqa: FBT001 - drawn
    rows = rows_of(count)
    head = head_of(rows)
    number = place % (count + 5) + 1
    seal = dict(rows[min(number, count) - 1][SEAL])
    if not copies_seal:
        seal["mac"] = ChainKey(b"x" * 32).mac(seal["previous"], rows[0])
    forged = {**rows[0], "_id": ObjectId(), SEAL: {**seal, "number": number}}

    found = examined([*rows, forged], head)

    assert [(one.trouble, one.row) for one in found] == [(Trouble.INSERTED, str(forged["_id"]))]


@given(ROWS, PLACES)
def test_a_tail_cut_off_with_an_old_head_is_known_to_a_checkpoint(count: int, place: int) -> None:
    rows = rows_of(count)
    left = place % (count - 1) + 1
    old_head = head_of(rows[:left])
    checkpoint = KEY.sign(MarkKind.CHECKPOINT, count, rows[-1][SEAL]["mac"], at=NOW)

    found = examined(rows[:left], old_head, checkpoint)

    assert [(one.trouble, one.first, one.last) for one in found] == [(Trouble.CUT_OFF, left + 1, count)]


@given(ROWS)
def test_forged_marks_are_found(count: int) -> None:
    rows = rows_of(count)
    head = head_of(rows)
    as_checkpoint = Mark(MarkKind.CHECKPOINT, head.number, head.mac, head.at, head.signature)
    moved = Mark(MarkKind.HEAD, head.number - 1, head.mac, head.at, head.signature)

    assert [one.trouble for one in examined(rows, head, as_checkpoint)] == [Trouble.MARK_FORGED]
    assert Trouble.MARK_FORGED in {one.trouble for one in examined(rows, moved)}
    assert Trouble.MARK_FORGED in {one.trouble for one in examined(rows, head_of(rows[:-1]))}


def test_another_key_makes_other_macs_and_another_id() -> None:
    rows = rows_of(3)
    other = ChainKey(b"o" * 32)
    assert other.id != KEY.id
    examiner = Examiner(other, [])
    for row in rows:
        examiner.take(row)
    assert [one.trouble for one in examiner.findings(beyond=3)] == [Trouble.EDITED] * 3
