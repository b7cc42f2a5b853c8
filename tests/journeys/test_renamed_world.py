"""Nothing depends on the names of one application: the same world under other names is decided alike."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from roundsman.migration.collecting import collect
from roundsman.migration.generator.generating import World, generate
from roundsman.migration.generator.renaming import field_names, rename_folder
from roundsman.migration.people import Known
from roundsman.migration.planning import Planning
from roundsman.migration.profile import CollectionProfile, SourceProfile, builtin_profile
from roundsman.migration.sources.folder import FolderSource
from tests.migration_builders import AS_OF

Names = Mapping[str, str]
Told = tuple[str, ...]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("worlds") / "world"
    generate(folder, World(scale=0.25))
    return folder


@pytest.fixture(scope="module")
def names(world: Path) -> Names:
    """Another name for every collection and field that the world or the profile uses."""
    profile = builtin_profile("earlybird")
    fields = {name for one in profile.collections for paths in one.fields.values() for path in paths for name in path}
    collections = {one.name for one in profile.collections} | {path.stem for path in world.glob("*.jsonl")}
    used = sorted(fields | field_names(world) | collections)
    return {name: f"n{number}" for number, name in enumerate(used)}


@dataclass(frozen=True, slots=True)
class Decisions:
    """Who is with whom, what becomes of each document, and what humans are asked, by the `_id`s of the documents."""

    people: frozenset[frozenset[str]]
    fates: frozenset[Told]
    questions: frozenset[tuple[str, str, frozenset[str]]]


async def test_a_world_under_other_names_is_decided_alike(world: Path, names: Names, tmp_path: Path) -> None:
    rename_folder(world, tmp_path / "renamed", names)
    profile = builtin_profile("earlybird")

    before = await decide(world, profile)
    after = await decide(tmp_path / "renamed", renamed(profile, names))

    assert len(before.fates) > 500
    assert len({rule for _, _, rule in before.fates}) > 5
    assert after == before


async def decide(folder: Path, profile: SourceProfile) -> Decisions:
    roster = await collect(FolderSource(folder), profile)
    planning = Planning(roster, Known(), as_of=AS_OF)
    return Decisions(
        people=frozenset(frozenset(roster[row].source_id for row in one.rows) for one in planning.people.persons),
        fates=frozenset((row.source_id, row.fate.value, row.rule) for row in planning.document_rows()),
        questions=frozenset(
            (row.list, row.rule, frozenset(member.partition(":")[2] for member in row.members))
            for row in planning.review_rows()
        ),
    )


def renamed(profile: SourceProfile, names: Names) -> SourceProfile:
    """Rename the profile as the world was; the application's words and addresses are values and stay."""
    return replace(profile, collections=tuple(_renamed(collection, names) for collection in profile.collections))


def _renamed(collection: CollectionProfile, names: Names) -> CollectionProfile:
    fields = {
        meaning: tuple(tuple(names[name] for name in path) for path in paths)
        for meaning, paths in collection.fields.items()
    }
    return replace(collection, name=names[collection.name], fields=fields)
