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

from roundsman.access.roles import STAFF_ROLES, Role


@dataclass(frozen=True, slots=True)
class SessionLife:
    """How long a session lasts without a refresh and in all, and how many of them a user may have."""

    idle: timedelta
    total: timedelta
    most: int

    def end(self, *, created_at: datetime, last_seen_at: datetime) -> datetime:
        """Say when a session ends that is not refreshed any more."""
        return min(created_at + self.total, last_seen_at + self.idle)


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """What holds for the sessions of each role, and how long access tokens are good."""

    customer: SessionLife = SessionLife(timedelta(days=30), timedelta(days=90), most=5)
    delivery_boy: SessionLife = SessionLife(timedelta(hours=24), timedelta(days=14), most=2)
    supplier: SessionLife = SessionLife(timedelta(hours=12), timedelta(days=7), most=5)
    staff: SessionLife = SessionLife(timedelta(minutes=30), timedelta(hours=12), most=3)
    token: timedelta = timedelta(minutes=10)
    staff_token: timedelta = timedelta(minutes=5)

    @property
    def longest_token(self) -> timedelta:
        """How long a token may count that was signed a moment ago, whoever has it."""
        return max(self.token, self.staff_token)

    def token_lifetime(self, roles: Iterable[Role]) -> timedelta:
        """How long one access token of a user with these roles is good."""
        return self.token if STAFF_ROLES.isdisjoint(roles) else self.staff_token

    def life(self, roles: Iterable[Role]) -> SessionLife:
        """What holds for the sessions of a user with these roles; without any role what is strictest."""
        lives = [self._life_of(role) for role in (list(roles) or Role)]
        return SessionLife(
            idle=min(life.idle for life in lives),
            total=min(life.total for life in lives),
            most=min(life.most for life in lives),
        )

    def _life_of(self, role: Role) -> SessionLife:
        match role:
            case Role.CUSTOMER:
                return self.customer
            case Role.DELIVERY_BOY:
                return self.delivery_boy
            case Role.SUPPLIER:
                return self.supplier
            case Role.MARKETING_STAFF | Role.ADMIN:
                return self.staff
