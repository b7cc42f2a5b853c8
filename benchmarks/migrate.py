"""How fast an import is, and how much memory it takes, against two loops that take one document at a time.

For each size a labelled world of people is generated and loaded into a source database. A fresh process plans and
applies its import. Then, on the same server and with the same settings, two loops are timed on samples and scaled:

* the writing loop inserts the documents that the import wrote, one by one, and does nothing else: reading, normalising
  and matching, which the import did too, are a gift to it;
* the updating loop is the plan's: for each customer it normalises the phone, finds the user of that phone through an
  index and updates the customer.

Both use the server's default write concern like the import, and once more `w=1`, which does not wait for the journal.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from importing import CACHE_GB, PROFILE
from pymongo import AsyncMongoClient, MongoClient, UpdateOne, WriteConcern
from pymongo.collection import Collection
from pymongo.database import Database

from roundsman.database.collections import (
    CREDENTIALS,
    CUSTOMERS,
    DELIVERY_BOYS,
    IDENTIFIERS,
    SOURCE_DOCUMENTS,
    SUPPLIERS,
    USERS,
)
from roundsman.database.embedded import embedded_server
from roundsman.database.upgrade import ensure_schema
from roundsman.identity.phones import read_phone
from roundsman.migration.generator.generating import World, generate
from roundsman.migration.generator.loading import load_folder
from roundsman.migration.profile import builtin_profile

Document = dict[str, Any]

_SIZES = (20_000, 200_000)
CUSTOMERS_OF_SCALE_ONE = 2_000
_SAMPLE = 2_000
_WRITTEN = (USERS, IDENTIFIERS, CREDENTIALS, DELIVERY_BOYS, SUPPLIERS, CUSTOMERS, SOURCE_DOCUMENTS)
WRITE_CONCERNS = (None, WriteConcern(w=1))
_LINE = "{:>10}  {:>6}  {:>6}  {:>6}  {:>11}  {:>8}  {:>8}  {:>8}  {:>8}  {:>6}  {:>9}"
_HEAD = (
    (
        "customers",
        "plan",
        "apply",
        "whole",
        "customers",
        "writing",
        "updating",
        "writing",
        "updating",
        "memory",
        "memory",
    ),
    ("", "s", "s", "s", "a second", "loop", "loop", "w=1", "w=1", "MB", "KB a row"),
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What importing took: seconds, and the most memory its processes ever held together."""

    plan_seconds: float
    apply_seconds: float
    peak_kilobytes: int

    @property
    def seconds(self) -> float:
        """The whole import."""
        return self.plan_seconds + self.apply_seconds


@dataclass(frozen=True, slots=True)
class Loops:
    """What the two loops would take for the same people, in seconds."""

    writing_seconds: float
    updating_seconds: float


def main() -> None:
    """Run as the command line says."""
    arguments = _arguments()
    sizes = arguments.customers or _SIZES
    with tempfile.TemporaryDirectory(prefix="roundsman-bench-", dir=arguments.data_dir) as folder:
        asyncio.run(_measure_all(sizes, Path(folder)))
    print("command: python", " ".join(sys.argv))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--customers", type=int, action="append", help="a size; may be given several times")
    parser.add_argument("--data-dir", type=Path, help="where the server keeps its data meanwhile")
    return parser.parse_args()


async def _measure_all(sizes: Sequence[int], folder: Path) -> None:
    async with embedded_server(folder, cache_gb=CACHE_GB) as uri:
        for line in _HEAD:
            print(_LINE.format(*line), flush=True)
        for customers in sizes:
            await _measure(uri, customers, folder)


async def _measure(uri: str, customers: int, folder: Path) -> None:
    source, target, empty = (f"{name}_{customers}" for name in ("source", "target", "writing"))
    world = folder / f"world_{customers}"
    generate(world, World("plan", customers / CUSTOMERS_OF_SCALE_ONE, people_only=True))
    counts = await load_folder(world, with_database(uri, source))
    imported = import_in_own_process(folder, source, target)
    async with AsyncMongoClient[Document](uri) as client:
        await ensure_schema(client[empty])
    with MongoClient[Document](uri) as client:
        loops = [_time_loops(client, source, target, empty, concern) for concern in WRITE_CONCERNS]
        for name in (source, target, empty):
            client.drop_database(name)
    print(_row(customers, sum(counts.values()), imported, loops), flush=True)


def with_database(uri: str, name: str) -> str:
    """The same server, with a database named."""
    return urlsplit(uri)._replace(path=f"/{name}").geturl()


def import_in_own_process(folder: Path, source: str, target: str) -> Imported:
    """Plan and apply the import of one database into another."""
    command = [sys.executable, "-c", "from importing import main; main()", str(folder), source, target]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parent)
    return Imported(**json.loads(done.stdout))


def _time_loops(
    client: MongoClient[Document], source: str, target: str, empty: str, concern: WriteConcern | None
) -> Loops:
    written = client.get_database(empty, write_concern=concern)
    writing = sum(_time_writing(client[target][name], written[name]) for name in _WRITTEN)
    return Loops(writing, time_updating(client.get_database(source, write_concern=concern)))


def _time_writing(whole: Collection[Document], empty: Collection[Document]) -> float:
    """The seconds that inserting everything one by one would take, from a sample of it."""
    sample = list(whole.aggregate([{"$sample": {"size": _SAMPLE}}]))
    empty.delete_many({})
    start = perf_counter()
    for document in sample:
        empty.insert_one(document)
    seconds = perf_counter() - start
    return seconds / len(sample) * whole.estimated_document_count() if sample else 0.0


def time_updating(source: Database[Document]) -> float:
    """The seconds that finding and linking every customer one by one would take, from a sample of them."""
    profile = builtin_profile(PROFILE)
    customers = source["customers_v2"]
    users = _users_by_phone(source)
    sample = list(customers.aggregate([{"$sample": {"size": _SAMPLE}}]))
    start = perf_counter()
    for customer in sample:
        phone = read_phone(customer.get("phone"), own_numbers=profile.own_phones)
        user = users.find_one({"phone_key": phone.e164}) if phone.is_key else None
        customers.update_one({"_id": customer["_id"]}, {"$set": {"linked_user": user["_id"] if user else None}})
    return (perf_counter() - start) / len(sample) * customers.estimated_document_count()


def _users_by_phone(source: Database[Document]) -> Collection[Document]:
    """The users with their phones normalised beforehand and indexed, which costs the loop nothing here."""
    users = source["users"]
    updates = list(_phone_keys(users))
    users.bulk_write(updates, ordered=False)
    users.create_index("phone_key")
    return users


def _phone_keys(users: Collection[Document]) -> Iterator[UpdateOne]:
    for user in users.find({}, {"phone": 1}):
        yield UpdateOne({"_id": user["_id"]}, {"$set": {"phone_key": read_phone(user.get("phone")).e164}})


def _row(customers: int, people: int, imported: Imported, loops: Sequence[Loops]) -> str:
    ratios = [
        f"{seconds / imported.seconds:.1f}"
        for loop in loops
        for seconds in (loop.writing_seconds, loop.updating_seconds)
    ]
    return _LINE.format(
        f"{customers:,}",
        f"{imported.plan_seconds:.1f}",
        f"{imported.apply_seconds:.1f}",
        f"{imported.seconds:.1f}",
        f"{customers / imported.seconds:,.0f}",
        *ratios,
        f"{imported.peak_kilobytes / 1024:.0f}",
        f"{imported.peak_kilobytes / people:.2f}",
    )


if __name__ == "__main__":
    main()
