"""How fast every source document is proved to be in its copy, byte for byte, against a loop that proves one at a time.

A labelled world is imported. Then verification's pass over all people is timed (both sides are read, each copy is opened
and its digest compared, and what the document became is looked up), and a loop that does no more than fetch, open and
compare one document after another, sampled.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

from importing import CACHE_GB, PROFILE

from roundsman.clock import utc_now
from roundsman.database.embedded import embedded_server
from roundsman.migration.apply import Means, apply_plan
from roundsman.migration.copies import copies_by_key, open_copy
from roundsman.migration.crew import crew_for
from roundsman.migration.generator.generating import World, generate
from roundsman.migration.generator.loading import load_folder
from roundsman.migration.planner import make_plan
from roundsman.migration.profile import builtin_profile
from roundsman.migration.reading import source_id_text
from roundsman.migration.sealing import Seal, sha256
from roundsman.migration.sources.opening import open_source
from roundsman.migration.sources.port import Source
from roundsman.migration.verify.accounting import Accounting
from roundsman.migration.verify.stored import user_statuses
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings

_SIZES = (20_000,)
_CUSTOMERS_OF_SCALE_ONE = 2_000
_SAMPLE = 2_000
_LINE = "{:>10}  {:>10}  {:>8}  {:>12}  {:>12}  {:>6}"
_HEAD = ("customers", "documents", "s", "a second", "loop a second", "ratio")


def main() -> None:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--customers", type=int, action="append", help="a size; may be given several times")
    sizes = parser.parse_args().customers or _SIZES
    with tempfile.TemporaryDirectory(prefix="roundsman-bench-") as folder:
        asyncio.run(_measure_all(sizes, Path(folder)))
    print("command: python", " ".join(sys.argv))


async def _measure_all(sizes: Sequence[int], folder: Path) -> None:
    print(_LINE.format(*_HEAD), flush=True)
    async with embedded_server(folder, cache_gb=CACHE_GB) as uri:
        for customers in sizes:
            settings = Settings(data_dir=folder, database_name=f"target_{customers}")
            async with open_runtime(settings) as runtime:
                source_uri = urlsplit(uri)._replace(path=f"/source_{customers}").geturl()
                world = folder / f"world_{customers}"
                generate(world, World("plan", customers / _CUSTOMERS_OF_SCALE_ONE, people_only=True))
                await load_folder(world, source_uri)
                source = open_source(source_uri)
                print(await _measure(runtime, source, customers), flush=True)
                await source.close()


async def _measure(runtime: Runtime, source: Source, customers: int) -> str:
    profile, seal = builtin_profile(PROFILE), Seal(runtime.sealing_key)
    header = await make_plan(runtime.tx, source, profile, as_of=utc_now())
    await apply_plan(runtime.tx, source, profile, header.digest, Means(seal, utc_now))
    start = perf_counter()
    accounting = Accounting(
        runtime.tx,
        source,
        profile,
        seal,
        await user_statuses(runtime.tx),
        drifted=frozenset(),
        crew=crew_for(customers),
    )
    accounts = await accounting.accounts()
    seconds = perf_counter() - start
    if not (accounting.content.passed and accounting.result.passed):
        raise RuntimeError("the import does not prove")
    documents = sum(account.in_source for account in accounts)
    loop = await _loop_rate(runtime, source, seal)
    rate = documents / seconds
    return _LINE.format(
        f"{customers:,}", f"{documents:,}", f"{seconds:.2f}", f"{rate:,.0f}", f"{loop:,.0f}", f"{rate / loop:.1f}"
    )


async def _loop_rate(runtime: Runtime, source: Source, seal: Seal) -> float:
    """Documents a second when they are fetched, opened and compared one by one."""
    name = "customers_v2"
    async for batch in source.read(name):
        ids = [document.id for document in batch[:_SAMPLE]]
        break
    start = perf_counter()
    for identity in ids:
        (document,) = await source.fetch(name, [identity])
        key = f"{name}:{source_id_text(identity)}"
        (stored,) = (await copies_by_key(runtime.tx, [key])).values()
        if sha256(await open_copy(runtime.tx, stored, seal)) != document.sha256:
            raise RuntimeError(key)
    return len(ids) / (perf_counter() - start)


if __name__ == "__main__":
    main()
