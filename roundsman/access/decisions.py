"""Whether somebody may do something.

A permission comes from a role. Some permissions reach only what belongs to the one who asks: for these the owner of the
thing decides as well. A guard asks before the thing is known, and so without an owner; whoever then loads one thing asks
again with its owner, and whoever loads many filters by owner in the query.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from roundsman.access.permissions import OWN_ONLY, Permission, permissions_of
from roundsman.access.principal import Principal
from roundsman.ids import UserId


class Reason(StrEnum):
    """Why a request is denied. Another owner's thing is answered as if it did not exist."""

    NO_ROLE = "no role of the user has the permission"
    OTHER_OWNER = "it belongs to somebody else"


@dataclass(frozen=True, slots=True)
class Allowed:
    """He may."""


@dataclass(frozen=True, slots=True)
class Denied:
    """He may not, and why."""

    reason: Reason


Decision: TypeAlias = Allowed | Denied


def decide(principal: Principal, permission: Permission, *, owner: UserId | None = None) -> Decision:
    """Decide about the permission in general, or about a thing that belongs to `owner`."""
    if permission not in permissions_of(principal.roles):
        return Denied(Reason.NO_ROLE)
    if permission in OWN_ONLY and owner is not None and owner != principal.user_id:
        return Denied(Reason.OTHER_OWNER)
    return Allowed()
