"""The proof of the content names every document that is not as it was taken, and no other."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import bson
from hypothesis import given
from hypothesis import strategies as st

from roundsman.migration.sealing import Seal, sha256
from roundsman.migration.verify.content import Content, ContentBatch, compare_content

SEAL = Seal(os.urandom(64))


@dataclass
class Sides:
    """Documents of the source, and their stored copies."""

    documents: dict[str, bytes]
    copies: dict[str, dict[str, Any]] = field(default_factory=dict)

    def compare(self) -> Content:
        """Prove the content; copies may come in any order."""
        copies: list[Mapping[str, Any]] = list(reversed(self.copies.values()))
        return compare_content(ContentBatch(SEAL, self.documents, copies, {}))


@st.composite
def sides(draw: st.DrawFn) -> tuple[Sides, str]:
    """Both sides of an import, and one of the documents."""
    names = draw(st.lists(st.text(min_size=1), min_size=1, max_size=8))
    documents = {f"users:{number}": bson.encode({"_id": number, "name": name}) for number, name in enumerate(names)}
    taken = Sides(documents)
    for key, plain in documents.items():
        taken.copies[key] = {"_id": key, "sha256": sha256(plain), "sealed": SEAL.close(key, plain)[0]}
    return taken, draw(st.sampled_from(sorted(documents)))


@given(sides())
def test_what_is_as_it_was_taken_is_not_named(drawn: tuple[Sides, str]) -> None:
    both, _ = drawn

    assert both.compare() == Content(opened=len(both.documents))


@given(sides(), st.data())
def test_every_bit_of_a_copy_counts(drawn: tuple[Sides, str], data: st.DataObject) -> None:
    both, key = drawn
    sealed = bytearray(both.copies[key]["sealed"])
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    both.copies[key]["sealed"] = bytes(sealed)

    content = both.compare()

    assert len(content.failures) == 1
    assert f" {key} " in content.failures[0]
    assert (content.missing, content.changed) == ([], [])


@given(sides(), st.data())
def test_every_byte_of_the_source_counts(drawn: tuple[Sides, str], data: st.DataObject) -> None:
    both, key = drawn
    plain = bytearray(both.documents[key])
    plain[data.draw(st.integers(0, len(plain) - 1))] ^= 1
    both.documents[key] = bytes(plain)

    content = both.compare()

    assert content == Content(opened=len(both.documents), changed=[key])


@given(sides())
def test_a_copy_stands_for_no_other_document(drawn: tuple[Sides, str]) -> None:
    both, key = drawn
    other = both.copies.pop(key)
    assert both.compare().missing == [key]
    both.documents["users:other"] = both.documents[key]
    both.copies["users:other"] = other | {"_id": "users:other"}

    content = both.compare()

    assert content.missing == [key]
    assert len(content.failures) == 1
    assert " users:other " in content.failures[0]


@given(sides())
def test_copies_of_documents_that_nobody_asked_about_are_left_alone(drawn: tuple[Sides, str]) -> None:
    both, key = drawn
    del both.documents[key]
    both.copies[key]["sealed"] = b""

    assert both.compare() == Content(opened=len(both.documents))


@given(sides())
def test_a_digest_that_is_not_the_copy_s_is_said_though_the_source_agrees(drawn: tuple[Sides, str]) -> None:
    both, key = drawn
    both.copies[key]["sha256"] = bytes(32)

    content = both.compare()

    assert (len(content.failures), content.changed) == (1, [])
