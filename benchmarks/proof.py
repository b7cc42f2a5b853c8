"""How fast every source document is proved to be in its copy, byte for byte, against a loop that proves one at a time.

A labelled world is imported. Then are timed, each for all people:

* the proof of the content: both sides are read, each copy is opened and compared with its document and its digest;
* what it cannot do without: merely reading both sides, and merely opening the copies, which are in memory then;
* the whole verification, with all its other proofs;
* a loop that fetches, opens and compares one document after another, from a sample.

The shorter ones are done several times, and the middle one counts. Beside the time stands how long this process and the
server computed for each document, because other work on the same machine does not make that longer by much.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from urllib.parse import urlsplit

from importing import CACHE_GB, PROFILE

from roundsman.clock import utc_now
from roundsman.database.embedded import embedded_server
from roundsman.database.transaction import Document
from roundsman.migration.apply import Means, apply_plan
from roundsman.migration.copies import copies_by_key, open_copy
from roundsman.migration.generator.generating import World, generate
from roundsman.migration.generator.loading import load_folder
from roundsman.migration.planner import make_plan
from roundsman.migration.profile import PEOPLE, SourceProfile, builtin_profile
from roundsman.migration.sealing import Seal, sha256
from roundsman.migration.sources.opening import open_source
from roundsman.migration.sources.port import Source
from roundsman.migration.verify.proving import prove_content
from roundsman.migration.verify.stored_copies import sealed_copies_between
from roundsman.migration.verify.verifier import verify
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings

_SIZES = (20_000,)
_CUSTOMERS_OF_SCALE_ONE = 2_000
_SAMPLE = 2_000
_SAMPLED = "customers_v2"
_TIMES = 5
_LINE = "  {:<30}{:>7.2f} s {:>9,.0f} a second   {:>6.1f} us here {:>6.1f} us in the server"
_A_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Timed:
    """The documents that something was done to, the seconds it took, and those that each side computed."""

    documents: int
    seconds: float
    computed_here: float
    computed_by_server: float

    @property
    def rate(self) -> float:
        """Documents a second."""
        return self.documents / self.seconds

    def line(self, name: str) -> str:
        """Say it."""
        each = (seconds / self.documents * _A_MILLION for seconds in (self.computed_here, self.computed_by_server))
        return _LINE.format(name, self.seconds, self.rate, *each)


@dataclass(frozen=True, slots=True)
class Sides:
    """What is proved: a source, and the Roundsman that imported it."""

    runtime: Runtime
    source: Source
    profile: SourceProfile
    seal: Seal

    @property
    def names(self) -> list[str]:
        """The collections of people."""
        return [collection.name for collection in self.profile.of_kind(*PEOPLE)]

    async def computed_by_server(self) -> float:
        """The seconds that the server has computed since it started; it holds both databases."""
        status = await self.runtime.client.admin.command("serverStatus")
        return float(status["extra_info"]["user_time_us"] + status["extra_info"]["system_time_us"]) / _A_MILLION

    async def prove(self) -> int:
        """Prove the content of all people."""
        proofs = [await prove_content(self.runtime.tx, self.source, name, self.seal) for name in self.names]
        if any(proof.failures or proof.missing or proof.changed or proof.gone for proof in proofs):
            raise SystemExit("the content does not prove")
        return sum(proof.opened for proof in proofs)

    async def read(self) -> int:
        """Read both sides in the same batches as the proof, and do nothing with them."""
        return sum([len(copies) for copies in await self.copies()])

    async def copies(self) -> list[list[Document]]:
        """Read both sides and keep the copies."""
        found = []
        for name in self.names:
            async for batch in self.source.read(name):
                keys = [f"{name}:{document.id_text}" for document in batch]
                found.append((await sealed_copies_between(self.runtime.tx, keys))[0])
        return found

    async def verify(self) -> int:
        """Make all proofs."""
        outcome = await verify(self.runtime.tx, self.source, self.profile, self.seal, as_of=utc_now())
        if not outcome.passed:
            raise SystemExit(f"the import does not verify: {[one for one in outcome.checks if not one.passed]}")
        return sum(account.in_source for account in outcome.accounts)

    async def prove_one_by_one(self) -> int:
        """Fetch, open and compare some documents, one after another."""
        async for batch in self.source.read(_SAMPLED):
            ids = [document.id for document in batch[:_SAMPLE]]
            break
        for identity in ids:
            (document,) = await self.source.fetch(_SAMPLED, [identity])
            key = f"{_SAMPLED}:{document.id_text}"
            (stored,) = (await copies_by_key(self.runtime.tx, [key])).values()
            if sha256(await open_copy(self.runtime.tx, stored, self.seal)) != document.sha256:
                raise SystemExit(key)
        return len(ids)


def main() -> None:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--customers", type=int, action="append", help="a size; may be given several times")
    sizes = parser.parse_args().customers or _SIZES
    with tempfile.TemporaryDirectory(prefix="roundsman-bench-") as folder:
        asyncio.run(_measure_all(sizes, Path(folder)))
    print("command: python", " ".join(sys.argv))


async def _measure_all(sizes: Sequence[int], folder: Path) -> None:
    async with embedded_server(folder, cache_gb=CACHE_GB) as uri:
        for customers in sizes:
            settings = Settings(data_dir=folder, database_name=f"target_{customers}")
            async with open_runtime(settings) as runtime:
                source_uri = urlsplit(uri)._replace(path=f"/source_{customers}").geturl()
                world = folder / f"world_{customers}"
                generate(world, World("plan", customers / _CUSTOMERS_OF_SCALE_ONE, people_only=True))
                await load_folder(world, source_uri)
                source = open_source(source_uri)
                sides = Sides(runtime, source, builtin_profile(PROFILE), Seal(runtime.sealing_key))
                await _import(sides)
                await _measure(sides, customers)
                await source.close()


async def _import(sides: Sides) -> None:
    tx, means = sides.runtime.tx, Means(sides.seal, utc_now)
    header = await make_plan(tx, sides.source, sides.profile, as_of=utc_now())
    await apply_plan(tx, sides.source, sides.profile, header.digest, means)


async def _measure(sides: Sides, customers: int) -> None:
    load = os.getloadavg()[0]
    proof = await _middle(sides, sides.prove)
    print(f"{customers:,} customers, {proof.documents:,} documents; load average {load:.1f} on {os.cpu_count()} cores")
    print(proof.line("content proof, both sides"), flush=True)
    print((await _middle(sides, sides.read)).line("merely reading both sides"))
    copies = [copy for batch in await sides.copies() for copy in batch]

    async def open_all() -> int:
        return len([sides.seal.open(copy["_id"], [copy["sealed"]], digest=copy["sha256"]) for copy in copies])

    print((await _middle(sides, open_all)).line("merely opening the copies"))
    print((await _timed(sides, sides.verify)).line("whole verification"), flush=True)
    loop = await _timed(sides, sides.prove_one_by_one)
    print(loop.line("loop, one by one (a sample)"))
    print(f"  the content proof is {proof.rate / loop.rate:.0f} times as fast as the loop", flush=True)


async def _middle(sides: Sides, work: Callable[[], Awaitable[int]]) -> Timed:
    return sorted([await _timed(sides, work) for _ in range(_TIMES)], key=lambda one: one.seconds)[_TIMES // 2]


async def _timed(sides: Sides, work: Callable[[], Awaitable[int]]) -> Timed:
    computed_by_server = await sides.computed_by_server()
    start, computed = perf_counter(), process_time()
    documents = await work()
    seconds, computed_here = perf_counter() - start, process_time() - computed
    return Timed(documents, seconds, computed_here, await sides.computed_by_server() - computed_by_server)


if __name__ == "__main__":
    main()
