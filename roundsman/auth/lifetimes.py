"""How long a sign-in lasts: the strictest of the user's roles decides (spec identity, parameters)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from roundsman.access.roles import STAFF_ROLES, Role

_STAFF_TOKEN: Final = timedelta(minutes=5)
_TOKEN: Final = timedelta(minutes=10)

_SESSION: Final = {
    Role.CUSTOMER: timedelta(days=90),
    Role.DELIVERY_BOY: timedelta(days=14),
    Role.SUPPLIER: timedelta(days=7),
    Role.MARKETING_STAFF: timedelta(hours=12),
    Role.ADMIN: timedelta(hours=12),
}


def token_lifetime(roles: Iterable[Role]) -> timedelta:
    """How long one access token is valid."""
    return _TOKEN if STAFF_ROLES.isdisjoint(roles) else _STAFF_TOKEN


def session_lifetime(roles: Iterable[Role]) -> timedelta:
    """How long a session may last in all; without any role as long as the strictest."""
    return min((_SESSION[role] for role in roles), default=min(_SESSION.values()))
