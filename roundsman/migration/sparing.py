"""Users whom nothing joins without a human (V5): those who are claimed, once people are live (pure).

Whoever claimed his account would otherwise get another's orders, or another his, on the word of an application that is
no authority any more. A profile that names him by link or id is his, for that is how his own next address comes.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from roundsman.ids import UserId
from roundsman.migration.matching import Outcome, PairDecision, Rule
from roundsman.migration.pairing import DecidedPair
from roundsman.migration.profile import Kind
from roundsman.migration.roster import Roster, Row

NOBODY: Final[frozenset[UserId]] = frozenset()


def sparing(roster: Roster, pairs: Iterable[DecidedPair], claimed: frozenset[UserId]) -> Iterator[DecidedPair]:
    """The pairs, with a question in place of each join that would bring a claimed user what is not linked to him."""
    for pair in pairs:
        decision = pair.decision
        if decision.outcome is Outcome.JOIN and not (
            _may_come(roster, pair.a, pair.b, decision, claimed)
            and _may_come(roster, pair.b, pair.a, decision, claimed)
        ):
            yield pair._replace(decision=PairDecision(Outcome.UNSURE, Rule.CLAIMED, decision.evidence))
        else:
            yield pair


def overreaches(roster: Roster, rows: Sequence[Row], edges: Iterable[DecidedPair], claimed: frozenset[UserId]) -> bool:
    """Whether a claimed user would get, by way of others, what nothing links to himself."""
    his = {row for row in rows if roster.owner_of(row) in claimed}
    if not his:
        return False
    linked = {row for edge in edges if not his.isdisjoint(edge[:2]) for row in edge[:2]}
    return any(roster.owner_of(row) is None and row not in linked for row in rows)


def _may_come(roster: Roster, new: Row, existing: Row, decision: PairDecision, claimed: frozenset[UserId]) -> bool:
    if roster.owner_of(existing) not in claimed or roster.owner_of(new) is not None:
        return True
    is_profile = roster.kind_of(new) is not Kind.USER
    return decision.rule is Rule.DECIDED or (decision.rule is Rule.LINK and is_profile)
