"""How fast write-back is, with its journal, against the plan's loop that only updates, one customer at a time.

For each size a labelled world of people is generated, loaded and imported. Then whose user each customer is gets written
back into the source, and undone, in this process; and the loop of `migrate.py` is timed on a sample of the same customers,
with the server's default write concern and with `w=1`, which does not wait for the journal. Our side always waits: the
rows are on the disk before the source is touched.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from importing import CACHE_GB, PROFILE
from migrate import CUSTOMERS_OF_SCALE_ONE, WRITE_CONCERNS, import_in_own_process, time_updating, with_database
from pymongo import MongoClient

from roundsman.clock import utc_now
from roundsman.database.embedded import embedded_server
from roundsman.migration.generator.generating import World, generate
from roundsman.migration.generator.loading import load_folder
from roundsman.migration.profile import builtin_profile
from roundsman.migration.write_back.deciding import Wanted
from roundsman.migration.write_back.outcome import Became
from roundsman.migration.write_back.target import WriteBackTarget
from roundsman.migration.write_back.undoing import undo_write_back
from roundsman.migration.write_back.writing import Means, write_back
from roundsman.runtime import open_runtime
from roundsman.settings import Settings

_SIZES = (20_000, 200_000)
_LINE = "{:>10}  {:>8}  {:>7}  {:>8}  {:>7}  {:>9}  {:>9}"
_HEAD = (
    ("customers", "written", "seconds", "a second", "undone", "updating", "updating"),
    ("", "", "", "", "s", "loop", "loop w=1"),
)


@dataclass(frozen=True, slots=True)
class Written:
    """How many fields were written back, and how long that and undoing it took."""

    fields: int
    seconds: float
    undo_seconds: float


def main() -> None:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--customers", type=int, action="append", help="a size; may be given several times")
    parser.add_argument("--data-dir", type=Path, help="where the server keeps its data meanwhile")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="roundsman-bench-", dir=arguments.data_dir) as folder:
        asyncio.run(_measure_all(arguments.customers or _SIZES, Path(folder)))
    print(f"command: python {' '.join(sys.argv)}; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


async def _measure_all(sizes: Sequence[int], folder: Path) -> None:
    async with embedded_server(folder, cache_gb=CACHE_GB) as uri:
        for line in _HEAD:
            print(_LINE.format(*line), flush=True)
        for customers in sizes:
            await _measure(uri, customers, folder)


async def _measure(uri: str, customers: int, folder: Path) -> None:
    source, target = f"source_{customers}", f"target_{customers}"
    world = folder / f"world_{customers}"
    generate(world, World("plan", customers / CUSTOMERS_OF_SCALE_ONE, people_only=True))
    await load_folder(world, with_database(uri, source))
    import_in_own_process(folder, source, target)
    written = await _write_back(folder, with_database(uri, source), target)
    with MongoClient[dict[str, Any]](uri) as client:
        loops = [time_updating(client.get_database(source, write_concern=concern)) for concern in WRITE_CONCERNS]
        for name in (source, target):
            client.drop_database(name)
    print(_row(customers, written, loops), flush=True)


async def _write_back(folder: Path, source_uri: str, target: str) -> Written:
    profile, back = builtin_profile(PROFILE), WriteBackTarget(source_uri)
    async with open_runtime(Settings(data_dir=folder, database_name=target)) as runtime:
        start = perf_counter()
        outcome = await write_back(runtime.tx, back, profile, Wanted(), Means(utc_now))
        written = perf_counter()
        undone = await undo_write_back(runtime.tx, back, Means(utc_now))
        end = perf_counter()
    await back.close()
    fields = outcome.total(Became.WRITTEN)
    if undone.total(Became.RESTORED) != fields:
        raise SystemExit(f"{fields} fields were written and {undone.told()}")
    return Written(fields, written - start, end - written)


def _row(customers: int, written: Written, loops: Sequence[float]) -> str:
    return _LINE.format(
        f"{customers:,}",
        f"{written.fields:,}",
        f"{written.seconds:.1f}",
        f"{customers / written.seconds:,.0f}",
        f"{written.undo_seconds:.1f}",
        *(f"{seconds / written.seconds:.1f}" for seconds in loops),
    )


if __name__ == "__main__":
    main()
