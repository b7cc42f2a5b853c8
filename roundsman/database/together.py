"""Several questions to the database in one request.

What a request costs is mostly the way there and back: asking for two documents of different collections together costs
little more than asking for one of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from roundsman.database.transaction import Document, Tx

_NUMBER: Final = "asked_as_number"


@dataclass(frozen=True, slots=True)
class Question:
    """The steps of an aggregation over a collection."""

    collection: str
    steps: tuple[Document, ...]


def by_id(collection: str, key: Any) -> Question:  # noqa: ANN401 - whatever a collection has for ids
    """Ask for one document by its primary key."""
    return Question(collection, ({"$match": {"_id": key}},))


async def ask_together(tx: Tx, *questions: Question) -> Sequence[list[Document]]:
    """Ask all questions at once; the answers in their order. Not within a transaction, where MongoDB refuses it.

    The answers are of nearly one moment, not of exactly one: each question is asked after the one before it.
    """
    first, *others = [_numbered(number, question) for number, question in enumerate(questions)]
    steps = [*first.steps, *({"$unionWith": {"coll": one.collection, "pipeline": [*one.steps]}} for one in others)]
    answers: list[list[Document]] = [[] for _ in questions]
    found = await tx.database[first.collection].aggregate(steps, session=tx.session)
    for document in await found.to_list():
        answers[document.pop(_NUMBER)].append(document)
    return answers


def _numbered(number: int, question: Question) -> Question:
    return Question(question.collection, (*question.steps, {"$set": {_NUMBER: number}}))
