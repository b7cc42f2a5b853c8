"""What other thresholds would make of everybody; nothing is written.

Each history is told twice, once by each policy: about ten seconds for a hundred thousand facts. It is for the command line, or few
people.
"""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from roundsman.activation.facts import Fact
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.machine import fold
from roundsman.activation.policy import ActivationPolicy, ImpossiblePolicy
from roundsman.activation.store import fact_from
from roundsman.database.collections import FACTS
from roundsman.database.transaction import Tx
from roundsman.errors import Conflict

_PORTION: Final = 2000


class TooManyFacts(Conflict):
    """There is more to tell anew than anybody can wait for."""

    code = "too_many_facts"


@dataclass(frozen=True, slots=True)
class Compared:
    """How many are in a status now, and would be."""

    status: ActivationStatus
    now: int
    then: int


@dataclass(frozen=True, slots=True)
class Movers:
    """How many are here and would be there."""

    now: ActivationStatus
    then: ActivationStatus
    count: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The thresholds that were asked about, and what would follow."""

    inactive_days: int
    churn_days: int
    engaged_orders: int
    people: int
    statuses: tuple[Compared, ...]
    movers: tuple[Movers, ...]


def other_policy(
    policy: ActivationPolicy, *, inactive_days: int | None, churn_days: int | None, engaged_orders: int | None
) -> ActivationPolicy:
    """Give a policy with some thresholds changed. Raises ImpossiblePolicy."""
    inactive = policy.inactive_after if inactive_days is None else timedelta(days=inactive_days)
    churn = policy.churn_after if churn_days is None else timedelta(days=churn_days)
    try:
        return ActivationPolicy(inactive, churn, engaged_orders or policy.engaged_orders)
    except ImpossiblePolicy as error:
        hint = "give both --inactive-days and --churn-days (over the API inactive_days and churn_days)"
        raise ImpossiblePolicy(f"{error.message}; {hint}") from None


async def what_if(
    tx: Tx, other: ActivationPolicy, *, policy: ActivationPolicy, now: datetime, most_facts: int | None = None
) -> WhatIf:
    """Compare a policy with that of now. Raises TooManyFacts if there are more than `most_facts`."""
    if most_facts is not None and await tx.database[FACTS].estimated_document_count() > most_facts:
        raise TooManyFacts(
            "That takes longer than an answer may; ask on the command line: roundsman activation what-if"
        )
    pairs: Counter[tuple[ActivationStatus, ActivationStatus]] = Counter()
    async for facts in _histories(tx):
        is_, would_be = (fold(facts, one, until=now).lifecycle.status for one in (policy, other))
        if is_ is not None and would_be is not None:
            pairs[is_, would_be] += 1
    return _compared(other, pairs)


async def _histories(tx: Tx) -> AsyncIterator[list[Fact]]:
    """Read the facts of one person after another, by the index that has them so."""
    found = tx.database[FACTS].find(session=tx.session, batch_size=_PORTION)
    history: list[Fact] = []
    async for document in found.sort([("user_id", 1), ("occurred_at", 1)]):
        fact = fact_from(document)
        if history and history[0].subject != fact.subject:
            yield history
            history = []
        history.append(fact)
    if history:
        yield history


def _compared(other: ActivationPolicy, pairs: Counter[tuple[ActivationStatus, ActivationStatus]]) -> WhatIf:
    now: Counter[ActivationStatus] = Counter()
    then: Counter[ActivationStatus] = Counter()
    for (is_, would_be), count in pairs.items():
        now[is_] += count
        then[would_be] += count
    return WhatIf(
        other.inactive_after.days,
        other.churn_after.days,
        other.engaged_orders,
        pairs.total(),
        tuple(Compared(one, now[one], then[one]) for one in ActivationStatus),
        tuple(
            Movers(is_, would_be, pairs[is_, would_be])
            for is_ in ActivationStatus
            for would_be in ActivationStatus
            if is_ is not would_be and pairs[is_, would_be]
        ),
    )
