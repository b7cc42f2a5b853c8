"""Finding the pairs of records that anything connects, and deciding each of them once.

A phone under more than five different names is nobody's: it is a contact, and neither matches nor signs in.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from roundsman.identity.names import FoldedName, Verdict, compare_names
from roundsman.migration.matching import Outcome, PairDecision, Rule, Ties, decide_pair
from roundsman.migration.profile import Kind
from roundsman.migration.roster import Roster, Row

_MOST_NAMES_OF_A_PHONE = 5
_ALL_PAIRS_UP_TO = 12

Pair = tuple[Row, Row]


@dataclass(frozen=True, slots=True)
class DecidedPair:
    """Two rows, the smaller first, and what was decided about them."""

    a: Row
    b: Row
    decision: PairDecision


def crowded_phones(roster: Roster) -> frozenset[str]:
    """The phones that too many differently named records hold to be anybody's."""
    return frozenset(
        phone
        for phone, rows in roster.phone_groups().items()
        if len(rows) > _MOST_NAMES_OF_A_PHONE and has_many_names(roster[row].folded_name for row in rows)
    )


def has_many_names(names: Iterable[FoldedName]) -> bool:
    """Whether there are too many different names for one phone."""
    apart: list[FoldedName] = []
    for name in names:
        if all(compare_names(name, other) is Verdict.DIFFERENT for other in apart):
            apart.append(name)
        if len(apart) > _MOST_NAMES_OF_A_PHONE:
            return True
    return False


def decide_pairs(
    roster: Roster, *, crowded: frozenset[str], kept_apart: frozenset[Pair], archived: frozenset[Row] = frozenset()
) -> Iterator[DecidedPair]:
    """Every pair that a link, an id, a phone or an e-mail connects, decided; each pair comes once.

    `kept_apart` are pairs a human said are not the same: nothing joins them again (V3). Pairs that already belong to one
    user are left out, for there is nothing to decide; so are accounts that were archived, until their person comes.
    """
    for a, b in sorted(kept_apart):
        yield DecidedPair(a, b, PairDecision(Outcome.APART, Rule.KEPT_APART, ("decided by a human",)))
    for a, b in _connected(roster, crowded):
        if (
            (a, b) in kept_apart
            or a in archived
            or b in archived
            or (roster.owner_of(a) is not None and roster.owner_of(a) == roster.owner_of(b))
        ):
            continue
        if decision := decide_pair(roster[a], roster[b], _ties(roster, a, b)):
            yield DecidedPair(a, b, decision)


def _connected(roster: Roster, crowded: frozenset[str]) -> Iterator[Pair]:
    seen: set[Pair] = set()
    for a, b in _candidates(roster, crowded):
        pair = (a, b) if a < b else (b, a)
        if a != b and pair not in seen:
            seen.add(pair)
            yield pair


def _candidates(roster: Roster, crowded: frozenset[str]) -> Iterator[Pair]:
    for row in range(len(roster)):
        for other in roster.linked(row):
            yield row, other
    for _, rows in roster.alias_groups():
        if len(rows) > 1:
            yield from (pair for pair in _pairs_of(roster, rows) if _same_id(roster, *pair))
    for phone, rows in roster.phone_groups().items():
        if len(rows) > 1 and phone not in crowded:
            yield from _pairs_of(roster, rows)
    for rows in roster.email_groups().values():
        if len(rows) > 1:
            yield from _pairs_of(roster, rows)


def _pairs_of(roster: Roster, rows: Sequence[Row]) -> Iterator[Pair]:
    if len(rows) <= _ALL_PAIRS_UP_TO:
        yield from combinations(rows, 2)
        return
    first_of_name: dict[object, Row] = {}
    for row in rows:
        yield from ((first, row) for first in first_of_name.values())
        first_of_name.setdefault(roster[row].folded_name, row)


def _same_id(roster: Roster, a: Row, b: Row) -> bool:
    one, other = roster[a], roster[b]
    return one.app_id is not None and one.app_id == other.app_id and one.collection != other.collection


def _ties(roster: Roster, a: Row, b: Row) -> Ties:
    from_a, from_b = set(roster.linked(a)), set(roster.linked(b))
    return Ties(
        linked=b in from_a or a in from_b,
        same_id=_same_id(roster, a, b),
        contradicted=_belongs_elsewhere(roster, from_a, b) or _belongs_elsewhere(roster, from_b, a),
    )


def _belongs_elsewhere(roster: Roster, linked: set[Row], other: Row) -> bool:
    """Whether links name a user, and it is not the user at hand; a user with several customers contradicts nothing."""
    users = {row for row in linked if roster[row].kind is Kind.USER}
    return roster[other].kind is Kind.USER and bool(users) and other not in users
