"""Where every document of people is: its content proved against its copy, then what its copy says it became.

These are two passes. The proof of the content is the longer look at more bytes, and needs nothing but them.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from bson import ObjectId

from roundsman.database.collections import CUSTOMERS, DELIVERY_BOYS, SUPPLIERS
from roundsman.database.transaction import Tx
from roundsman.identity.users import LIVE_STATUSES, UserStatus
from roundsman.migration.crew import ALONE, Crew
from roundsman.migration.plan import Fate
from roundsman.migration.profile import PEOPLE, CollectionProfile, Kind, SourceProfile
from roundsman.migration.reading_ahead import read_ahead
from roundsman.migration.reviews import members_waiting
from roundsman.migration.sealing import Seal
from roundsman.migration.seldom_collected import seldom_collected
from roundsman.migration.sources.port import Source
from roundsman.migration.verify.became import ERASED, Became, CopiesBatch, look_at_people
from roundsman.migration.verify.proving import ContentProof, prove_content
from roundsman.migration.verify.staff import staff_by_source
from roundsman.migration.verify.stored_copies import whole_copies
from roundsman.migration.verify.verification import Account, Check, CheckResult

_PROFILE_COLLECTION = {
    Kind.CUSTOMER: CUSTOMERS,
    Kind.DELIVERY_BOY: DELIVERY_BOYS,
    Kind.SUPPLIER: SUPPLIERS,
}
_BATCH = 2_000


@dataclass(slots=True)
class Accounting:
    """Goes through the people of a source, collection by collection, batch by batch."""

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

    @seldom_collected
    async def accounts(self) -> list[Account]:
        """The account of each people collection that the source or Roundsman knows."""
        self.waiting = await members_waiting(self.tx)
        self.staff = await staff_by_source(self.tx, self.profile, self.seal)
        found = [await self._account(collection) for collection in self.profile.of_kind(*PEOPLE)]
        return [account for account in found if account.in_source or account.classes]

    async def _account(self, collection: CollectionProfile) -> Account:
        proof = await prove_content(self.tx, self.source, collection.name, self.seal)
        self._note(proof)
        classes = Counter("drifted" if key in self.drifted else "arrived" for key in proof.missing)
        batches = read_ahead(self._copies(collection))
        async with aclosing(batches), aclosing(self.crew.in_order(look_at_people, batches)) as looked_at:
            async for _, people in looked_at:
                self.bad_key.look(len(people.became))
                for bad_key in people.bad_keys:
                    self.bad_key.fail(bad_key)
                classes.update(self._class(became, proof) for became in people.became)
                there = [became for became in people.became if became.key not in proof.gone]
                await self._check_results(there, collection.kind)
        return Account(collection.name, proof.in_source, dict(classes))

    def _note(self, proof: ContentProof) -> None:
        self.content.look(proof.opened + len(proof.missing))
        for failure in proof.failures:
            self.content.fail(failure)
        self.missing += proof.missing
        self.changed |= proof.changed

    def _class(self, became: Became, proof: ContentProof) -> str:
        if became.fate == ERASED:
            return ERASED
        if became.key in proof.gone:
            return "gone"
        return "changed" if became.key in proof.changed else standing_fate(became, self.waiting)

    async def _copies(self, collection: CollectionProfile) -> AsyncIterator[CopiesBatch]:
        async with aclosing(whole_copies(self.tx, collection.name, _BATCH)) as found:
            async for copies, parts in found:
                yield CopiesBatch(collection, self.profile, self.seal, copies, parts)

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
        return {profile["_id"]: profile["user_id"] for profile in await cursor.to_list()}


def standing_fate(became: Became, waiting: Collection[str]) -> str:
    """The class of a document now: one that was held is not held any more once nobody is asked about it."""
    if became.fate != Fate.HELD or became.key in waiting:
        return became.fate
    own = Fate.KEPT if became.key.endswith(f":{became.user_id}") else Fate.MERGED
    return (own if became.profile_id is None else Fate.LINKED).value
