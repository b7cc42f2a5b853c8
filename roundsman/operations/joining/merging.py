"""Joining users who are one person: everything of the others goes to the one who survives, and can be taken back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from roundsman.access.roles import Role
from roundsman.audit_log.entries import Actor, AuditEntry, digest
from roundsman.audit_log.log import record
from roundsman.auth.credential_storage import find_credential
from roundsman.auth.sessions import end_sessions
from roundsman.database.changes import Change, ids_of_owner, move
from roundsman.database.collections import DELIVERY_BOYS, OF_USERS, SUPPLIERS
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict
from roundsman.identity.lookup import get_user, identifiers_of_user
from roundsman.identity.rejoining import lead_identifiers_to, lead_merged_to, rewrite_user
from roundsman.identity.role_grants import list_active_admins
from roundsman.identity.standing import take_turns
from roundsman.identity.users import User, UserStatus
from roundsman.ids import UserId
from roundsman.operations.joining.journal import Entry, belongings_of, keep_entry
from roundsman.operations.joining.retelling import begin_histories, retell
from roundsman.operations.joining.survivor import Candidate, by_survival, claim_of, merged_survivor, tombstone

Note = Callable[[str, str, bytes | None, bytes | None], AuditEntry]
_AT_MOST_ONE = {DELIVERY_BOYS: "delivery boy", SUPPLIERS: "supplier"}


class NotMergeable(Conflict):
    """These users cannot be one: too few, not live, two profiles of which a user has one, or the last admin would go."""

    code = "not_mergeable"


@dataclass(frozen=True, slots=True)
class Merged:
    """Who survived, who leads to him now, and the journal's entry."""

    survivor: UserId
    losers: tuple[UserId, ...]
    entry: Entry


async def merge_users(tx: Tx, user_ids: Iterable[UserId], *, cause: str, actor: Actor, now: datetime) -> Merged:
    """Join the users, all or nothing; `cause` is the name under which it can be taken back.

    Identifiers, profiles, addresses, orders and what else happened to them go to the survivor. A password never does, and no staff role; the
    sessions of the others end. The last admin stays one. Raises NotMergeable.
    """
    note = partial(AuditEntry, now, actor, reason=cause)

    async def work(tx: Tx) -> Merged:
        ordered = await order_by_survival(tx, user_ids)
        decides = [one.user for one in ordered if one.user.status is UserStatus.ACTIVE and Role.ADMIN in one.user.roles]
        survivor, losers = ordered[0].user, [candidate.user for candidate in ordered[1:]]
        await begin_histories(tx, [survivor.id, *(loser.id for loser in losers)], now=now)
        had = await belongings_of(tx, survivor.id)
        changes = [change for loser in losers for change in await _absorb(tx, loser, survivor.id, note)]
        keys = [identifier.key for identifier in await identifiers_of_user(tx, survivor.id)]
        claim = claim_of([survivor, *losers], keys, has_password=ordered[0].has_password)
        changes.append(await _rewrite(tx, merged_survivor(survivor, losers, claim=claim), note, "user.absorbed"))
        users = (survivor.id, *(loser.id for loser in losers))
        if decides:
            await _require_an_admin(tx)
        await retell(tx, users, now=now)
        entry = Entry(cause, now, actor.who, survivor.id, users, tuple(changes), had)
        return Merged(survivor.id, users[1:], await keep_entry(tx, entry))

    return await in_transaction(tx, work)


async def order_by_survival(tx: Tx, user_ids: Iterable[UserId]) -> list[Candidate]:
    """The users with the one who would survive a merge first; reads only. Raises NotMergeable."""
    users = [await get_user(tx, user_id) for user_id in sorted(set(user_ids))]
    if len(users) < 2:  # noqa: PLR2004 - two are the least that can be joined
        raise NotMergeable("There is nobody to join: it is one user already")
    if gone := [str(user.id) for user in users if not user.is_live]:
        raise NotMergeable(f"Only live users can be joined; these are merged or archived: {', '.join(gone)}")
    await _refuse_second_profiles(tx, users)
    return by_survival([await _candidate(tx, user) for user in users])


async def _require_an_admin(tx: Tx) -> None:
    """Refuse a merge after which nobody may decide about anybody: no staff role goes along, and a block does."""
    await take_turns(tx)
    if not await list_active_admins(tx):
        raise NotMergeable(
            "One of them is the last admin and would be none any more: make somebody else an admin first"
        )


async def _candidate(tx: Tx, user: User) -> Candidate:
    identifiers = await identifiers_of_user(tx, user.id)
    return Candidate(
        user,
        has_verified_phone=any(one.key.startswith("phone:") and one.verified_at for one in identifiers),
        has_password=await find_credential(tx, user.id) is not None,
        references=sum([len(await ids_of_owner(tx, name, user.id)) for name in OF_USERS]),
    )


async def _refuse_second_profiles(tx: Tx, users: Iterable[User]) -> None:
    for name, what in _AT_MOST_ONE.items():
        having = [f"{user.name} ({user.id})" for user in users if await ids_of_owner(tx, name, user.id)]
        if len(having) > 1:
            raise NotMergeable(
                f"{' and '.join(having)} are each a {what}, and a user is at most one. If it is one "
                "person, answer two-accounts: both accounts stay, and it is not asked again"
            )


async def _absorb(tx: Tx, loser: User, survivor: UserId, note: Note) -> list[Change]:
    keys = [identifier.key for identifier in await identifiers_of_user(tx, loser.id)]
    changes: list[Change] = [*await lead_identifiers_to(tx, survivor, of=loser.id)]
    changes.append(await lead_merged_to(tx, survivor, of=loser.id))
    changes += [await move(tx, name, before=loser.id, after=survivor) for name in OF_USERS]
    changes.append(await _rewrite(tx, tombstone(loser, survivor, keys=keys), note, "user.merged"))
    await end_sessions(tx, loser.id)
    return changes


async def _rewrite(tx: Tx, user: User, note: Note, action: str) -> Change:
    change = await rewrite_user(tx, user)
    before = None if change.before is None else digest(change.before)
    await record(tx, note(action, f"user:{user.id}", before, digest(change.after)))
    return change
