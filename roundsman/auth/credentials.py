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
    password, so following the source does not enable it again.
    """

    user_id: UserId
    password_hash: str = field(repr=False)
    origin: CredentialOrigin
    changed_at: datetime
    disabled_at: datetime | None = field(default=None, compare=False)
