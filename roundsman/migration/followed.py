"""Carrying out what changed documents mean for their users, before their copies are renewed.

What a document said before is in its copy, so a copy that is renewed says that all of this was done; done twice, it
changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from roundsman.access.roles import Role
from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.credential_storage import find_credential, follow_imported
from roundsman.auth.credentials import Credential, CredentialOrigin
from roundsman.auth.sessions import end_sessions
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.delivery.linkage import find_delivery_boy_of_user
from roundsman.identity.following import disable_user, rename_user, replace_role
from roundsman.identity.importing import find_users
from roundsman.identity.lookup import identifiers_of_user
from roundsman.identity.mode import PeopleMode, get_mode
from roundsman.identity.role_grants import list_active_admins
from roundsman.identity.users import User
from roundsman.ids import UserId
from roundsman.migration.asking import Asking, ask
from roundsman.migration.copies import copies_by_key, renew_copy
from roundsman.migration.following import (
    Ask,
    Disable,
    Effect,
    KeepLastAdmin,
    LowerRole,
    Ours,
    Rename,
    Said,
    follow,
)
from roundsman.migration.members import Opener
from roundsman.migration.said import said_by
from roundsman.migration.sealing import CopyDamaged
from roundsman.migration.taking import Became
from roundsman.suppliers.linkage import find_supplier_of_user


async def follow_documents(
    tx: Tx, changed: Mapping[UserId, Sequence[Said]], opener: Opener, *, run: str, now: datetime
) -> None:
    """Do what the changes mean for the users once people are live; before that they become what all documents say."""
    if not changed or (await get_mode(tx)).people is PeopleMode.SHADOW:
        return
    copies = await copies_by_key(tx, [said.key for of_user in changed.values() for said in of_user])
    for user_id, of_user in changed.items():
        for after in of_user:
            copy = copies.get(after.key)
            before = await _said_before(tx, copy, user_id, opener, now=now) if copy else None
            if before is not None:
                await _follow(tx, before, after, Asking(after.key, user_id, run, now))


async def follow_passwords(tx: Tx, renewed: Became, opener: Opener, *, run: str, now: datetime) -> None:
    """While people follow the source, let a password that changed there count here, together with its copy.

    Only a change tells it: what is stored here may be wrapped, or hashed anew when he signed in.
    """
    after = {said.key: (user_id, said.password) for user_id, of_user in renewed.said.items() for said in of_user}
    if not after or (await get_mode(tx)).people is not PeopleMode.SHADOW:
        return
    credentials = {credential.user_id: credential for credential in renewed.credentials}
    renewals = {copy[0]["_id"]: copy for copy in renewed.copies}
    for key, copy in (await copies_by_key(tx, after)).items():
        user_id, password = after[key]
        before = await _said_before(tx, copy, user_id, opener, now=now)
        if before is not None and before.password != password:
            change = _PasswordChange(
                user_id,
                credentials.get(user_id),
                renewals[key],
                AuditEntry(
                    now,
                    Actor(f"import:{run}"),
                    "password.followed",
                    f"user:{user_id}",
                    reason=f"{key}: changed in the source",
                ),
            )
            await in_transaction(tx, change.carry_out)


@dataclass(frozen=True, slots=True)
class _PasswordChange:
    """What the account says now, its copy in parts, and what the audit log says."""

    user_id: UserId
    credential: Credential | None
    copy: Sequence[Document]
    entry: AuditEntry

    async def carry_out(self, tx: Tx) -> None:
        if await follow_imported(tx, self.user_id, self.credential):
            await end_sessions(tx, self.user_id)
            await record(tx, self.entry)
        await renew_copy(tx, self.copy)


async def _said_before(tx: Tx, copy: Document, user_id: UserId, opener: Opener, *, now: datetime) -> Said | None:
    """What the document said when it was taken; None if nobody can tell.

    A damaged copy is about to be renewed and says nothing, so that whatever the document says now is new.
    """
    try:
        reading = await opener.read(tx, copy, now=now)
    except CopyDamaged:
        return Said(copy["_id"], "")
    return said_by(reading, user_id, opener.seal) if reading is not None else None


async def _follow(tx: Tx, before: Said, after: Said, asking: Asking) -> None:
    async def work(tx: Tx) -> None:
        users = await find_users(tx, [asking.user_id])
        for user in users:
            for effect in follow(before, after, await _ours(tx, user), people_are_live=True):
                await _carry_out(tx, effect, asking)

    if before != after:
        await in_transaction(tx, work)


async def _ours(tx: Tx, user: User) -> Ours:
    credential = await find_credential(tx, user.id)
    profiles = {
        Role.DELIVERY_BOY: await find_delivery_boy_of_user(tx, user.id),
        Role.SUPPLIER: await find_supplier_of_user(tx, user.id),
    }
    return Ours(
        user,
        keys=frozenset(one.key for one in await identifiers_of_user(tx, user.id)),
        has_own_password=credential is not None and credential.origin is CredentialOrigin.OWN,
        roles_of_profiles=frozenset(role for role, profile in profiles.items() if profile is not None),
        is_last_admin=[user.id] == [admin.id for admin in await list_active_admins(tx)],
    )


async def _carry_out(tx: Tx, effect: Effect, asking: Asking) -> None:
    done = await _done(tx, effect, asking)
    if done is not None:
        action, reason = done
        actor, target = Actor(f"import:{asking.run}"), f"user:{asking.user_id}"
        await record(tx, AuditEntry(asking.now, actor, action, target, reason=f"{asking.key}: {reason}"))


async def _done(tx: Tx, effect: Effect, asking: Asking) -> tuple[str, str] | None:
    """Do it; what the audit log says of it, None if there was nothing to do."""
    match effect:
        case Rename(before, after):
            changed = await rename_user(tx, asking.user_id, before=before, after=after)
            return ("user.renamed", "follows the source") if changed else None
        case Ask(matter):
            return ("review.asked", f"{matter} changed in the source") if await ask(tx, asking, effect) else None
        case Disable():
            await end_sessions(tx, asking.user_id)
            return ("user.disabled", "not active in the source") if await disable_user(tx, asking.user_id) else None
        case LowerRole(role, instead):
            changed = await replace_role(tx, asking.user_id, role, instead=instead)
            return ("role.lowered", f"{role} to {instead or 'nothing'}") if changed else None
        case KeepLastAdmin():
            return "role.kept", "the source takes the only active admin away, and there is always one"
