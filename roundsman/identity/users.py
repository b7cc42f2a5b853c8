"""Users as values: one person or shop that can sign in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from roundsman.access.roles import Role
from roundsman.ids import UserId


class UserStatus(StrEnum):
    """Live is active or disabled; a merged, archived or closed user stays, but owns no phone or e-mail."""

    ACTIVE = "active"
    DISABLED = "disabled"
    MERGED = "merged"
    ARCHIVED = "archived"
    CLOSED = "closed"


LIVE_STATUSES = frozenset({UserStatus.ACTIVE, UserStatus.DISABLED})


class Claim(StrEnum):
    """Whether the person behind the user has taken it into his hands, and if not, what it takes."""

    CLAIMED = "claimed"
    """He can prove himself: he has a password, or registered here."""
    CLAIMABLE = "claimable"
    """Taken by an OTP to the user's phone."""
    CLAIMABLE_CONFLICT = "claimable_conflict"
    """Somebody else holds the phone; a human decides first."""
    UNCLAIMABLE = "unclaimable"
    """No usable phone is known; staff must find one."""


@dataclass(frozen=True, slots=True)
class User:
    """One identity. `roles_to_confirm` are roles a merge brought that staff has not confirmed: they grant nothing yet."""

    id: UserId
    name: str
    status: UserStatus
    claim: Claim
    roles: tuple[Role, ...]
    created_at: datetime
    created_by: str
    roles_to_confirm: tuple[Role, ...] = ()
    merged_into: UserId | None = None
    former_identifiers: tuple[str, ...] = ()
    first_sign_in_at: datetime | None = None
    last_sign_in_at: datetime | None = None
    session_version: int = 0

    @property
    def is_live(self) -> bool:
        """Whether the user counts as a person of today: active or disabled."""
        return self.status in LIVE_STATUSES

    @property
    def effective_roles(self) -> frozenset[Role]:
        """The roles that grant something: all but those that wait for confirmation."""
        return frozenset(self.roles) - frozenset(self.roles_to_confirm)


@dataclass(frozen=True, slots=True)
class Identifier:
    """What finds a user: `phone:+91…`, `email:a@b.in` or `alias:<any old id>`.

    A phone or e-mail belongs to one user. An old id that several people carry is ambiguous and names all of them.
    `epoch` counts the owners a recycled number has had before.
    """

    key: str
    user_ids: tuple[UserId, ...]
    verified_at: datetime | None = None
    epoch: int = 0

    @property
    def is_ambiguous(self) -> bool:
        """Whether more than one user carries it, so that it leads to nobody."""
        return len(self.user_ids) > 1
