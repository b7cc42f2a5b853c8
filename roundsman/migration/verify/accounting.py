"""Every source document against its copy, and the copy against what it became."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bson import ObjectId

from roundsman.database.collections import CUSTOMERS, DELIVERY_BOYS, SUPPLIERS
from roundsman.database.transaction import Tx
from roundsman.identity.users import LIVE_STATUSES, UserStatus
from roundsman.migration.copies import count_copies, keys_of_copies, raw_copies
from roundsman.migration.crew import ALONE, Crew
from roundsman.migration.plan import Fate
from roundsman.migration.profile import PEOPLE, CollectionProfile, Kind, SourceProfile
from roundsman.migration.reading import source_id_text, source_id_value
from roundsman.migration.reviews import members_waiting
from roundsman.migration.sealing import Seal
from roundsman.migration.sources.port import Source
from roundsman.migration.verify.content import Became, Content, ContentBatch, compare_content
from roundsman.migration.verify.verification import Account, Check, CheckResult

_PROFILE_COLLECTION = {
    Kind.CUSTOMER: CUSTOMERS,
    Kind.DELIVERY_BOY: DELIVERY_BOYS,
    Kind.SUPPLIER: SUPPLIERS,
}
_BATCH = 2_000


@dataclass(slots=True)
class Accounting:
    """Goes once through the people of a source, batch by batch."""

    tx: Tx
    source: Source
    profile: SourceProfile
    seal: Seal
    statuses: Mapping[ObjectId, UserStatus]
    drifted: frozenset[str]
    crew: Crew = ALONE
    content: CheckResult = field(default_factory=lambda: CheckResult(Check.CONTENT))
    result: CheckResult = field(default_factory=lambda: CheckResult(Check.RESULT))
    bad_key: CheckResult = field(default_factory=lambda: CheckResult(Check.MATCH_ON_BAD_KEY))
    staff: set[ObjectId] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    waiting: frozenset[str] = frozenset()

    async def accounts(self) -> list[Account]:
        """The account of each people collection that the source or Roundsman knows."""
        self.waiting = await members_waiting(self.tx)
        found = [await self._account(collection) for collection in self.profile.of_kind(*PEOPLE)]
        return [account for account in found if account.in_source or account.classes]

    async def _account(self, collection: CollectionProfile) -> Account:
        classes: Counter[str] = Counter()
        async for batch, content in self.crew.in_order(compare_content, self._in_source(collection)):
            await self._take(batch, content)
            classes += content.fates
            self._count_decided(classes, content)
            classes.update("drifted" if key in self.drifted else "arrived" for key in content.missing)
        in_source = classes.total()
        kept = await count_copies(self.tx, collection.name)
        if kept > in_source - classes["drifted"] - classes["arrived"]:
            async for batch, content in self.crew.in_order(compare_content, self._gone(collection)):
                await self._take(batch, content)
                classes["gone"] += len(batch.copies)
        return Account(collection.name, in_source, dict(+classes))

    def _count_decided(self, classes: Counter[str], content: Content) -> None:
        """What humans answered meanwhile."""
        for became in content.became:
            if became.key not in content.changed and (fate := standing_fate(became, self.waiting)) != became.fate:
                classes[became.fate] -= 1
                classes[fate] += 1

    async def _in_source(self, collection: CollectionProfile) -> AsyncIterator[ContentBatch]:
        async for documents in self.source.read(collection.name):
            by_key = {f"{collection.name}:{source_id_text(document.id)}": document.bson for document in documents}
            yield await self._batch(collection, by_key, list(by_key))

    async def _gone(self, collection: CollectionProfile) -> AsyncIterator[ContentBatch]:
        """What the source does not have any more still explains who came to be staff, and its copies must be whole."""
        async for keys in keys_of_copies(self.tx, collection.name, _BATCH):
            ids = [source_id_value(key.partition(":")[2]) for key in keys]
            there = {source_id_text(one.id) for one in await self.source.fetch(collection.name, ids)}
            yield await self._batch(collection, {}, [key for key in keys if key.partition(":")[2] not in there])

    async def _batch(
        self, collection: CollectionProfile, documents: Mapping[str, bytes], keys: Sequence[str]
    ) -> ContentBatch:
        copies, parts = await raw_copies(self.tx, keys)
        return ContentBatch(collection, self.profile, self.seal, documents, copies, parts)

    async def _take(self, batch: ContentBatch, content: Content) -> None:
        self.content.look(len(content.became) + len(content.missing))
        self.bad_key.look(len(content.became))
        for failure in content.failures:
            self.content.fail(failure)
        for bad_key in content.bad_keys:
            self.bad_key.fail(bad_key)
        self.staff |= content.staff
        self.missing += content.missing
        self.changed.update(content.changed)
        if batch.documents:
            await self._check_results(content.became, batch.collection.kind)

    async def _check_results(self, became: Sequence[Became], kind: Kind) -> None:
        owners = await self._profile_owners(became, kind)
        self.result.look(len(became))
        for key, user_id, profile_id, fate in became:
            status = self.statuses.get(user_id)
            archived = status is UserStatus.ARCHIVED and fate == Fate.ARCHIVED
            if status not in LIVE_STATUSES and not archived:
                self.result.fail(f"{key} became user {user_id}, who is {status or 'not there'}")
            elif profile_id is not None and owners.get(profile_id) != user_id:
                self.result.fail(f"{key} became {kind} {profile_id}, which does not belong to {user_id}")

    async def _profile_owners(self, became: Sequence[Became], kind: Kind) -> dict[ObjectId, ObjectId]:
        ids = [one.profile_id for one in became if one.profile_id is not None]
        if not ids:
            return {}
        cursor = self.tx.database[_PROFILE_COLLECTION[kind]].find({"_id": {"$in": ids}}, {"user_id": 1})
        return {document["_id"]: document["user_id"] async for document in cursor}


def standing_fate(became: Became, waiting: Collection[str]) -> str:
    """The class of a document now: one that was held is not held any more once nobody is asked about it."""
    if became.fate != Fate.HELD or became.key in waiting:
        return became.fate
    own = Fate.KEPT if became.key.endswith(f":{became.user_id}") else Fate.MERGED
    return (own if became.profile_id is None else Fate.LINKED).value
