"""The password of a user as a value (pure): one hash, and where it came from."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from roundsman.ids import UserId


class CredentialOrigin(StrEnum):
    """Who made the hash: the existing application, or Roundsman."""

    IMPORTED = "imported"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Credential:
    """The password of one user, as one of the forms of `auth.passwords`.

    One that is disabled, after too many failures, proves nothing until another is set; whether it is makes it no other
    password, so following the source does not enable it again. An initial password, which its owner did not choose, counts
    until a moment and is never his lasting one.
    """

    user_id: UserId
    password_hash: str = field(repr=False)
    origin: CredentialOrigin
    changed_at: datetime
    disabled_at: datetime | None = field(default=None, compare=False)
    counts_until: datetime | None = None


def counting_hash(credential: Credential | None, *, now: datetime) -> str | None:
    """Give the hash that a password has to fit now; None where none does: no password, a disabled or an expired one."""
    if credential is None or credential.disabled_at is not None:
        return None
    expired = credential.counts_until is not None and credential.counts_until <= now
    return None if expired else credential.password_hash
