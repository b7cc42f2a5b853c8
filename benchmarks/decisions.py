"""What a decision costs: every role asking for every permission, of his own things and of others'.

    python benchmarks/decisions.py [--rounds 200]

Beside the microseconds stands how many times a call of a Python function that does nothing it is, timed in the same way.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Final

from bson import ObjectId

from roundsman.access.decisions import decide
from roundsman.access.permissions import Permission
from roundsman.access.principal import Principal
from roundsman.access.roles import Role
from roundsman.ids import SessionId, UserId

_AT_ONCE: Final = 100
_QUANTILES: Final = (0.5, 0.99)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200, help="how often each decision is timed")
    rounds = parser.parse_args().rounds
    cases = list(_cases())
    deciding = sorted(_timed(decide, cases, rounds))
    nothing = sorted(_timed(_nothing, cases, rounds))
    print(f"{len(cases)} decisions, each timed {rounds} times, {_AT_ONCE} in a row.\n")
    print("| | microseconds | times an empty call |\n|---|--:|--:|")
    for part in _QUANTILES:
        own, empty = (one[int(len(one) * part)] for one in (deciding, nothing))
        print(f"| p{part * 100:.0f} of a decision | {own:.2f} | {own / empty:.0f} |")


def _cases() -> Iterator[tuple[Principal, Permission, UserId | None]]:
    """Everybody with one role and with all, every permission, no owner and the owner and another one."""
    other = UserId(ObjectId())
    for roles, permission in product([*((role,) for role in Role), tuple(Role)], Permission):
        asker = Principal(UserId(ObjectId()), frozenset(roles), SessionId(ObjectId()))
        yield from ((asker, permission, owner) for owner in (None, asker.user_id, other))


def _timed(
    decision: Callable[..., object], cases: Sequence[tuple[Principal, Permission, UserId | None]], rounds: int
) -> Iterator[float]:
    """The microseconds of one, over many at once because the clock itself takes as long."""
    for _, (asker, permission, owner) in product(range(rounds), cases):
        began = time.perf_counter_ns()
        for _ in range(_AT_ONCE):
            decision(asker, permission, owner=owner)
        yield (time.perf_counter_ns() - began) / _AT_ONCE / 1000


def _nothing(_asker: Principal, _permission: Permission, *, owner: UserId | None) -> None:
    """What is called to see what calling costs."""


if __name__ == "__main__":
    main()
