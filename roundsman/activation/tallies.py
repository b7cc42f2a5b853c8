"""What the people of one sign-up day, area and channel have come to, as numbers that can be added (pure).

A step counts who took it and all before it, so that none has more people than the one before. What is in it is so by the
lifecycle as it is stored; who reads corrects it for those whom time has moved since.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from roundsman.activation.lifecycle import Lifecycle
from roundsman.activation.tracked import Tracked

_HOUR: Final = timedelta(hours=1)
_HOURS_EXACT: Final = 72
_HOURS_A_DAY: Final = 24


class Step(StrEnum):
    """The steps from sign-up to engagement, in their order."""

    SIGNED_UP = "signed_up"
    LOGGED_IN_OR_ORDERED = "logged_in_or_ordered"
    ORDERED = "ordered"
    FIRST_DELIVERY = "first_delivery"
    FIRST_PAYMENT = "first_payment"
    ENGAGED = "engaged"


class Passage(StrEnum):
    """The ways from one stage to another whose time is taken."""

    SIGNUP_TO_LOGIN = "signup_to_login"
    SIGNUP_TO_ORDER = "signup_to_order"
    ORDER_TO_DELIVERY = "order_to_delivery"
    ORDER_TO_PAYMENT = "order_to_payment"
    ORDER_TO_ENGAGED = "order_to_engaged"


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers about some people: counts, but for `revenue`, paise by the status of today.

    `unknown_logins` are those of whom nobody can say whether they ever signed in. `hours` has, for each passage, how many took
    so many hours: whole hours below three days, whole days above; `begun` is how many came to where it begins.
    """

    steps: Counter[Step] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    revenue: Counter[str] = field(default_factory=Counter)
    payment_risk: int = 0
    unknown_logins: int = 0
    begun: Counter[Passage] = field(default_factory=Counter)
    hours: Mapping[Passage, Counter[int]] = field(default_factory=dict)


def tally_of(people: Iterable[Tracked]) -> Tally:
    """Count people."""
    tally = Tally(hours={passage: Counter() for passage in Passage})
    at_risk = unknown = 0
    for one in people:
        lifecycle = one.lifecycle
        steps = steps_of(lifecycle)
        tally.steps.update(steps)
        if lifecycle.status is not None:
            tally.statuses[lifecycle.status.value] += 1
            tally.revenue[lifecycle.status.value] += lifecycle.revenue_paise
        at_risk += lifecycle.payment_risk
        unknown += one.login_unknown and len(steps) == 1
        for passage, (begin, end) in _passages(one).items():
            if begin is not None:
                tally.begun[passage] += 1
                if end is not None:
                    tally.hours[passage][hours_between(begin, end)] += 1
    return Tally(tally.steps, tally.statuses, tally.revenue, at_risk, unknown, tally.begun, tally.hours)


def steps_of(lifecycle: Lifecycle) -> tuple[Step, ...]:
    """Give the steps somebody has taken without leaving one out."""
    ordered = lifecycle.first_order_at
    instants = (
        lifecycle.signup_at,
        lifecycle.first_login_at or ordered,
        ordered,
        lifecycle.first_delivery_at,
        lifecycle.first_payment_at,
        lifecycle.engaged_at,
    )
    missing = next((number for number, at in enumerate(instants) if at is None), len(instants))
    return tuple(Step)[:missing]


def added(tallies: Iterable[Tally]) -> Tally:
    """Add numbers up."""
    total = Tally(hours={passage: Counter() for passage in Passage})
    at_risk = unknown = 0
    for one in tallies:
        total.steps.update(one.steps)
        total.statuses.update(one.statuses)
        total.revenue.update(one.revenue)
        total.begun.update(one.begun)
        at_risk += one.payment_risk
        unknown += one.unknown_logins
        for passage, hours in one.hours.items():
            total.hours[passage].update(hours)
    return Tally(total.steps, total.statuses, total.revenue, at_risk, unknown, total.begun, total.hours)


def without(tally: Tally, some: Tally) -> Tally:
    """Take numbers away."""
    tally.steps.subtract(some.steps)
    tally.statuses.subtract(some.statuses)
    tally.revenue.subtract(some.revenue)
    tally.begun.subtract(some.begun)
    for passage, hours in some.hours.items():
        tally.hours[passage].subtract(hours)
    fewer_risks, fewer_unknown = tally.payment_risk - some.payment_risk, tally.unknown_logins - some.unknown_logins
    return replace(tally, payment_risk=fewer_risks, unknown_logins=fewer_unknown)


def hours_between(begin: datetime, end: datetime) -> int:
    """Give the whole hours between two instants, from three days on those of whole days; 0 if the end came first."""
    hours = max(0, (end - begin) // _HOUR)
    return hours if hours < _HOURS_EXACT else hours - hours % _HOURS_A_DAY


def tally_document(tally: Tally) -> dict[str, Any]:
    """Write it so that equal ones are written equally; what is nought is left out."""
    return {
        "steps": _written(tally.steps),
        "statuses": _written(tally.statuses),
        "revenue": _written(tally.revenue),
        "payment_risk": tally.payment_risk,
        "unknown_logins": tally.unknown_logins,
        "begun": _written(tally.begun),
        "hours": {passage.value: _written(hours) for passage, hours in tally.hours.items() if any(hours.values())},
    }


def sum_from(documents: Iterable[Mapping[str, Any]]) -> Tally:
    """Read many and add them up, as numbers: a few times as fast as tally by tally."""
    total: dict[str, Any] = {}
    for document in documents:
        _add(total, document)
    return tally_from(total)


def _add(total: dict[str, Any], some: Mapping[str, Any]) -> None:
    for name, value in some.items():
        if isinstance(value, Mapping):
            _add(total.setdefault(name, {}), value)
        else:
            total[name] = total.get(name, 0) + value


def tally_from(document: Mapping[str, Any]) -> Tally:
    """Read it; parts that were not asked for count nothing."""
    return Tally(
        Counter({Step(name): count for name, count in document.get("steps", {}).items()}),
        Counter(document.get("statuses", {})),
        Counter(document.get("revenue", {})),
        document.get("payment_risk", 0),
        document.get("unknown_logins", 0),
        Counter({Passage(name): count for name, count in document.get("begun", {}).items()}),
        {
            Passage(name): Counter({int(h): n for h, n in hours.items()})
            for name, hours in document.get("hours", {}).items()
        },
    )


def _written(counts: Mapping[Any, int]) -> dict[str, int]:
    return {str(name): counts[name] for name in sorted(counts) if counts[name]}


def _passages(one: Tracked) -> dict[Passage, tuple[datetime | None, datetime | None]]:
    """When somebody came to where each begins and ends; who may have signed in elsewhere before begins no way to it."""
    lifecycle = one.lifecycle
    signup, order = lifecycle.signup_at, lifecycle.first_order_at
    return {
        Passage.SIGNUP_TO_LOGIN: (None if one.login_unknown else signup, lifecycle.first_login_at),
        Passage.SIGNUP_TO_ORDER: (signup, order),
        Passage.ORDER_TO_DELIVERY: (order, lifecycle.first_delivery_at),
        Passage.ORDER_TO_PAYMENT: (order, lifecycle.first_payment_at),
        Passage.ORDER_TO_ENGAGED: (order, lifecycle.engaged_at),
    }
