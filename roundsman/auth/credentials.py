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
    """The password of one user, as one of the forms of `auth.passwords`."""

    user_id: UserId
    password_hash: str = field(repr=False)
    origin: CredentialOrigin
    changed_at: datetime
