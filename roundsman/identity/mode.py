"""What Roundsman is the authority for, beside an existing application or without one.

A switch is taken back only while nothing was written live. So whatever writes live holds the mode until its transaction
has ended, in one of several documents, lest everybody waits for everybody; taking back needs all of them.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from roundsman.database.collections import SYSTEM
from roundsman.database.documents import without_absent
from roundsman.database.together import Question, by_id
from roundsman.database.transaction import Document, Tx
from roundsman.errors import Conflict

_MODE = "mode"
_HELD = tuple(f"mode.held:{number}" for number in range(16))


class PeopleMode(StrEnum):
    """Who manages identity, roles, passwords and sessions."""

    SHADOW = "shadow"
    """The existing application; Roundsman follows it."""
    LIVE = "live"
    """Roundsman."""


class OperationsMode(StrEnum):
    """Who writes orders, deliveries, payments, subscriptions and earnings."""

    SOURCE = "source"
    """The existing application; Roundsman reads them."""
    ROUNDSMAN = "roundsman"


@dataclass(frozen=True, slots=True)
class Mode:
    """The two switches. A business that starts without a source has no document: everything is Roundsman's.

    `people_since` and `operations_since` say when a source handed them over; absent if it never did. Two modes are the
    same whenever that was.
    """

    people: PeopleMode = PeopleMode.LIVE
    operations: OperationsMode = OperationsMode.ROUNDSMAN
    people_since: datetime | None = field(default=None, compare=False)
    operations_since: datetime | None = field(default=None, compare=False)


class PeopleManagedElsewhere(Conflict):
    """People cannot be changed here yet: Roundsman still follows the existing application."""

    code = "people_managed_elsewhere"

    def __init__(self) -> None:
        super().__init__("People are managed by the existing application until cutover")


class OperationsManagedElsewhere(Conflict):
    """Orders and what follows from them cannot be written here yet."""

    code = "operations_managed_elsewhere"

    def __init__(self) -> None:
        super().__init__("Orders, deliveries and payments are managed by the existing application")


async def get_mode(tx: Tx) -> Mode:
    """Read what Roundsman is the authority for."""
    document = await tx.database[SYSTEM].find_one({"_id": _MODE}, session=tx.session)
    return mode_asked([] if document is None else [document])


def asking_for_mode() -> Question:
    """Ask for it together with something else."""
    return by_id(SYSTEM, _MODE)


def mode_asked(documents: Sequence[Document]) -> Mode:
    """Read the answer to that."""
    if not documents:
        return Mode()
    [document] = documents
    return Mode(
        PeopleMode(document["people"]),
        OperationsMode(document["operations"]),
        document.get("people_since"),
        document.get("operations_since"),
    )


async def set_mode(tx: Tx, mode: Mode) -> None:
    """Set what Roundsman is the authority for."""
    document = {
        "_id": _MODE,
        "people": mode.people.value,
        "operations": mode.operations.value,
        "people_since": mode.people_since,
        "operations_since": mode.operations_since,
    }
    await tx.database[SYSTEM].replace_one({"_id": _MODE}, without_absent(document), upsert=True, session=tx.session)


def with_people(mode: Mode, people: PeopleMode, *, since: datetime | None = None) -> Mode:
    """The same mode with another authority for people."""
    return replace(mode, people=people, people_since=since)


def with_operations(mode: Mode, operations: OperationsMode, *, since: datetime | None = None) -> Mode:
    """The same mode with another authority for operations."""
    return replace(mode, operations=operations, operations_since=since)


async def follow_the_source(tx: Tx) -> None:
    """Begin in shadow, the source managing everything, unless a mode was set before."""
    document = {"people": PeopleMode.SHADOW.value, "operations": OperationsMode.SOURCE.value}
    await tx.database[SYSTEM].update_one({"_id": _MODE}, {"$setOnInsert": document}, upsert=True, session=tx.session)


async def follow_no_source(tx: Tx) -> None:
    """As before any source was followed: everything is Roundsman's."""
    await tx.database[SYSTEM].delete_one({"_id": _MODE}, session=tx.session)


async def require_people_managed_here(tx: Tx) -> None:
    """Go on only where Roundsman is the authority for people; in a transaction it stays so until that has ended.

    Raises PeopleManagedElsewhere.
    """
    mode = await get_mode(tx)
    if mode.people is PeopleMode.SHADOW:
        raise PeopleManagedElsewhere
    if mode.people_since is not None:
        await _hold(tx)


async def require_operations_managed_here(tx: Tx) -> None:
    """Go on only where Roundsman writes operations; in a transaction it stays so until that has ended.

    Raises OperationsManagedElsewhere.
    """
    mode = await get_mode(tx)
    if mode.operations is OperationsMode.SOURCE:
        raise OperationsManagedElsewhere
    if mode.operations_since is not None:
        await _hold(tx)


async def shut_out_writers(tx: Tx) -> None:
    """Within a transaction: nobody writes live until it has ended, and what was written before is seen."""
    for held in _HELD:
        await _touch(tx, held)


async def _hold(tx: Tx) -> None:
    if tx.session is not None:
        await _touch(tx, secrets.choice(_HELD))


async def _touch(tx: Tx, held: str) -> None:
    """MongoDB lets only one of two transactions that write one document end; the other is run again."""
    await tx.database[SYSTEM].update_one({"_id": held}, {"$inc": {"times": 1}}, upsert=True, session=tx.session)
