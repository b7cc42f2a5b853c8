"""Giving and taking roles, shutting somebody out and letting him in again: each with a reason, recorded, and at once.

All of it asks again, inside its transaction, whether the one who decides still may, because somebody may have taken that
from him a moment ago.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from roundsman.access.decisions import Denied, decide
from roundsman.access.permissions import Permission
from roundsman.access.principal import Principal
from roundsman.access.roles import Role
from roundsman.audit_log.entries import AuditEntry, acting, digest
from roundsman.audit_log.log import record
from roundsman.auth.sessions import end_sessions
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict, NotFound, NotPermitted
from roundsman.identity.lookup import UnknownUser, get_user
from roundsman.identity.mode import require_people_managed_here
from roundsman.identity.standing import (
    change_roles,
    change_status,
    confirm_role,
    require_another_admin,
    take_turns,
)
from roundsman.identity.users import User, UserStatus
from roundsman.ids import UserId


class NoLongerPermitted(NotPermitted):
    """Whoever decides had the permission when he asked, and has it no more."""

    code = "no_longer_permitted"

    def __init__(self) -> None:
        super().__init__("You may not decide about this any more.")


class NotLive(Conflict):
    """The user was merged or archived, so nothing is decided about him any more."""

    code = "user_not_live"


class RoleHeldAlready(Conflict):
    """The user has the role."""

    code = "role_held_already"


class RoleNotHeld(NotFound):
    """The user does not have the role."""

    code = "role_not_held"


class StandingAlready(Conflict):
    """The user is disabled, or enabled, already."""

    code = "standing_already"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decides about whom, why, and from where."""

    by: Principal
    about: UserId
    reason: str
    address: str | None = None
    seen: str | None = None
    """How `standing_in_words` said he stands when who decides looked at him; None where he did not."""


class StandingChanged(Conflict):
    """Somebody else decided about the user since he was looked at; `user` is he as he is now."""

    code = "standing_changed"

    def __init__(self, user: User) -> None:
        super().__init__("Somebody else has decided about this user since you looked at him.")
        self.user = user


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What a decision needs, and how the audit log tells of it."""

    permission: Permission
    action: str
    role: Role | None = None


def standing_in_words(user: User) -> str:
    """Say how a user stands: 'active: customer, supplier (to confirm)'. Two who stand alike are said alike."""
    waiting = user.roles_to_confirm
    roles = [f"{role} (to confirm)" if role in waiting else role.value for role in Role if role in user.roles]
    return f"{user.status}: {', '.join(roles) or 'no role'}".replace("_", " ")


async def grant_role(tx: Tx, decision: Decision, role: Role, *, now: datetime) -> User:
    """Give a user a role, or confirm one that waited for it; returns him as he is now.

    Raises UnknownUser, NotLive, RoleHeldAlready, NoLongerPermitted or
    PeopleManagedElsewhere, and StandingChanged where he does not stand as `seen` says.
    """

    async def change(tx: Tx, user: User) -> User:
        if role in user.effective_roles:
            raise RoleHeldAlready(f"The user has the role {role} already")
        if role in user.roles:
            return await confirm_role(tx, user, role)
        return await change_roles(tx, user, roles=(*user.roles, role))

    return await _decide(tx, decision, change, _Recorded(Permission.ROLES_GRANT, "role.granted", role), now=now)


async def revoke_role(tx: Tx, decision: Decision, role: Role, *, now: datetime) -> User:
    """Take a role from a user; returns him as he is now.

    Raises UnknownUser, NotLive, RoleNotHeld, LastAdmin, NoLongerPermitted or
    PeopleManagedElsewhere, and StandingChanged where he does not stand as `seen` says.
    """

    async def change(tx: Tx, user: User) -> User:
        if role not in user.roles:
            raise RoleNotHeld(f"The user does not have the role {role}")
        if role is Role.ADMIN:
            await require_another_admin(tx, user)
        return await change_roles(tx, user, roles=set(user.roles) - {role})

    return await _decide(tx, decision, change, _Recorded(Permission.ROLES_GRANT, "role.revoked", role), now=now)


async def disable(tx: Tx, decision: Decision, *, now: datetime) -> User:
    """Shut a user out: his sessions end, and he cannot sign in; returns him as he is now.

    Raises UnknownUser, NotLive, StandingAlready, LastAdmin, NoLongerPermitted or
    PeopleManagedElsewhere, and StandingChanged where he does not stand as `seen` says.
    """

    async def change(tx: Tx, user: User) -> User:
        if user.status is UserStatus.DISABLED:
            raise StandingAlready("The user is disabled already")
        await require_another_admin(tx, user)
        await end_sessions(tx, user.id)
        return await change_status(tx, user, UserStatus.DISABLED)

    return await _decide(tx, decision, change, _Recorded(Permission.USERS_DISABLE, "user.disabled"), now=now)


async def enable(tx: Tx, decision: Decision, *, now: datetime) -> User:
    """Let a user in again who was shut out; returns him as he is now.

    Raises UnknownUser, NotLive, StandingAlready, NoLongerPermitted or
    PeopleManagedElsewhere, and StandingChanged where he does not stand as `seen` says.
    """

    async def change(tx: Tx, user: User) -> User:
        if user.status is UserStatus.ACTIVE:
            raise StandingAlready("The user is not disabled")
        return await change_status(tx, user, UserStatus.ACTIVE)

    return await _decide(tx, decision, change, _Recorded(Permission.USERS_DISABLE, "user.enabled"), now=now)


async def _decide(
    tx: Tx, decision: Decision, change: Callable[[Tx, User], Awaitable[User]], kind: _Recorded, *, now: datetime
) -> User:
    async def work(tx: Tx) -> User:
        await require_people_managed_here(tx)
        await take_turns(tx)
        await _require_still_permitted(tx, decision.by, kind.permission)
        before = await get_user(tx, decision.about)
        if decision.seen not in {None, standing_in_words(before)}:
            raise StandingChanged(before)
        if not before.is_live:
            raise NotLive("The user was merged or archived")
        after = await change(tx, before)
        await record(tx, _entry(decision, kind, before, after, now=now))
        return after

    return await in_transaction(tx, work)


async def _require_still_permitted(tx: Tx, principal: Principal, permission: Permission) -> None:
    try:
        user = await get_user(tx, principal.user_id)
    except UnknownUser as error:
        raise NoLongerPermitted from error
    now = Principal(user.id, user.effective_roles, principal.session_id)
    if user.status is not UserStatus.ACTIVE or isinstance(decide(now, permission), Denied):
        raise NoLongerPermitted


def _entry(decision: Decision, kind: _Recorded, before: User, after: User, *, now: datetime) -> AuditEntry:
    return AuditEntry(
        now,
        acting(decision.by, address=decision.address),
        kind.action,
        f"user:{decision.about}",
        before_digest=_digest(before),
        after_digest=_digest(after),
        reason=decision.reason if kind.role is None else f"{kind.role}: {decision.reason}",
    )


def _digest(user: User) -> bytes:
    confirmed = [role.value for role in Role if role in user.effective_roles]
    return digest({"status": user.status.value, "roles": confirmed, "session_version": user.session_version})
