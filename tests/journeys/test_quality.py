"""The gates for the quality of the decisions, on both kinds of world (spec: migration, quality of the decisions)."""

import pytest

from roundsman.migration.generator.generating import World, generate
from tests.quality import Quality, measure


@pytest.fixture(scope="module", params=["plan", "market"])
async def quality(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Quality:
    folder = tmp_path_factory.mktemp("quality") / request.param
    generate(folder, World(preset=request.param))
    return await measure(folder)


def test_what_is_joined_automatically_belongs_together(quality: Quality) -> None:
    assert quality.precision >= 0.985


def test_most_of_what_belongs_together_is_joined_automatically(quality: Quality) -> None:
    assert quality.recall >= 0.70


def test_with_a_perfect_review_nearly_all_that_belongs_together_is_joined(quality: Quality) -> None:
    assert quality.recall_with_review >= 0.93


def test_four_of_five_pairs_held_as_unsure_are_one_person(quality: Quality) -> None:
    assert quality.unsure_that_are_true >= 0.80


def test_the_rules_are_far_better_than_equal_phones(quality: Quality) -> None:
    assert quality.phone_precision < 0.6 < quality.precision
