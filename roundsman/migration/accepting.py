"""Letting a new value of the source count for its user, on a human's word: a phone, an e-mail, a role, a password."""

from dataclasses import dataclass, replace

from roundsman.access.roles import Role
from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.credential_storage import find_credential, replace_imported
from roundsman.auth.credentials import Credential, CredentialOrigin
from roundsman.auth.sessions import end_sessions
from roundsman.database.changes import Change
from roundsman.database.transaction import Tx
from roundsman.errors import Conflict
from roundsman.identity.importing import find_identifiers
from roundsman.identity.lookup import get_user, identifiers_of_user
from roundsman.identity.mode import require_people_managed_here
from roundsman.identity.registration import IdentifierTaken
from roundsman.identity.rejoining import release_identifier, rewrite_identifier, rewrite_user
from roundsman.identity.users import Identifier, User
from roundsman.ids import UserId
from roundsman.migration.conversion import Reading, password_hash_of
from roundsman.migration.following import Asked, Matter, Said
from roundsman.migration.members import Opener, keys_of_users, stored_copies
from roundsman.migration.reviews import Given
from roundsman.migration.said import said_by
from roundsman.operations.joining.journal import Entry, belongings_of, keep_entry
from roundsman.operations.joining.survivor import claim_of, reclaimed


class NotSaidAnyMore(Conflict):
    """The document cannot be read, or says something else by now."""

    code = "not_said_any_more"


@dataclass(frozen=True, slots=True)
class Accepting:
    """What is accepted, for whom, from which document, on whose word."""

    asked: Asked
    key: str
    user_id: UserId
    given: Given
    actor: Actor
    opener: Opener


async def accept(tx: Tx, accepting: Accepting, *, cause: str) -> None:
    """Let the value count, in the transaction of the answer, in a way that can be taken back.

    Raises PeopleManagedElsewhere, IdentifierTaken, OwnPassword or NotSaidAnyMore.
    """
    await require_people_managed_here(tx)
    reading = await _require_still_said(tx, accepting)
    user, given = await get_user(tx, accepting.user_id), accepting.given
    had = await belongings_of(tx, user.id)
    match accepting.asked.matter:
        case Matter.PHONE | Matter.EMAIL:
            changes, action = await _move_identifier(tx, accepting), "identifier.replaced"
        case Matter.ROLE:
            changes, action = await _grant(tx, user, Role(accepting.asked.value)), "role.granted"
        case Matter.PASSWORD:
            changes, action = await _replace_password(tx, accepting, reading), "password.replaced"
    changes += await _claim_anew(tx, user.id)
    await keep_entry(tx, Entry(cause, given.at, given.by, user.id, (user.id,), tuple(changes), had))
    reason = f"{cause}: {accepting.asked.matter} as in the source"
    await record(tx, AuditEntry(given.at, accepting.actor, action, f"user:{user.id}", reason=reason))


async def _require_still_said(tx: Tx, accepting: Accepting) -> Reading:
    """What the document says, as its copy holds it. Raises NotSaidAnyMore.

    Following the source withdraws what is not said any more, but not where the document went, where its user was joined
    with another, or while the existing application was the authority again.
    """
    asked, opener = accepting.asked, accepting.opener
    for copy in await stored_copies(tx, [accepting.key]):
        reading = None if "gone_at" in copy else await opener.read(tx, copy, now=accepting.given.at)
        said = said_by(reading, accepting.user_id, opener.seal) if reading else None
        if reading and said and asked.value == _value(said, asked.matter):
            return reading
    raise NotSaidAnyMore(
        f"{accepting.key} does not say this of user {accepting.user_id} any more: it changed again, is gone, or cannot be "
        "read; answer reject, or let Roundsman look at the source: roundsman migrate sync"
    )


def _value(said: Said, matter: Matter) -> str | None:
    match matter:
        case Matter.PHONE:
            return said.phone
        case Matter.EMAIL:
            return said.email
        case Matter.ROLE:
            return said.role
        case Matter.PASSWORD:
            return said.password


async def _move_identifier(tx: Tx, accepting: Accepting) -> list[Change]:
    """The new one becomes his; the one it replaces finds him no longer, unless he proved it or a document still says it."""
    asked, user_id = accepting.asked, accepting.user_id
    found = {one.key: one for one in await find_identifiers(tx, [asked.value, asked.was or ""])}
    taken, old = found.get(asked.value), found.get(asked.was or "")
    if taken is not None and taken.user_ids != (user_id,):
        raise IdentifierTaken(asked.value)
    changes: list[Change] = [] if taken else [await rewrite_identifier(tx, Identifier(asked.value, (user_id,)))]
    is_his = old is not None and old.user_ids == (user_id,)
    if old is not None and is_his and old.verified_at is None and not await _is_still_said(tx, old.key, accepting):
        removal = await release_identifier(tx, old.key)
        changes += [removal] if removal else []
    return changes


async def _is_still_said(tx: Tx, key: str, accepting: Accepting) -> bool:
    """Whether a document of the user names the phone or e-mail, or may name it, for it cannot be read."""
    keys = (await keys_of_users(tx, [accepting.user_id]))[accepting.user_id]
    for copy in await stored_copies(tx, keys):
        reading = await accepting.opener.read(tx, copy, now=accepting.given.at)
        said = said_by(reading, accepting.user_id, accepting.opener.seal) if reading else None
        if said is None or key in (said.phone, said.email):
            return True
    return False


async def _grant(tx: Tx, user: User, role: Role) -> list[Change]:
    """His sessions end, because those of staff last shorter."""
    if role in user.effective_roles:
        return []
    await end_sessions(tx, user.id)
    to_confirm = tuple(one for one in user.roles_to_confirm if one is not role)
    roles = tuple(sorted({*user.roles, role}))
    return [await rewrite_user(tx, replace(user, roles=roles, roles_to_confirm=to_confirm))]


async def _replace_password(tx: Tx, accepting: Accepting, reading: Reading) -> list[Change]:
    await end_sessions(tx, accepting.user_id)
    stored = password_hash_of(reading) or ""
    credential = Credential(accepting.user_id, stored, CredentialOrigin.IMPORTED, accepting.given.at)
    return [await replace_imported(tx, credential)]


async def _claim_anew(tx: Tx, user_id: UserId) -> list[Change]:
    user, keys = await get_user(tx, user_id), [one.key for one in await identifiers_of_user(tx, user_id)]
    claim = claim_of([user], keys, has_password=await find_credential(tx, user_id) is not None)
    return [] if claim is user.claim else [await rewrite_user(tx, reclaimed(user, claim))]
