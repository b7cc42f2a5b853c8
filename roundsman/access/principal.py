"""Who asks: a user who has proved himself, with the roles that count for this request."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.ids import SessionId, UserId


class SignedInBy(StrEnum):
    """What proved who somebody is when his session began."""

    PASSWORD = "password"  # noqa: S105  the name of a way, no secret
    OTP = "otp"


@dataclass(frozen=True, slots=True)
class Principal:
    """The user behind a request, as his session and his roles stand at this moment.

    `fresh_at` is when he last proved who he is, `second_factor_at` when he did so with his authenticator, if he did in
    this session; `second_factor_due` says that he had one when the session began. See `assurance`.
    """

    user_id: UserId
    roles: frozenset[Role]
    session_id: SessionId
    signed_in_by: SignedInBy = SignedInBy.PASSWORD
    fresh_at: datetime | None = None
    second_factor_at: datetime | None = None
    second_factor_due: bool = False

    @property
    def is_staff(self) -> bool:
        """Whether he works in the office."""
        return not self.roles.isdisjoint(STAFF_ROLES)
