"""Who asks: a user who has proved himself, with the roles that count for this request."""

from dataclasses import dataclass

from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.ids import SessionId, UserId


@dataclass(frozen=True, slots=True)
class Principal:
    """The user behind a request, as his session and his roles stand at this moment."""

    user_id: UserId
    roles: frozenset[Role]
    session_id: SessionId

    @property
    def is_staff(self) -> bool:
        """Whether he works in the office."""
        return not self.roles.isdisjoint(STAFF_ROLES)
