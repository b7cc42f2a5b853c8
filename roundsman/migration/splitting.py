"""Undoing a merge that an import made: one person less in a user, with all that was his.

It is an answer of a human like any other: recorded as a question of its own, journaled, and taken back with
`migrate review undo`. The source tells whom its orders and addresses name; without it, orders go with their customer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bson import ObjectId

from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.credential_storage import find_credential, give_password
from roundsman.auth.sessions import end_sessions
from roundsman.database.changes import Change, Edit, Move
from roundsman.database.collections import (
    ADDRESSES,
    CUSTOMERS,
    SOURCE_DOCUMENTS,
    USERS,
)
from roundsman.database.lease import MIGRATION, take_turn
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.errors import NotFound
from roundsman.identity.importing import find_identifiers, find_users
from roundsman.identity.lookup import get_user, identifiers_of_user
from roundsman.identity.rejoining import rewrite_identifier, rewrite_user
from roundsman.identity.users import Identifier, UserStatus
from roundsman.ids import UserId, derived_object_id
from roundsman.migration.authority import require_admin_about_staff
from roundsman.migration.conversion import Reading, credential_of
from roundsman.migration.handing_over import DEALINGS, HandingOver, ids_where
from roundsman.migration.matching import Rule
from roundsman.migration.members import Opener, record_of, stored_copies
from roundsman.migration.naming import Naming
from roundsman.migration.planner import refuse_while_unfinished
from roundsman.migration.profile import PEOPLE
from roundsman.migration.reviews import (
    Answer,
    Decision,
    Given,
    Review,
    ReviewStatus,
    cause_of,
    record_split,
    reviews_about,
)
from roundsman.migration.roster import Roster, Row
from roundsman.migration.separation import CannotSeparate, Possessions, Separation, separate
from roundsman.migration.survivorship import roles_of
from roundsman.migration.taken_meanwhile import what_is_said
from roundsman.operations.joining.journal import (
    Belongings,
    Entry,
    belongings_of,
    find_entry,
    find_entry_about,
    keep_entry,
    list_entries,
)
from roundsman.operations.joining.retelling import begin_histories, retell
from roundsman.operations.joining.survivor import claim_of


class NothingMerged(NotFound):
    """There is no document of this name, and no user of this id who was merged by an import."""

    code = "nothing_merged"


@dataclass(frozen=True, slots=True)
class Split:
    """Who left whom, with which documents, what went with him by collection, and the review to take it back by."""

    user_id: UserId
    left: UserId
    documents: tuple[str, ...]
    moved: Mapping[str, int]
    stays: Belongings
    review_id: str


async def undo_merge(
    tx: Tx, named: str, *, reason: str, opener: Opener, naming: Naming, actor: Actor, now: datetime
) -> Split:
    """Let the person of a merged user or of a document have a user of his own again.

    Raises NothingMerged, CannotSeparate, AdminNeeded, LeaseTaken or RunUnfinished.
    """

    async def work(tx: Tx) -> Split:
        await take_turn(tx, MIGRATION, now=now)
        await refuse_while_unfinished(tx)
        key, user_id = await find_merged(tx, named)
        if STAFF_ROLES & set((await get_user(tx, user_id)).roles):
            await require_admin_about_staff(tx, actor.who)
        return await _Splitting(
            tx, opener, naming, Given(Answer(Decision.KEEP_APART, reason), actor.who, now), actor
        ).run(key, user_id)

    return await in_transaction(tx, work)


async def find_merged(tx: Tx, named: str) -> tuple[str, UserId]:
    """The document, and whose it is now. Raises NothingMerged, and CannotSeparate for what a human's answer joined."""
    if copies := await stored_copies(tx, [named]):
        return named, UserId(copies[0]["user_id"])
    users = await find_users(tx, [UserId(ObjectId(named))]) if ObjectId.is_valid(named) else []
    if not users or users[0].merged_into is None:
        raise NothingMerged(f"{named} is neither a document that was imported nor a user who was merged")
    if entry := await find_entry_about(tx, users[0].id):
        raise CannotSeparate(f"user {named} was merged by an answer; take it back: {entry.cause}")
    query = {"user_id": users[0].merged_into}
    async for copy in tx.database[SOURCE_DOCUMENTS].find(query, {"_id": 1}, session=tx.session):
        collection, _, source_id = copy["_id"].partition(":")
        if named in (source_id, str(derived_object_id("record", collection, source_id))):
            return copy["_id"], users[0].merged_into
    raise NothingMerged(f"no document of user {users[0].merged_into} is the account {named}")


class _Splitting:
    """One split, within its transaction."""

    def __init__(self, tx: Tx, opener: Opener, naming: Naming, given: Given, actor: Actor) -> None:
        self._tx, self._opener, self._naming, self._given, self._actor = tx, opener, naming, given, actor
        self._roster = Roster()
        self._readings: dict[Row, Reading] = {}
        self._copies: dict[Row, Document] = {}
        self._changes: list[Change] = []
        self._said: tuple[Document, ...] = ()

    async def run(self, key: str, user_id: UserId) -> Split:
        await self._read(user_id)
        had = await belongings_of(self._tx, user_id)
        self._said = await what_is_said(self._tx, [user_id], self._opener, now=self._given.at)
        seed = next((row for row in self._copies if self._copies[row]["_id"] == key), None)
        if seed is None:
            raise CannotSeparate(f"{key} came to user {user_id} by an answer; take the answer back instead")
        parted = await self._separate(seed, user_id)
        await self._refuse_what_an_answer_joined(parted)
        await self._make_user(parted, user_id)
        handing_over = HandingOver(self._tx, self._roster, self._copies, self._naming, self._given.by)
        self._changes += await handing_over.everything(parted, user_id)
        await self._trim(parted, user_id)
        return await self._record(parted, key, user_id, had)

    async def _read(self, user_id: UserId) -> None:
        """Read the documents that the import gave the user, in the order of the profile; not those an answer did."""
        answered = {
            one
            for entry in await list_entries(self._tx)
            for change in entry.changes
            if isinstance(change, Move) and change.collection == SOURCE_DOCUMENTS
            for one in change.ids
        }
        found = self._tx.database[SOURCE_DOCUMENTS].find({"user_id": user_id}, session=self._tx.session).sort("_id", 1)
        copies = [copy async for copy in found if copy["_id"] not in answered]
        order = [one.name for one in self._opener.profile.of_kind(*PEOPLE)] if self._opener.profile else []
        for name in order:
            for copy in copies:
                reading = await self._opener.read(self._tx, copy, now=self._given.at)
                if reading and reading.collection.name == name:
                    row = self._roster.add(record_of(reading))
                    self._readings[row], self._copies[row] = reading, copy
        self._naming.note(self._roster)

    async def _separate(self, seed: Row, user_id: UserId) -> Separation:
        keys = [key for record in self._roster for key in record.identifier_keys]
        held = [one for one in await identifiers_of_user(self._tx, user_id) if not one.key.startswith("alias:")]
        others = {
            one.key: one.user_ids for one in await find_identifiers(self._tx, keys) if user_id not in one.user_ids
        }
        had = Possessions(
            held=held,
            elsewhere=others | {key: (user_id,) for key in keys if key.startswith("alias:")},
            profiles={row: copy.get("profile_id") for row, copy in self._copies.items()},
            customers=await ids_where(self._tx, CUSTOMERS, {"user_id": user_id}),
        )
        return separate(self._roster, seed, user_id, had, as_of=self._given.at)

    async def _refuse_what_an_answer_joined(self, parted: Separation) -> None:
        """Who was joined to the leaving by a human came for their sake, and would stay with somebody else."""
        leaving = {self._copies[row]["_id"] for row in parted.leaving}
        async for review in reviews_about(self._tx, sorted(leaving), status=ReviewStatus.DECIDED):
            is_merge = review.given is not None and review.given.answer.decision is Decision.MERGE
            if is_merge and not leaving.issuperset(review.members) and await find_entry(self._tx, cause_of(review)):
                raise CannotSeparate(
                    f"an answer joined {', '.join(review.members)}; take it back first: "
                    f"roundsman migrate review undo {review.id} --reason WHY"
                )

    async def _make_user(self, parted: Separation, left: UserId) -> None:
        """The user as the import would have made him, with the password of his own account."""
        created_by = f"import:{self._copies[parted.leaving[0]]['run']}"
        # The source may have raised a role since; nobody gets that by being told apart.
        withheld = STAFF_ROLES - (await get_user(self._tx, left)).effective_roles
        for row in parted.planning.user_rows():
            before = await find_users(self._tx, [row.user.id])
            if before and before[0].status is not UserStatus.MERGED:
                raise CannotSeparate(f"there is a user {row.user.id} already, who is {before[0].status}")
            roles = tuple(role for role in row.user.roles if role not in withheld)
            self._changes.append(await rewrite_user(self._tx, replace(row.user, roles=roles, created_by=created_by)))
            if row.password_from:
                await self._give_password(parted, row.password_from)
        for identifier in parted.planning.identifier_rows():
            found = Identifier(identifier.key, identifier.user_ids, identifier.verified_at)
            self._changes.append(await rewrite_identifier(self._tx, found))

    async def _give_password(self, parted: Separation, key: str) -> None:
        row = next(row for row in parted.leaving if self._copies[row]["_id"] == key)
        document = next(one for one in parted.planning.document_rows() if one.key == key)
        credential = credential_of(self._readings[row], document)
        if credential and (change := await give_password(self._tx, credential)):
            self._changes.append(change)

    async def _trim(self, parted: Separation, user_id: UserId) -> None:
        """Whoever stays loses the roles that only the other's documents brought, and nothing else did."""
        user = await get_user(self._tx, user_id)
        brought = roles_of(self._roster, parted.leaving) - roles_of(self._roster, parted.staying)
        if await ids_where(self._tx, CUSTOMERS, {"user_id": user_id}):
            brought -= {Role.CUSTOMER}
        keys = [one.key for one in await identifiers_of_user(self._tx, user_id)]
        has_password = await find_credential(self._tx, user_id) is not None
        changed = replace(
            user,
            roles=tuple(role for role in user.roles if role not in brought),
            roles_to_confirm=tuple(role for role in user.roles_to_confirm if role not in brought),
            claim=claim_of([user], keys, has_password=has_password),
        )
        self._changes.append(await rewrite_user(self._tx, changed))

    async def _record(self, parted: Separation, key: str, user_id: UserId, had: Belongings) -> Split:
        go, stay = ([self._copies[row]["_id"] for row in rows] for rows in (parted.leaving, parted.staying))
        review = Review(
            id=str(derived_object_id("split", key, str(user_id), str(self._given.at))),
            list="unsure",
            rule=Rule.KEPT_APART.value,
            members=(key, stay[0]),
            evidence=("told apart by a human",),
            status=ReviewStatus.OPEN,
            parties=(tuple(sorted(go)), tuple(sorted(stay))),
            made_by_split=True,
        )
        await record_split(self._tx, review, self._given)
        users = (
            user_id,
            parted.user_id,
            *(change.id for change in self._changes if isinstance(change, Edit) and change.collection == USERS),
        )
        entry = Entry(
            cause_of(review),
            self._given.at,
            self._given.by,
            user_id,
            _unique(users),
            tuple(self._changes),
            had,
            said=self._said,
        )
        await keep_entry(self._tx, entry)
        await begin_histories(self._tx, (user_id, parted.user_id), now=self._given.at)
        await retell(self._tx, users, now=self._given.at)
        # Nobody knows who of them signed in.
        await end_sessions(self._tx, user_id)
        for target, action in ((parted.user_id, "user.told_apart"), (user_id, "user.left")):
            note = AuditEntry(self._given.at, self._actor, action, f"user:{target}", reason=self._given.answer.reason)
            await record(self._tx, note)
        return Split(
            parted.user_id, user_id, tuple(go), _counted(self._changes), await self._stays(had, user_id), review.id
        )

    async def _stays(self, had: Belongings, user_id: UserId) -> Belongings:
        """What came to the user here, not by an import, and so stays with him."""
        own: dict[str, Sequence[Any]] = {}
        for name in (*DEALINGS, ADDRESSES):
            query = {"user_id": user_id, "source": {"$exists": False}}
            own[name] = await ids_where(self._tx, name, query)
        known = {key for record in self._roster for key in record.identifier_keys}
        own["identifiers"] = [key for key in had["identifiers"] if key not in known]
        return {name: ids for name, ids in own.items() if ids}


def _unique(users: Iterable[Any]) -> tuple[UserId, ...]:
    return tuple(sorted(set(users)))


def _counted(changes: Iterable[Change]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for change in changes:
        if change.collection != USERS:
            size = len(change.ids) if isinstance(change, Move) else 1
            counts[change.collection] = counts.get(change.collection, 0) + size
    return {name: count for name, count in counts.items() if count}
