"""Making a whole world: seeded, block by block, the same bytes for the same arguments."""

import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from roundsman.errors import InvalidInput
from roundsman.migration.generator import catalogue, marketed, partners, planned, trade
from roundsman.migration.generator.folder import FolderWriter
from roundsman.migration.generator.moments import seconds
from roundsman.migration.generator.people import Clerk
from roundsman.migration.generator.presets import get_preset
from roundsman.migration.generator.world import Block

AS_OF = date(2026, 11, 1)
_PEOPLE_OF = {"plan": planned.people, "market": marketed.people}
_SMALLEST_SCALE = 0.02


class InvalidScale(InvalidInput):
    """The scale is too small to hold everything a world must have."""

    code = "invalid_scale"


@dataclass(frozen=True, slots=True)
class World:
    """What world to make; a scale of 1 has 2,000 customers."""

    preset: str = "plan"
    scale: float = 1.0
    seed: int = 1
    as_of: date = AS_OF
    people_only: bool = False


def generate(folder: Path, world: World) -> dict[str, int]:
    """Write the world into an empty or new folder and return the number of documents per collection.

    Raises UnknownPreset, InvalidScale or FolderNotEmpty.
    """
    preset, as_of = get_preset(world.preset), seconds(world.as_of)
    if not world.scale >= _SMALLEST_SCALE or 0 < world.scale % 1 < _SMALLEST_SCALE:
        raise InvalidScale(
            f"The scale must be at least {_SMALLEST_SCALE}, and so must be what is beyond a whole number."
        )
    with FolderWriter(folder) as writer:
        products = catalogue.record(writer, seed=world.seed, as_of=as_of)
        for number in range(math.ceil(world.scale)):
            block = Block(seed=world.seed, number=number, as_of=as_of, preset=preset)
            share = min(1.0, world.scale - number)
            _write_block(writer, block, products, share, people_only=world.people_only)
        return writer.counts


def _write_block(
    writer: FolderWriter, block: Block, products: tuple[catalogue.Product, ...], share: float, *, people_only: bool
) -> None:
    staff = partners.record(block, writer, products, share)
    clerk = Clerk(block, writer, staff)
    for person in _PEOPLE_OF[block.preset.name](block, share, staff.also_customers):
        clerk.record(person)
    trade.record(block, writer, clerk.written, staff, people_only=people_only)
