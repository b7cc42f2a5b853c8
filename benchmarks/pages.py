"""What each page of the console costs the server, on the demo's business and with very many customers more, in one run.

    python benchmarks/pages.py [--customers 1000000] [--scale 1] [--reads 60]

A page is asked for as a browser asks, by its cookie, of the application in this process, so that no network is measured. The
demo's business is made twice, each with a database server of its own; one stays as it is, the other grows, and then they are
asked in turns, so that a moment in which the machine is busy is one of both. The customers that are added are copies of those of the demo, each a person with a phone, a profile, a status and how he
came to it; 150 of them have a delivery boy, as with more customers there are more of those and not more work for each. What
a page lets be counted beside it, which is how customers moved, is waited for before the page is timed.
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import httpx
from bson import ObjectId

from roundsman.activation.rollups import rebuild
from roundsman.app import create_app
from roundsman.database.collections import CUSTOMERS, IDENTIFIERS, LIFECYCLES, TRANSITIONS, USERS
from roundsman.database.transaction import Document, Tx
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings

_DATABASE: Final = "roundsman_demo"
_PORTION: Final = 5_000
_CUSTOMERS_OF_A_BOY: Final = 150
_BEING_COUNTED: Final = "It is being counted"
_PAGES: Final = (
    "/",
    "/activation",
    "/customers",
    "/customers?status=inactive",
    "/customers?at_risk=true",
    "/customers?q=Asha",
    "/search?q=Asha",
    "/customers/{customer}",
    "/users",
    "/users?q=Asha",
    "/users/{user}",
    "/roles",
    "/migration",
    "/migration/reviews",
    "/delivery-boys",
    "/delivery-boys/{boy}",
    "/payouts",
    "/suppliers",
    "/suppliers/{supplier}",
    "/purchase-orders",
    "/security",
    "/audit-log",
    "/health",
    "/account",
)


async def main(customers: int, scale: float, reads: int) -> None:
    """Make the business twice, make one of them large, and ask both in turns."""
    async with AsyncExitStack() as stack:
        few, many = [await stack.enter_async_context(_business(scale)) for _ in range(2)]
        await _grow(many.tx, customers)
        await rebuild(many.tx, now=many.runtime.clock())
        # Else the server is still writing what was made of it while it is asked.
        await many.tx.database.client.admin.command("fsync")
        few_paths, many_paths = await _paths(few.tx), await _paths(many.tx)
        print(f"{'page':34} {'p95, ms':>9} {f'{customers:,} more':>16} {'ratio':>7} {'of medians':>11}")
        for path, other in zip(few_paths, many_paths, strict=True):
            _print(path, *await _took(few.client, path, many.client, other, reads))


@dataclass(frozen=True, slots=True)
class Business:
    """A business that is served, and its admin's browser."""

    runtime: Runtime
    client: httpx.AsyncClient

    @property
    def tx(self) -> Tx:
        """Its database."""
        return self.runtime.tx


@asynccontextmanager
async def _business(scale: float) -> AsyncIterator[Business]:
    """The demo's business, on a server of its own, with its admin signed in."""
    with tempfile.TemporaryDirectory() as directory:
        phone, password = _made(Path(directory), scale)
        settings = Settings(
            data_dir=Path(directory),
            database_name=_DATABASE,
            database_cache_gb=2,
            staff_totp="optional",
            refuse_default_passwords=False,
        )
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        async with open_runtime(settings) as runtime:
            app = create_app(lambda: nullcontext(runtime))
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", headers=headers
                ) as client,
            ):
                answer = await client.post("/sign-in", data={"identifier": phone, "password": password})
                if answer.status_code != httpx.codes.SEE_OTHER:
                    raise ValueError(f"nobody is signed in: {answer.status_code}")
                yield Business(runtime, client)


def _made(directory: Path, scale: float) -> tuple[str, str]:
    """The demo's business in this data directory: phone and password of its admin."""
    command = (sys.executable, "-m", "roundsman", "demo", "--no-serve", "--scale", str(scale))
    environment = {**os.environ, "ROUNDSMAN_DATA_DIR": str(directory)}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    found = re.search(r"once: (\S+) with the password (\S+)", said)
    if found is None:
        raise ValueError(f"the demo told no password:\n{said}")
    return found[1], found[2]


async def _paths(tx: Tx) -> list[str]:
    """The pages, those about somebody with the id of one who was there before the others."""
    known = {
        name: (await tx.database[collection].find_one(sort=[("_id", 1)]) or {}).get("_id")
        for name, collection in {
            "customer": LIFECYCLES,
            "user": USERS,
            "boy": "delivery_boys",
            "supplier": "suppliers",
        }.items()
    }
    return [path.format_map(known) for path in _PAGES]


async def _took(
    one: httpx.AsyncClient, path: str, other: httpx.AsyncClient, other_path: str, reads: int
) -> tuple[list[float], list[float]]:
    """How long each read of two pages took, in milliseconds, the shortest first."""
    few, many = [], []
    await _counted(one, path)
    await _counted(other, other_path)
    for _ in range(reads):
        few.append(await _read(one, path))
        many.append(await _read(other, other_path))
    return sorted(few), sorted(many)


async def _read(client: httpx.AsyncClient, path: str) -> float:
    began = time.perf_counter()
    answer = await client.get(path)
    took = time.perf_counter() - began
    if answer.status_code != httpx.codes.OK:
        raise ValueError(f"{path}: {answer.status_code}")
    return took * 1000


async def _counted(client: httpx.AsyncClient, path: str) -> None:
    """Ask for the page until it is whole; the first time warms up, too."""
    while True:
        if _BEING_COUNTED not in (await client.get(path)).text:
            return
        await asyncio.sleep(1)


async def _grow(tx: Tx, count: int) -> None:
    """So many customers more, each a copy of one of the first."""
    originals = [one async for one in _originals(tx)]
    for start in range(0, count, _PORTION):
        numbers = range(start, min(start + _PORTION, count))
        made = [_copy(originals[number % len(originals)], number) for number in numbers]
        for name in (USERS, IDENTIFIERS, CUSTOMERS, LIFECYCLES, TRANSITIONS):
            await tx.database[name].insert_many([document for one in made for document in one[name]], ordered=False)


async def _originals(tx: Tx) -> AsyncIterator[Document]:
    """Customers with everything that is copied of them."""
    async for lifecycle in tx.database[LIFECYCLES].find().sort("_id", 1).limit(200):
        user = await tx.database[USERS].find_one({"_id": lifecycle["_id"], "status": "active"})
        customer = await tx.database[CUSTOMERS].find_one({"user_id": lifecycle["_id"]})
        if user is not None and customer is not None:
            transitions = await tx.database[TRANSITIONS].find({"user_id": lifecycle["_id"]}).to_list()
            yield {"user": user, "customer": customer, "lifecycle": lifecycle, "transitions": transitions}


def _copy(original: Document, number: int) -> dict[str, list[Document]]:
    """The same person under another id, name and phone."""
    user_id, phone = ObjectId(), f"+916{number:09}"
    name = f"{original['user']['name']} {number}"
    transitions = [
        one | {"_id": f"{user_id}:{place}", "user_id": user_id} for place, one in enumerate(original["transitions"])
    ]
    return {
        USERS: [original["user"] | {"_id": user_id, "name": name}],
        IDENTIFIERS: [{"_id": f"phone:{phone}", "user_id": user_id, "epoch": 0}],
        CUSTOMERS: [
            original["customer"]
            | {"_id": ObjectId(), "user_id": user_id, "name": name, "phone": phone}
            | {"delivery_boy_id": ObjectId(f"{number // _CUSTOMERS_OF_A_BOY:024x}")}
        ],
        LIFECYCLES: [original["lifecycle"] | {"_id": user_id}],
        TRANSITIONS: transitions,
    }


def _print(path: str, few: list[float], many: list[float]) -> None:
    before, after = _p95(few), _p95(many)
    medians = median(many) / median(few)
    print(f"{_shown(path):34} {before:9.1f} {after:16.1f} {after / before:7.2f} {medians:11.2f}", flush=True)


def _p95(took: list[float]) -> float:
    return took[int(len(took) * 0.95) - 1]


def _shown(path: str) -> str:
    return re.sub(r"/[0-9a-f]{24}", "/…", path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--reads", type=int, default=60)
    options = parser.parse_args()
    asyncio.run(main(options.customers, options.scale, options.reads))
