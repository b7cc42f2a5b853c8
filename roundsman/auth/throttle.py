"""How failed sign-ins slow further ones down (pure).

- An account: the first five tries wait for nothing, then each failure doubles the wait, from a second to a quarter of an
  hour. The wait ends by itself, and a right password makes an end of the row. A hundred failures in a row disable the
  password: its owner proves himself by OTP and sets another. What nobody is found by counts like an account.
- An address: so many failures in a window. Only failures count, so an office behind one address signs in as it likes.
- All together: so many failures in a window, against attacks that use each account and each address once.

Whoever has signed in from an address before is familiar there. For him the second and the third rule hold nobody up, so
neither an attack from the next desk nor one from everywhere locks out who signs in where he always does; the first rule
still bounds what the next desk can guess.
"""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from roundsman.auth.limits import Limit

_IPV6_SUBSCRIBER_BITS: Final = 64
_PER_ADDRESS: Final = Limit("sign_in_address", 10, timedelta(minutes=5))
_IN_ALL: Final = Limit("sign_in_all", 1000, timedelta(minutes=5))


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long an account waits after so many failures in a row, and after how many its password is disabled."""

    free: int = 5
    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=15)
    until_disabled: int = 100

    def delay_after(self, failures: int) -> timedelta:
        """How long the next try has to wait."""
        if failures < self.free:
            return timedelta()
        doublings: int = min(failures - self.free, self._most_doublings)
        return min(self.longest, self.first * (1 << doublings))

    def delays(self) -> tuple[timedelta, ...]:
        """All different waits: that after `free` failures, after one more, …; the last holds for all that follow."""
        return tuple(self.delay_after(self.free + more) for more in range(self._most_doublings + 1))

    @property
    def _most_doublings(self) -> int:
        return (self.longest // self.first).bit_length() if self.first else 0


@dataclass(frozen=True, slots=True)
class SignInThrottle:
    """The rules together. A row of failures is forgotten after `remembered`, a familiar address after `familiar`.

    `patience` is how long a sign-in waits for others whose outcome decides whether it is one too many.
    """

    backoff: Backoff = Backoff()
    per_address: Limit = _PER_ADDRESS
    in_all: Limit = _IN_ALL
    remembered: timedelta = timedelta(days=30)
    familiar: timedelta = timedelta(days=30)
    patience: timedelta = timedelta(seconds=30)


def subscriber_of(address: str | None) -> str:
    """Whose address it is: one of IPv4 itself, of IPv6 the network of 64 bits that one subscriber has."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((int(ip), _IPV6_SUBSCRIBER_BITS), strict=False))
    return str(ip)
