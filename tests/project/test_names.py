"""The program knows no name of the existing application's data: those stand in its profile and in the generator."""

import re
from collections.abc import Iterator
from pathlib import Path

import roundsman
from roundsman.migration.profile import builtin_profile

ROOT = Path(roundsman.__file__).parent
OUTSIDE = ("profiles", "generator")
SUFFIXES = {".py", ".html", ".js", ".css", ".toml", ".json", ".md", ".txt"}

PROFILE = "earlybird"
# Words both applications use, each in its own documents, or that are in every dictionary: ours do not come from there.
SHARED_WORDS = """
address address_id addresses amount area city created_at customer_id customers date delivered_at delivery_boy_id delivery_boys delivery_id
delivery_status email end gstin id is_active is_default items label landmark mode name notes order_id order_type orders password
password_hash pattern pauses payment_terms phone price product_id products qty quantity role shift start state status subscriptions
supplier_id suppliers unit user_id users
"""
SHARED = frozenset(SHARED_WORDS.split())


def names_of_the_existing_application() -> frozenset[str]:
    collections = builtin_profile(PROFILE).collections
    paths = {path for collection in collections for paths in collection.fields.values() for path in paths}
    return frozenset({collection.name for collection in collections} | {name for path in paths for name in path})


FOREIGN = names_of_the_existing_application() - SHARED


def program_files() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*")):
        if path.suffix in SUFFIXES and not set(path.relative_to(ROOT).parts) & set(OUTSIDE):
            yield path


def places_of(names: frozenset[str]) -> dict[str, list[str]]:
    """In which files of the program the names stand, as whole words."""
    word = re.compile(r"(?<!\w)(?:" + "|".join(sorted(map(re.escape, names), key=len, reverse=True)) + r")(?!\w)")
    found = {
        str(path.relative_to(ROOT)): sorted(set(word.findall(path.read_text("utf-8")))) for path in program_files()
    }
    return {place: names for place, names in found.items() if names}


def test_no_collection_or_field_of_the_existing_application_is_named_in_the_program() -> None:
    assert {"customers_v2", "delivery_boys_v2", "customer_v2_id", "payment_transactions"} <= FOREIGN
    assert places_of(FOREIGN) == {}


def test_only_the_commands_name_the_built_in_profile_as_their_default() -> None:
    assert {place.partition("/")[0] for place in places_of(frozenset({PROFILE}))} <= {"cli"}


def test_every_shared_word_is_one_of_the_existing_application_too() -> None:
    assert names_of_the_existing_application() >= SHARED
