"""Importing a source the way the commands do, and telling whether two imports ended in the same bytes."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from roundsman.activation.policies import POLICY_ID
from roundsman.database.collections import AUDIT_LOG, LEASES, MIGRATION_RUNS, SYSTEM
from roundsman.database.transaction import Document
from roundsman.database.upgrade import SCHEMA_ID
from roundsman.migration.apply import Applied, Means, apply_plan
from roundsman.migration.plan import PlanHeader
from roundsman.migration.planner import make_plan
from roundsman.migration.profile import SourceProfile
from roundsman.migration.sealing import Seal
from roundsman.migration.sources.port import Source
from roundsman.migration.verify.verification import Verification
from roundsman.migration.verify.verifier import verify
from roundsman.runtime import Runtime
from tests.migration_builders import AS_OF, EARLYBIRD

Database = AsyncDatabase[Document]
World = Mapping[str, Sequence[Document]]

JOURNALS = frozenset({MIGRATION_RUNS, LEASES, AUDIT_LOG})
"""What says when and by whom something was written, and so differs from run to run."""
OPENED: Mapping[str, Sequence[str]] = {SYSTEM: (POLICY_ID,)}
"""Documents that say when a Roundsman was opened first, which is no import's doing."""

_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)


@dataclass(frozen=True, slots=True)
class Import:
    """The import of one source into one Roundsman."""

    runtime: Runtime
    source: Source
    profile: SourceProfile = EARLYBIRD
    clock: Callable[[], datetime] | None = None
    """By which it is done, in place of the Roundsman's: where it matters how old the documents are."""

    async def plan(self, *, as_of: datetime = AS_OF) -> PlanHeader:
        """Decide and store the plan."""
        return await make_plan(self.runtime.tx, self.source, self.profile, as_of=as_of)

    async def apply(self, digest: str) -> Applied:
        """Write what the plan says."""
        return await apply_plan(self.runtime.tx, self.source, self.profile, digest, self.means())

    async def run(self, *, as_of: datetime = AS_OF) -> Applied:
        """Plan and apply."""
        return await self.apply((await self.plan(as_of=as_of)).digest)

    async def verify(self) -> Verification:
        """Make every proof anew."""
        return await verify(self.runtime.tx, self.source, self.profile, self.means().seal, as_of=AS_OF)

    def means(self) -> Means:
        """What applying needs: the key of this Roundsman, and a clock."""
        return Means(Seal(self.runtime.sealing_key), self.clock or self.runtime.clock)


async def fill(database: Database, world: World) -> None:
    """Write documents as the existing application would have left them."""
    for name, documents in world.items():
        if documents:
            await database[name].insert_many([dict(document) for document in documents])


async def contents(database: Database, *, without: frozenset[str] = JOURNALS) -> dict[str, tuple[int, str]]:
    """Count and digest the raw BSON of every collection that holds anything, in the order of `_id`.

    What opening a Roundsman writes is left out.
    """
    names = await database.list_collection_names(filter={"type": "collection"})
    found = {name: await _content(database, name) for name in sorted(set(names) - without)}
    return {name: content for name, content in found.items() if content[0]}


async def _content(database: Database, name: str) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    raw: AsyncCollection[RawBSONDocument] = database.with_options(codec_options=_RAW)[name]
    async for document in raw.find({"_id": {"$nin": OPENED.get(name, ())}}).sort("_id", 1):
        digest.update(document.raw)
        count += 1
    return count, digest.hexdigest()


async def wipe(database: Database, *, keep: frozenset[str]) -> None:
    """Empty every collection but those to keep, and what opening a Roundsman writes."""
    for name in await database.list_collection_names(filter={"type": "collection"}):
        if name not in keep:
            await database[name].delete_many({"_id": {"$nin": [SCHEMA_ID, POLICY_ID]}} if name == SYSTEM else {})


async def database_hash(database: Database) -> dict[str, Any]:
    """What the server itself computes over all documents of a database."""
    answer = await database.command("dbHash")
    return dict(answer["collections"])
