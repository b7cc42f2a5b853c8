"""Joining decided pairs into clusters: the records of one person.

No join by transitivity alone (V1): a cluster of more than eight records is taken apart for review, and so is one that
brings together two records which may not be (V2, V3, or names that differ on one phone). Where one weak edge alone holds
two parts together, that edge is cut and becomes a review. A cluster never joins two users that exist, nor a user who is
claimed with what is not linked to him, once people are live (V5, see `sparing`).
"""

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby

from roundsman.identity.names import Verdict
from roundsman.ids import UserId
from roundsman.migration.matching import PHONE, Outcome, PairDecision, Rule
from roundsman.migration.pairing import DecidedPair, Pair, PairList
from roundsman.migration.roster import Roster, Row
from roundsman.migration.sparing import NOBODY, overreaches, sparing

_LARGEST_CLUSTER = 8
_SMALLEST_TRANSITIVE = 3
_VETOES = (Rule.VERIFIED_DIFFER, Rule.KEPT_APART, Rule.CLAIMED)


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """Something a human decides: about which rows, in their order, by which rule, on what evidence."""

    rows: tuple[Row, ...]
    outcome: Outcome
    rule: Rule
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clustering:
    """Every row in one cluster; by row the rule that joined it; what was left to humans."""

    partition: "Partition"
    joined_by: Sequence[PairDecision | None]
    questions: tuple[OpenQuestion, ...]


def cluster(roster: Roster, pairs: Iterable[DecidedPair], claimed: frozenset[UserId] = NOBODY) -> Clustering:
    """Join what the rules join, hold what they hold; the `claimed` users get only what is linked to them."""
    joins, doubts, apart = PairList(), PairList(), PairList()
    for pair in sparing(roster, pairs, claimed) if claimed else pairs:
        if pair.decision.outcome is Outcome.JOIN and not _are_two_users(roster, pair):
            joins.append(pair)
        elif pair.decision.outcome is Outcome.APART:
            apart.append(pair)
        else:
            doubts.append(pair)
    parts = Partition(len(roster), joins.rows())
    held, cut = _held(roster, parts, joins, filter(_is_veto, chain(apart, doubts)), claimed)
    cut_rows = set(map(_rows, cut))
    kept = PairList(pair for pair in joins if _rows(pair) not in cut_rows and pair.a not in held and pair.b not in held)
    final = parts if len(kept) == len(joins) else Partition(len(roster), kept.rows())
    questions = [*_unique(held.values()), *map(_weak_question, sorted(cut, key=_rows))]
    parted = list(final.parting(doubts))
    of_pairs = [pair for pair in parted if not _is_about_a_phone(pair)]
    questions += [_question(pair) for pair in of_pairs if pair.decision.rule is not Rule.CLAIMED]
    questions += _claimed_questions(roster, final, [pair for pair in of_pairs if pair.decision.rule is Rule.CLAIMED])
    questions += _phone_questions(roster, filter(_is_about_a_phone, parted))
    return Clustering(final, _strongest_join(len(roster), kept), tuple(questions))


def _are_two_users(roster: Roster, pair: DecidedPair) -> bool:
    """Whether both records already belong to somebody: what was assigned is never moved, only asked about."""
    return roster.owner_of(pair.a) is not None and roster.owner_of(pair.b) is not None


def _is_veto(pair: DecidedPair) -> bool:
    """Whether the two may not come together by way of others either."""
    decision = pair.decision
    return decision.rule in _VETOES or decision.outcome is Outcome.CONFLICT


class Partition:
    """Disjoint sets of rows; the root of a set is its smallest row."""

    def __init__(self, size: int, joins: Iterable[Pair] = ()) -> None:
        self._parent = array("i", range(size))
        for a, b in joins:
            self.join(a, b)

    def join(self, a: Row, b: Row) -> None:
        """Make one set of the sets of two rows."""
        one, other = self.root(a), self.root(b)
        self._parent[max(one, other)] = min(one, other)

    def root(self, row: Row) -> Row:
        """The smallest row of the set that the row is in."""
        parent = self._parent
        while (above := parent[row]) != row:
            parent[row] = row = parent[above]
        return row

    def clusters(self) -> Iterator[tuple[Row, ...]]:
        """The sets, in the order of first rows."""
        return (tuple(rows) for _, rows in groupby(sorted(range(len(self._parent)), key=self.root), self.root))

    def parting(self, pairs: Iterable[DecidedPair]) -> Iterator[DecidedPair]:
        """The pairs whose rows are in two sets."""
        return (pair for pair in pairs if self.root(pair.a) != self.root(pair.b))

    def sizes(self) -> Sequence[int]:
        """The number of rows in the set of each root."""
        sizes = array("i", bytes(len(self._parent) * array("i").itemsize))
        for row in range(len(self._parent)):
            sizes[self.root(row)] += 1
        return sizes


def _held(
    roster: Roster, parts: Partition, joins: PairList, vetoes: Iterable[DecidedPair], claimed: frozenset[UserId]
) -> tuple[dict[Row, OpenQuestion], frozenset[DecidedPair]]:
    vetoed = {parts.root(pair.a): pair for pair in vetoes if parts.root(pair.a) == parts.root(pair.b)}
    edges = _edges_of_doubtful(roster, parts, joins, vetoed.keys())
    held: dict[Row, OpenQuestion] = {}
    cut: set[DecidedPair] = set()
    for root, of_cluster in edges.items():
        rows = sorted({row for pair in of_cluster for row in (pair.a, pair.b)})
        users = {owner for row in rows if (owner := roster.owner_of(row)) is not None}
        against = vetoed[root].decision.rule if root in vetoed else None
        if claimed and against is None and overreaches(roster, rows, of_cluster, claimed):
            against = Rule.CLAIMED
        if _is_too_large(rows, of_cluster) or len(users) > 1 or against:
            why = _why_held(rows, len(users), against)
            question = OpenQuestion(tuple(rows), Outcome.UNSURE, Rule.TOO_LARGE_OR_WEAK, why)
            held |= dict.fromkeys(rows, question)
        elif len(rows) >= _SMALLEST_TRANSITIVE and any(pair.decision.weak for pair in of_cluster):
            cut |= _weak_bridges(rows, of_cluster)
    return held, frozenset(cut)


def _is_too_large(rows: Sequence[Row], edges: Sequence[DecidedPair]) -> bool:
    """Whether so many records come together without a human having said so."""
    decided = {row for edge in edges if edge.decision.rule is Rule.DECIDED for row in (edge.a, edge.b)}
    return len(rows) > _LARGEST_CLUSTER and not decided.issuperset(rows)


def _edges_of_doubtful(
    roster: Roster, parts: Partition, joins: PairList, vetoed: Collection[Row]
) -> dict[Row, list[DecidedPair]]:
    """The joins, by root, of the clusters that may have to be held or cut; most clusters need no second look."""
    sizes = parts.sizes()
    doubtful = {parts.root(pair.a) for pair in joins if pair.decision.weak}
    doubtful |= {parts.root(row) for row in roster.owned_rows()}
    doubtful.update(vetoed)
    edges: dict[Row, list[DecidedPair]] = defaultdict(list)
    for pair in joins:
        root = parts.root(pair.a)
        if root in doubtful or sizes[root] > _LARGEST_CLUSTER:
            edges[root].append(pair)
    return edges


def _why_held(rows: Sequence[Row], users: int, veto: Rule | None) -> tuple[str, ...]:
    exist = (f"{users} users exist",) if users > 1 else ()
    against = (f"against it: {veto}",) if veto else ()
    return (f"{len(rows)} records", *exist, *against)


def _weak_bridges(rows: Sequence[Row], edges: Sequence[DecidedPair]) -> set[DecidedPair]:
    return {edge for edge in edges if edge.decision.weak and not _connected_without(rows, edges, edge)}


def _connected_without(rows: Sequence[Row], edges: Sequence[DecidedPair], left_out: DecidedPair) -> bool:
    reached, frontier = {rows[0]}, [rows[0]]
    while frontier:
        here = frontier.pop()
        for edge in edges:
            if edge is not left_out and here in (edge.a, edge.b):
                there = edge.b if edge.a == here else edge.a
                if there not in reached:
                    reached.add(there)
                    frontier.append(there)
    return len(reached) == len(rows)


def _strongest_join(size: int, joins: PairList) -> list[PairDecision | None]:
    """For each row the first decision that joined it: pairs come strongest evidence first."""
    joined: list[PairDecision | None] = [None] * size
    for pair in joins:
        for row in _rows(pair):
            joined[row] = joined[row] or pair.decision
    return joined


def _is_about_a_phone(pair: DecidedPair) -> bool:
    return pair.decision.outcome is Outcome.CONFLICT and PHONE in pair.decision.evidence


def _phone_questions(roster: Roster, pairs: Iterable[DecidedPair]) -> list[OpenQuestion]:
    """One question for each phone that several persons claim, not one for each two of them."""
    rows: dict[str | None, array[int]] = defaultdict(partial(array, "i"))
    rules: dict[str | None, Rule] = {}
    for pair in pairs:
        phone = roster[pair.a].phone
        rows[phone].extend(_rows(pair))
        rules[phone] = min(rules.get(phone, pair.decision.rule), pair.decision.rule)
    evidence = (PHONE, f"names {Verdict.DIFFERENT}")
    return [
        OpenQuestion(tuple(sorted(set(rivals))), Outcome.CONFLICT, rules[phone], evidence)
        for phone, rivals in rows.items()
    ]


def _claimed_questions(roster: Roster, final: Partition, pairs: Iterable[DecidedPair]) -> Iterator[OpenQuestion]:
    """One question for each person who resembles a claimed user, not one for each of that user's documents."""
    alike: dict[frozenset[UserId | Row], list[DecidedPair]] = defaultdict(list)
    for pair in pairs:
        alike[frozenset(roster.owner_of(row) or final.root(row) for row in _rows(pair))].append(pair)
    for some in alike.values():
        rows = {row for pair in some for row in _rows(pair)}
        yield OpenQuestion(tuple(sorted(rows)), Outcome.UNSURE, Rule.CLAIMED, some[0].decision.evidence)


def _question(pair: DecidedPair) -> OpenQuestion:
    outcome = Outcome.UNSURE if pair.decision.outcome is Outcome.JOIN else pair.decision.outcome
    return OpenQuestion(_rows(pair), outcome, pair.decision.rule, pair.decision.evidence)


def _weak_question(pair: DecidedPair) -> OpenQuestion:
    return OpenQuestion(_rows(pair), Outcome.UNSURE, Rule.TOO_LARGE_OR_WEAK, pair.decision.evidence)


def _rows(pair: DecidedPair) -> tuple[Row, Row]:
    return pair.a, pair.b


def _unique(questions: Iterable[OpenQuestion]) -> list[OpenQuestion]:
    return list({question.rows: question for question in questions}.values())
