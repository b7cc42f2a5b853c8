"""Letting users be what their documents say, after the copies of these were renewed, while the source is the authority.

It is a stage of a run, and a run that was broken off does it again: it asks what is stored, not what changed, so nothing
that happens in between is lost or done twice.
"""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import entries_about, record_many, was_granted
from roundsman.auth.credential_storage import having_passwords
from roundsman.auth.sessions import end_sessions
from roundsman.customers.linkage import customers_of_users
from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.transaction import Tx, in_transaction
from roundsman.identity.following import become, hand_over, is_imported, sign_in_identifiers
from roundsman.identity.importing import find_identifiers, find_users
from roundsman.identity.users import Identifier, User, UserStatus
from roundsman.ids import UserId
from roundsman.migration.members import Opener, record_of
from roundsman.migration.mirroring import Here, Word, mirrored, word_of
from roundsman.migration.plan import HandOverRow
from roundsman.migration.records import PersonRecord

_DISABLING = frozenset({"user.disabled", "user.enabled"})


@dataclass(frozen=True, slots=True)
class Mirror:
    """By which run it is done, and what opens the copies."""

    opener: Opener
    run: str
    now: datetime

    @property
    def actor(self) -> Actor:
        """Who does it."""
        return Actor(f"import:{self.run}")

    def entry(self, action: str, user_id: UserId, reason: str) -> AuditEntry:
        """What the audit log says of it."""
        return AuditEntry(self.now, self.actor, action, f"user:{user_id}", reason=reason)


async def hand_over_identifiers(tx: Tx, rows: Sequence[HandOverRow], mirror: Mirror) -> None:
    """Let phones and e-mails that nobody's documents said any more find whom the plan says."""
    for row in rows:
        await in_transaction(tx, partial(_hand_over, row=row, mirror=mirror))


async def _hand_over(tx: Tx, row: HandOverRow, mirror: Mirror) -> None:
    after = Identifier(row.key, (row.after,), row.verified_at) if row.after else None
    if await hand_over(tx, row.key, before=row.before, after=after):
        what, whose = row.key.partition(":")[0], f"user:{row.after}" if row.after else "nobody"
        reason = f"no document of his says the {what} any more, and it finds {whose} now"
        await record_many(tx, [mirror.entry("identifier.released", row.before, reason)])


async def mirror_users(tx: Tx, user_ids: Collection[UserId], mirror: Mirror) -> None:
    """Let each of them who was imported be what his documents say now; whom this run made was planned so."""
    found = await find_users(tx, sorted(user_ids))
    users = {user.id: user for user in found if is_imported(user) and user.created_by != mirror.actor.who}
    words = await _words(tx, users, mirror)
    async for here in _as_they_are(tx, [users[one] for one in words], words):
        before, after = here.user, mirrored(here, words[here.user.id])
        if before != after:
            await in_transaction(tx, partial(_become, before=before, after=after, mirror=mirror))


async def _words(tx: Tx, users: Collection[UserId], mirror: Mirror) -> dict[UserId, Word]:
    """What the documents of each say; nothing is concluded about a user of whom one cannot be read."""
    records: dict[UserId, list[PersonRecord]] = {}
    unread: set[UserId] = set()
    copies = tx.database[SOURCE_DOCUMENTS].find({"user_id": {"$in": sorted(users)}})
    async for copy in copies.sort("_id", 1):
        reading = await mirror.opener.read(tx, copy, now=mirror.now)
        if reading is None:
            unread.add(copy["user_id"])
        else:
            records.setdefault(copy["user_id"], []).append(record_of(reading))
    return {user: word_of(user, his) for user, his in records.items() if user not in unread}


async def _as_they_are(tx: Tx, users: Sequence[User], words: Mapping[UserId, Word]) -> AsyncIterator[Here]:
    ids = [user.id for user in users]
    with_password = await having_passwords(tx, ids)
    with_customer = await customers_of_users(tx, ids)
    keys: dict[UserId, set[str]] = {}
    for identifier in await sign_in_identifiers(tx, ids):
        keys.setdefault(identifier.user_ids[0], set()).add(identifier.key)
    wanted = sorted({key for word in words.values() for key in word.keys})
    held = {identifier.key: identifier.user_ids for identifier in await find_identifiers(tx, wanted)}
    for user in users:
        word = words[user.id]
        yield Here(
            user,
            keys=frozenset(keys.get(user.id, ())),
            has_password=user.id in with_password,
            has_customer=user.id in with_customer,
            has_rivals=any(user.id not in held.get(key, (user.id,)) for key in word.keys),
            has_own_role=not word.roles.issuperset(user.roles) and await was_granted(tx, f"user:{user.id}"),
            is_disabled_here=user.status is UserStatus.DISABLED and await _was_disabled_here(tx, user.id),
        )


async def _was_disabled_here(tx: Tx, user_id: UserId) -> bool:
    """Whether the last who disabled or enabled him was a human."""
    entries = [one for one in await entries_about(tx, f"user:{user_id}") if one.action in _DISABLING]
    return bool(entries) and entries[-1].action == "user.disabled" and not entries[-1].actor.who.startswith("import:")


async def _become(tx: Tx, before: User, after: User, mirror: Mirror) -> None:
    if not await become(tx, before, after):
        return
    if after.status is not before.status or after.effective_roles != before.effective_roles:
        await end_sessions(tx, before.id)
    await record_many(tx, [mirror.entry(action, before.id, reason) for action, reason in _said(before, after)])


def _said(before: User, after: User) -> Iterator[tuple[str, str]]:
    """What happened to him, for the audit log."""
    if before.name != after.name:
        yield "user.renamed", "follows the source"
    if gone := sorted(before.effective_roles - after.effective_roles):
        yield "role.lowered", f"not {', '.join(gone)} in the source"
    if new := sorted(after.effective_roles - before.effective_roles):
        yield "role.followed", f"{', '.join(new)} in the source"
    if before.status is not after.status:
        if before.status is UserStatus.ARCHIVED:
            yield "user.restored", "in use in the source"
        if after.status is UserStatus.DISABLED:
            yield "user.disabled", "not active in the source"
        elif before.status is UserStatus.DISABLED:
            yield "user.enabled", "active in the source again"
    if before.claim is not after.claim:
        yield "user.claim_followed", f"{before.claim} to {after.claim}"
