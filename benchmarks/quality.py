"""Print how good the decisions about generated worlds are: `python benchmarks/quality.py --scale 5`."""

import argparse
import asyncio
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from roundsman.migration.generator.generating import World, generate
from tests.quality import Quality, measure

PRESETS = ("plan", "market")


def main() -> None:
    """Measure both presets at the scale and seed of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1 has 2,000 customers")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    results = {preset: measured(World(preset=preset, scale=options.scale, seed=options.seed)) for preset in PRESETS}
    print(f"{'':22}" + "".join(f"{preset:>10}" for preset in results))
    for name in asdict(results["plan"]):
        values = (getattr(quality, name) for quality in results.values())
        shown = (f"{value:10,}" if isinstance(value, int) else f"{value:10.4f}" for value in values)
        print(f"{name.replace('_', ' '):22}" + "".join(shown))


def measured(world: World) -> Quality:
    """Make a world in a folder that does not stay, and measure the decisions about it."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder) / "world", world)
        return asyncio.run(measure(Path(folder) / "world"))


if __name__ == "__main__":
    main()
