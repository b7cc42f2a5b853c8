"""The gates for the quality of the decisions, on both kinds of world (spec: migration, quality of the decisions)."""

from pathlib import Path

import pytest

from roundsman.migration.generator.generating import World, generate
from tests.depth import depth
from tests.quality import measure

pytestmark = pytest.mark.whole


@pytest.mark.parametrize("preset", ["plan", "market"][: depth(test=1, proof=2)])
async def test_the_decisions_pass_every_gate(preset: str, tmp_path: Path) -> None:
    """In one test, because making and deciding a world takes most of the time."""
    generate(tmp_path / preset, World(preset=preset))
    quality = await measure(tmp_path / preset)

    assert quality.precision >= 0.985, "what is joined automatically belongs together"
    assert quality.recall >= 0.70, "most of what belongs together is joined automatically"
    assert quality.recall_with_review >= 0.93, "with a perfect review nearly all that belongs together is joined"
    assert quality.unsure_that_are_true >= 0.80, "four of five pairs held as unsure are one person"
    assert quality.phone_precision < 0.6 < quality.precision, "the rules are far better than equal phones"
