"""How good the decisions about a generated world are, told by its truth file.

Everything is counted in pairs of documents. Precision: how many of the pairs that were put together are one person's.
Recall: how many of the pairs that are one person's were put together. A perfect review answers every open question as
the truth does. Phone equality is the baseline: whoever has the same last ten digits is the same person.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from math import comb
from pathlib import Path

from roundsman.ids import UserId
from roundsman.migration.clusters import OpenQuestion
from roundsman.migration.collecting import collect
from roundsman.migration.generator.folder import read_truth
from roundsman.migration.matching import Outcome
from roundsman.migration.people import Known, People
from roundsman.migration.profile import builtin_profile
from roundsman.migration.roster import Roster, Row
from roundsman.migration.sources.folder import FolderSource

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares from 0 to 1, and how many records and questions they are about."""

    records: int
    questions: int
    precision: float
    recall: float
    recall_with_review: float
    unsure_that_are_true: float
    phone_precision: float
    phone_recall: float


async def measure(folder: Path) -> Quality:
    """Decide a generated world and compare the decisions with its truth."""
    roster = await collect(FolderSource(folder), builtin_profile("earlybird"))
    people = People(roster, Known(), as_of=AS_OF)
    rows = range(len(roster))
    person = _persons(folder, roster)
    precision, recall = _scores(person, list(map(people.user_of, rows)))
    phone_precision, phone_recall = _scores(person, [roster[row].phone or row for row in rows])
    questions = people.clustering.questions
    return Quality(
        records=len(roster),
        questions=len(questions),
        precision=precision,
        recall=recall,
        recall_with_review=_scores(person, _reviewed(people, person))[1],
        unsure_that_are_true=_share_of_true(person, questions),
        phone_precision=phone_precision,
        phone_recall=phone_recall,
    )


def _persons(folder: Path, roster: Roster) -> list[str]:
    truth = {f"{row['collection']}:{row['_id']}": row["person"] for row in read_truth(folder)}
    return [truth[roster[row].key] for row in range(len(roster))]


def _scores(person: Sequence[str], group: Sequence[Hashable]) -> tuple[float, float]:
    """Precision and recall of groups of rows."""
    right = _pairs_within(zip(person, group, strict=True))
    return right / _pairs_within(group), right / _pairs_within(person)


def _pairs_within(labels: Iterable[Hashable]) -> int:
    return sum(comb(size, 2) for size in Counter(labels).values())


def _share_of_true(person: Sequence[str], questions: Iterable[OpenQuestion]) -> float:
    unsure = [question.rows for question in questions if question.outcome is Outcome.UNSURE]
    answers = [person[a] == person[b] for rows in unsure for a, b in combinations(rows, 2)]
    return sum(answers) / len(answers)


def _reviewed(people: People, person: Sequence[str]) -> list[UserId]:
    """Whose each row is when every question was answered rightly."""
    becomes: dict[UserId, UserId] = {}

    def final(row: Row) -> UserId:
        user = people.user_of(row)
        while user in becomes:
            user = becomes[user]
        return user

    for question in people.clustering.questions:
        members: dict[str, list[Row]] = defaultdict(list)
        for row in question.rows:
            members[person[row]].append(row)
        for first, *others in members.values():
            for other in others:
                if final(first) != final(other):
                    becomes[final(other)] = final(first)
    return [final(row) for row in range(len(person))]
