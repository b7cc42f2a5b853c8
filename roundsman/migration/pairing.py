"""Finding the pairs of records that anything connects, and deciding each of them once.

A phone under more than five different names is nobody's: it is a contact, and neither matches nor signs in. Such a GSTIN
connects nobody either.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations
from typing import NamedTuple

from roundsman.identity.names import Verdict, compare_folded
from roundsman.migration.matching import NO_TIES, SAME_ID, Outcome, PairDecision, Rule, Ties, decide_pair
from roundsman.migration.profile import Kind
from roundsman.migration.records import PersonRecord
from roundsman.migration.roster import Roster, Row

_MOST_NAMES_OF_A_PHONE = 5
_ALL_PAIRS_UP_TO = 12

Pair = tuple[Row, Row]


class DecidedPair(NamedTuple):
    """Two rows, the smaller first, and what was decided about them."""

    a: Row
    b: Row
    decision: PairDecision


class PairList:
    """Decided pairs in columns: there may be several for each record."""

    def __init__(self, pairs: Iterable[DecidedPair] = ()) -> None:
        self._a, self._b = array("i"), array("i")
        self._decisions: list[PairDecision] = []
        for pair in pairs:
            self.append(pair)

    def append(self, pair: DecidedPair) -> None:
        """Add a pair at the end."""
        self._a.append(pair.a)
        self._b.append(pair.b)
        self._decisions.append(pair.decision)

    def __len__(self) -> int:
        return len(self._decisions)

    def __iter__(self) -> Iterator[DecidedPair]:
        return map(DecidedPair, self._a, self._b, self._decisions)

    def rows(self) -> Iterator[Pair]:
        """The pairs without what was decided."""
        return zip(self._a, self._b, strict=True)


def crowded_phones(roster: Roster) -> frozenset[str]:
    """The phones that too many differently named records hold to be anybody's."""
    return frozenset(
        phone
        for rows in roster.shared_phones()
        if len(rows) > _MOST_NAMES_OF_A_PHONE
        and (phone := roster[rows[0]].phone)
        and has_many_names(roster[row].folded_text for row in rows)
    )


def has_many_names(names: Iterable[str]) -> bool:
    """Whether there are too many different names, folded, for one phone or one GSTIN."""
    apart: list[str] = []
    for name in names:
        if all(compare_folded(name, other) is Verdict.DIFFERENT for other in apart):
            apart.append(name)
        if len(apart) > _MOST_NAMES_OF_A_PHONE:
            return True
    return False


def decide_pairs(
    roster: Roster,
    *,
    crowded: frozenset[str],
    kept_apart: frozenset[Pair],
    joined: frozenset[Pair] = frozenset(),
    archived: frozenset[Row] = frozenset(),
) -> Iterator[DecidedPair]:
    """Every pair that a link, an id, a phone, an e-mail or a GSTIN connects, decided; each pair comes once.

    `kept_apart` are pairs a human said are not the same: nothing joins them again (V3). `joined` are those of which he
    said that they are: nothing else is asked of them (D1). Pairs that already belong to one
    user are left out, for there is nothing to decide; so are accounts that were archived, until their person comes.
    """
    for a, b in sorted(kept_apart):
        yield DecidedPair(a, b, PairDecision(Outcome.APART, Rule.KEPT_APART, ("decided by a human",)))
    for a, b in sorted(joined):
        yield DecidedPair(a, b, PairDecision(Outcome.JOIN, Rule.DECIDED, ("decided by a human",)))
    is_first_import = not (kept_apart or joined or archived or roster.owned_rows())
    for a, b in _connected(roster, crowded):
        if is_first_import or not (
            (a, b) in kept_apart
            or (a, b) in joined
            or a in archived
            or b in archived
            or (roster.owner_of(a) is not None and roster.owner_of(a) == roster.owner_of(b))
        ):
            one, other = roster[a], roster[b]
            if decision := decide_pair(one, other, _ties(roster, a, b, same_id=_have_same_id(one, other))):
                yield DecidedPair(a, b, decision)


def _connected(roster: Roster, crowded: frozenset[str]) -> Iterator[Pair]:
    """Each pair once, strongest evidence first; most pairs share a phone, so those are not remembered but recognised."""
    seen: set[Pair] = set()
    for pair in chain(_linked_or_same_id(roster), _of_one_gstin(roster)):
        if pair not in seen:
            seen.add(pair)
            yield pair
    not_all_paired = set(crowded)
    for rows in roster.shared_phones():
        phone = roster[rows[0]].phone
        if phone is not None and phone not in crowded:
            pairs = [pair for pair in _pairs_of(roster, rows) if pair not in seen]
            if len(rows) > _ALL_PAIRS_UP_TO:
                not_all_paired.add(phone)
                seen.update(pairs)
            yield from pairs
    for rows in roster.shared_emails():
        for a, b in _pairs_of(roster, rows):
            phone = roster[a].phone
            by_phone = phone is not None and phone == roster[b].phone and phone not in not_all_paired
            if not by_phone and (a, b) not in seen:
                yield a, b


def _linked_or_same_id(roster: Roster) -> Iterator[Pair]:
    for row in roster.rows_with_links():
        yield from ((row, other) if row < other else (other, row) for other in roster.linked(row) if other != row)
    for rows in roster.shared_aliases():
        yield from (pair for pair in _pairs_of(roster, rows) if _have_same_id(roster[pair[0]], roster[pair[1]]))


def _of_one_gstin(roster: Roster) -> Iterator[Pair]:
    for rows in roster.shared_gstins():
        if not has_many_names(roster[row].folded_text for row in rows):
            yield from _pairs_of(roster, rows)


def _pairs_of(roster: Roster, rows: Sequence[Row]) -> Iterator[Pair]:
    if len(rows) <= _ALL_PAIRS_UP_TO:
        yield from combinations(rows, 2)
        return
    first_of_name: dict[str, Row] = {}
    for row in rows:
        yield from ((first, row) for first in first_of_name.values())
        first_of_name.setdefault(roster[row].folded_text, row)


def _have_same_id(one: PersonRecord, other: PersonRecord) -> bool:
    return one.app_id is not None and one.app_id == other.app_id and one.collection != other.collection


def _ties(roster: Roster, a: Row, b: Row, *, same_id: bool) -> Ties:
    from_a, from_b = roster.linked(a), roster.linked(b)
    if not (from_a or from_b):
        return SAME_ID if same_id else NO_TIES
    return Ties(
        linked=b in from_a or a in from_b,
        same_id=same_id,
        contradicted=_belongs_elsewhere(roster, from_a, b) or _belongs_elsewhere(roster, from_b, a),
    )


def _belongs_elsewhere(roster: Roster, linked: Sequence[Row], other: Row) -> bool:
    """Whether links name a user, and it is not the user at hand; a user with several customers contradicts nothing."""
    if not linked or roster.kind_of(other) is not Kind.USER:
        return False
    users = [row for row in linked if roster.kind_of(row) is Kind.USER]
    return bool(users) and other not in users
