"""How long a sign-in lasts and how many a user may have: the strictest of his roles decides (spec identity, parameters).

| role | without a refresh | in all | sessions |
|---|---|---|---|
| customer | 30 days | 90 days | 5 |
| delivery boy | 24 hours | 14 days | 2 |
| supplier | 12 hours | 7 days | 5 |
| staff | 30 minutes | 12 hours | 3 |
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from roundsman.access.roles import STAFF_ROLES, Role

_STAFF_TOKEN: Final = timedelta(minutes=5)
_TOKEN: Final = timedelta(minutes=10)
LONGEST_TOKEN_LIFE: Final = _TOKEN
"""How long a token may count that was signed a moment ago, whoever has it."""


@dataclass(frozen=True, slots=True)
class SessionLife:
    """How long a session lasts without a refresh and in all, and how many of them a user may have."""

    idle: timedelta
    total: timedelta
    most: int

    def end(self, *, created_at: datetime, last_seen_at: datetime) -> datetime:
        """Say when a session ends that is not refreshed any more."""
        return min(created_at + self.total, last_seen_at + self.idle)


_STAFF: Final = SessionLife(idle=timedelta(minutes=30), total=timedelta(hours=12), most=3)
_LIVES: Final = {
    Role.CUSTOMER: SessionLife(idle=timedelta(days=30), total=timedelta(days=90), most=5),
    Role.DELIVERY_BOY: SessionLife(idle=timedelta(hours=24), total=timedelta(days=14), most=2),
    Role.SUPPLIER: SessionLife(idle=timedelta(hours=12), total=timedelta(days=7), most=5),
    Role.MARKETING_STAFF: _STAFF,
    Role.ADMIN: _STAFF,
}


def token_lifetime(roles: Iterable[Role]) -> timedelta:
    """How long one access token is valid."""
    return _TOKEN if STAFF_ROLES.isdisjoint(roles) else _STAFF_TOKEN


def session_life(roles: Iterable[Role]) -> SessionLife:
    """What holds for the sessions of a user with these roles; without any role what is strictest."""
    lives = [_LIVES[role] for role in roles] or list(_LIVES.values())
    return SessionLife(
        idle=min(life.idle for life in lives),
        total=min(life.total for life in lives),
        most=min(life.most for life in lives),
    )
