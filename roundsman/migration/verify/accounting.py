"""Every source document against its copy, and the copy against what it became."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bson import ObjectId

from roundsman.access.roles import STAFF_ROLES
from roundsman.database.collections import CUSTOMERS, DELIVERY_BOYS, SOURCE_DOCUMENTS, SUPPLIERS
from roundsman.database.transaction import Document, Tx
from roundsman.identity.users import LIVE_STATUSES, UserStatus
from roundsman.migration.copies import Copy, copies_by_key, copy_from, open_copy
from roundsman.migration.matching import Rule
from roundsman.migration.profile import PEOPLE, CollectionProfile, Kind, SourceProfile
from roundsman.migration.reading import source_id_text, source_id_value
from roundsman.migration.records import read_person
from roundsman.migration.sealing import CopyDamaged, Seal, sha256
from roundsman.migration.sources.port import Source, SourceDocument
from roundsman.migration.verify.verification import Account, Check, CheckResult

_PROFILE_COLLECTION = {
    Kind.CUSTOMER: CUSTOMERS,
    Kind.DELIVERY_BOY: DELIVERY_BOYS,
    Kind.SUPPLIER: SUPPLIERS,
}
_BATCH = 2_000
_BY_PHONE = frozenset({Rule.USERS_SAME, Rule.USERS_UNSURE, Rule.CUSTOMER_SAME, Rule.CUSTOMER_UNSURE, Rule.PARTNER_SAME})


@dataclass(slots=True)
class Accounting:
    """Goes once through the people of a source, batch by batch."""

    tx: Tx
    source: Source
    profile: SourceProfile
    seal: Seal
    statuses: Mapping[ObjectId, UserStatus]
    drifted: frozenset[str]
    content: CheckResult = field(default_factory=lambda: CheckResult(Check.CONTENT))
    result: CheckResult = field(default_factory=lambda: CheckResult(Check.RESULT))
    bad_key: CheckResult = field(default_factory=lambda: CheckResult(Check.MATCH_ON_BAD_KEY))
    staff: set[ObjectId] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)

    async def accounts(self) -> list[Account]:
        """The account of each people collection that the source or Roundsman knows."""
        found = [await self._account(collection) for collection in self.profile.of_kind(*PEOPLE)]
        return [account for account in found if account.in_source or account.classes]

    async def _account(self, collection: CollectionProfile) -> Account:
        classes: Counter[str] = Counter()
        in_source = 0
        async for batch in self.source.read(collection.name):
            in_source += len(batch)
            classes.update(await self._batch(batch, collection))
        kept = await self.tx.database[SOURCE_DOCUMENTS].count_documents(
            {"_id": {"$gte": f"{collection.name}:", "$lt": f"{collection.name};"}, "part_of": {"$exists": False}}
        )
        seen = sum(count for name, count in classes.items() if name not in ("drifted", "arrived"))
        if kept > seen:
            classes["gone"] = kept - seen
            await self._look_at_gone(collection)
        return Account(collection.name, in_source, dict(classes))

    async def _look_at_gone(self, collection: CollectionProfile) -> None:
        """What the source does not have any more still explains who came to be staff, and its copies must be whole."""
        query = {"_id": {"$gte": f"{collection.name}:", "$lt": f"{collection.name};"}, "part_of": {"$exists": False}}
        keys = [document["_id"] async for document in self.tx.database[SOURCE_DOCUMENTS].find(query, {"_id": 1})]
        for start in range(0, len(keys), _BATCH):
            batch = keys[start : start + _BATCH]
            ids = [source_id_value(key.partition(":")[2]) for key in batch]
            there = {source_id_text(one.id) for one in await self.source.fetch(collection.name, ids)}
            gone = [key for key in batch if key.partition(":")[2] not in there]
            for key, stored in (await copies_by_key(self.tx, gone)).items():
                self.content.look()
                if plain := await self._plain(key, stored):
                    self._check_person(SourceDocument(plain), copy_from(stored), collection)

    async def _batch(self, batch: Sequence[SourceDocument], collection: CollectionProfile) -> list[str]:
        keys = [f"{collection.name}:{source_id_text(document.id)}" for document in batch]
        stored = await copies_by_key(self.tx, keys)
        await self._check_results([copy_from(one) for one in stored.values()], collection.kind)
        return [
            await self._class_of(key, document, stored.get(key), collection)
            for key, document in zip(keys, batch, strict=True)
        ]

    async def _class_of(
        self, key: str, document: SourceDocument, stored: Document | None, collection: CollectionProfile
    ) -> str:
        self.content.look()
        if stored is None:
            self.missing.append(key)
            return "drifted" if key in self.drifted else "arrived"
        copy = copy_from(stored)
        if (plain := await self._plain(key, stored)) is None:
            return copy.fate.value
        self._check_person(SourceDocument(plain), copy, collection)
        if document.sha256 != copy.sha256 or copy.is_gone:
            self.changed.add(key)
            return "changed"
        return copy.fate.value

    async def _plain(self, key: str, stored: Document) -> bytes | None:
        try:
            plain = await open_copy(self.tx, stored, self.seal)
        except CopyDamaged as error:
            self.content.fail(error.message)
            return None
        if sha256(plain) != stored["sha256"]:
            self.content.fail(f"the copy of {key} is not what was taken")
        return plain

    def _check_person(self, document: SourceDocument, copy: Copy, collection: CollectionProfile) -> None:
        record = read_person(document, collection, self.profile)
        if record.role in STAFF_ROLES:
            self.staff.add(copy.user_id)
        self.bad_key.look()
        if copy.rule in _BY_PHONE and "phone" in copy.evidence and record.phone is None:
            self.bad_key.fail(f"{copy.key} was joined by {copy.rule} on a phone that is no key")

    async def _check_results(self, copies: Sequence[Copy], kind: Kind) -> None:
        owners = await self._profile_owners(copies, kind)
        for copy in copies:
            self.result.look()
            status = self.statuses.get(copy.user_id)
            archived = status is UserStatus.ARCHIVED and copy.fate == "archived"
            if status not in LIVE_STATUSES and not archived:
                self.result.fail(f"{copy.key} became user {copy.user_id}, who is {status or 'not there'}")
            elif copy.profile_id is not None and owners.get(copy.profile_id) != copy.user_id:
                self.result.fail(f"{copy.key} became {kind} {copy.profile_id}, which does not belong to {copy.user_id}")

    async def _profile_owners(self, copies: Sequence[Copy], kind: Kind) -> dict[ObjectId, ObjectId]:
        ids = [copy.profile_id for copy in copies if copy.profile_id is not None]
        if not ids:
            return {}
        cursor = self.tx.database[_PROFILE_COLLECTION[kind]].find({"_id": {"$in": ids}}, {"user_id": 1})
        return {document["_id"]: document["user_id"] async for document in cursor}
