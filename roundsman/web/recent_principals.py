"""Who asked a moment ago: a process may trust what it read of a session and its user for at most two seconds.

Most requests come in bursts of one page, and reading session and user again for each would be most of their cost. What
must not rest on it, money and roles for example, reads anew (see `access.permissions.MAY_TRUST_RECENT`).
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from roundsman.auth.lifetimes import SessionPolicy
from roundsman.auth.tokens import AccessClaims
from roundsman.database.transaction import Tx
from roundsman.operations.signing_in.authentication import Known, authenticate

LONGEST_TRUST: Final = timedelta(seconds=2)
_MOST: Final = 10_000
_POLICY: Final = SessionPolicy()


@dataclass(frozen=True, slots=True)
class _Read:
    known: Known
    at: datetime


class RecentPrincipals:
    """The principals that this process read last; bounded, the oldest is forgotten first."""

    def __init__(self, trust: timedelta = LONGEST_TRUST, *, policy: SessionPolicy = _POLICY) -> None:
        self._trust, self._policy = trust, policy
        self._read: OrderedDict[AccessClaims, _Read] = OrderedDict()

    async def recent(self, tx: Tx, claims: AccessClaims, *, now: datetime) -> Known:
        """Return the principal and his user as read lately, or now; raises SessionEnded."""
        lately = self._read.get(claims)
        # A clock that was set back must not make anything younger than it is.
        if lately is not None and timedelta(0) <= now - lately.at < self._trust:
            return lately.known
        known = await self.anew(tx, claims, now=now)
        # The moment before it was read counts, so that whatever changed after it is seen in time.
        self._read[claims] = _Read(known, now)
        if len(self._read) > _MOST:
            self._read.popitem(last=False)
        return known

    async def anew(self, tx: Tx, claims: AccessClaims, *, now: datetime) -> Known:
        """Return him as he is now, and forget what was known of him: he may be about to change it."""
        self._read.pop(claims, None)
        return await authenticate(tx, claims, policy=self._policy, now=now)
