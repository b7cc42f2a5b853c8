"""What a document that changed in the source means for the user it belongs to, once people are live (pure).

From then on the source is a witness about people, not their authority. It may take away: `is_active: false` disables,
a lowered role goes. What would let somebody in, or let him do more, is asked about: a phone, an e-mail, a password, a
higher role. A name follows while it still is the one that this document gave. Before cutover the source is the authority:
see `mirroring`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from roundsman.access.roles import Role
from roundsman.identity.users import User, UserStatus


class Matter(StrEnum):
    """What the source may say anew of a user and a human has to accept; the values are kept with the questions."""

    PHONE = "phone"
    EMAIL = "email"
    ROLE = "role"
    PASSWORD = "password"  # noqa: S105 - the name of the matter

    @property
    def rule(self) -> str:
        """The rule under which it is asked."""
        return _RULES[self]


_RULES = {Matter.PHONE: "S1", Matter.EMAIL: "S2", Matter.ROLE: "S3", Matter.PASSWORD: "S4"}
_RANK = {Role.CUSTOMER: 0, Role.DELIVERY_BOY: 1, Role.SUPPLIER: 1, Role.MARKETING_STAFF: 2, Role.ADMIN: 3}


@dataclass(frozen=True, slots=True)
class Said:
    """What one document says of its user. Phone and e-mail are identifier keys, the password a token that shows nothing.

    Only accounts speak of roles, passwords and blocks; a password counts only if the account is the user himself.
    """

    key: str
    name: str
    phone: str | None = None
    email: str | None = None
    role: Role | None = None
    password: str | None = field(default=None, repr=False)
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Ours:
    """The user as he is here, and what is his besides."""

    user: User
    keys: frozenset[str] = frozenset()
    """What he signs in with."""
    has_own_password: bool = False
    """Whether he set a password here, which no word of the source replaces."""
    roles_of_profiles: frozenset[Role] = frozenset()
    is_last_admin: bool = False


@dataclass(frozen=True, slots=True)
class Rename:
    """The user's name follows."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A human is asked whether the new value counts; older questions about the matter are not asked any more.

    Without a value nothing is left to ask.
    """

    matter: Matter
    was: str | None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Disable:
    """The user is disabled, and his sessions end."""


@dataclass(frozen=True, slots=True)
class LowerRole:
    """A role goes at once; `instead` is what he is now."""

    role: Role
    instead: Role | None = None


@dataclass(frozen=True, slots=True)
class KeepLastAdmin:
    """The source would take the only active admin away; there is always one, so it is only noted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is about, as it is stored; the value of a password only tells it from another."""

    matter: Matter
    value: str
    was: str | None = None


def asked_from(document: Mapping[str, Any] | None) -> Asked | None:
    """Read it; None where a question is about something else."""
    return Asked(Matter(document["matter"]), document["value"], document.get("was")) if document else None


Effect: TypeAlias = Rename | Ask | Disable | LowerRole | KeepLastAdmin


def follow(before: Said, after: Said, ours: Ours, *, people_are_live: bool) -> tuple[Effect, ...]:
    """What the change of a document does to its user."""
    if not people_are_live or not ours.user.is_live:
        return ()
    return (
        *_name(before, after, ours),
        *_contact(Matter.PHONE, before.phone, after.phone, ours),
        *_contact(Matter.EMAIL, before.email, after.email, ours),
        *_role(before, after, ours),
        *_password(before, after, ours),
        *_block(before, after, ours),
    )


def _name(before: Said, after: Said, ours: Ours) -> Iterator[Effect]:
    """Another name was given here, or by another of his documents."""
    if after.name and before.name != after.name and ours.user.name == before.name:
        yield Rename(before.name, after.name)


def _contact(matter: Matter, before: str | None, after: str | None, ours: Ours) -> Iterator[Effect]:
    if before != after:
        yield Ask(matter, before, after if after not in ours.keys else None)


def _role(before: Said, after: Said, ours: Ours) -> Iterator[Effect]:
    if before.role is after.role:
        return
    lowered = _lowered(before.role, after.role, ours)
    if lowered and ours.is_last_admin and lowered is Role.ADMIN:
        yield KeepLastAdmin()
        yield Ask(Matter.ROLE, before.role)
        return
    is_new = after.role is not None and after.role not in ours.user.roles
    # An admin may do everything, so whatever he becomes instead is less; a customer may do nothing to others.
    at_once = lowered is not None and is_new and (lowered is Role.ADMIN or after.role is Role.CUSTOMER)
    if lowered:
        yield LowerRole(lowered, after.role if at_once else None)
    yield Ask(Matter.ROLE, before.role, after.role if is_new and not at_once else None)


def _lowered(before: Role | None, after: Role | None, ours: Ours) -> Role | None:
    """The role that goes: everybody may be a customer, and whoever has a profile has its role."""
    if before is None or before is Role.CUSTOMER or before not in ours.user.roles or before in ours.roles_of_profiles:
        return None
    return None if after and _RANK[after] > _RANK[before] else before


def _password(before: Said, after: Said, ours: Ours) -> Iterator[Effect]:
    if before.password != after.password:
        yield Ask(Matter.PASSWORD, None, None if ours.has_own_password else after.password)


def _block(before: Said, after: Said, ours: Ours) -> Iterator[Effect]:
    if after.blocked and not before.blocked and ours.user.status is UserStatus.ACTIVE:
        yield KeepLastAdmin() if ours.is_last_admin else Disable()
