"""Limits as values (pure): how many attempts of one kind, in windows of which length.

Windows have fixed borders, the multiples of their length since 1970 in UTC, so that every process counts in the same one
without asking. Somebody who tries right before and right after a border gets twice the number in a short time; over any
longer time he does not.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` attempts of the kind `name` in each window. Nothing at all is allowed where `most` is 0."""

    name: str
    most: int
    window: timedelta


def window_start(limit: Limit, *, now: datetime) -> datetime:
    """When the window began that `now` is in."""
    return now - (now - _EPOCH) % limit.window


def window_end(limit: Limit, *, now: datetime) -> datetime:
    """When the next window begins."""
    return window_start(limit, now=now) + limit.window
