"""What Roundsman is the authority for, beside an existing application or without one."""

from dataclasses import dataclass, replace
from enum import StrEnum

from roundsman.database.collections import SYSTEM
from roundsman.database.transaction import Tx
from roundsman.errors import Conflict

_MODE = "mode"


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
    """The two switches. A business that starts without a source has no document: everything is Roundsman's."""

    people: PeopleMode = PeopleMode.LIVE
    operations: OperationsMode = OperationsMode.ROUNDSMAN


class PeopleManagedElsewhere(Conflict):
    """People cannot be changed here yet: Roundsman still follows the existing application."""

    code = "people_managed_elsewhere"

    def __init__(self) -> None:
        super().__init__("People are managed by the existing application until cutover")


async def get_mode(tx: Tx) -> Mode:
    """Read what Roundsman is the authority for."""
    document = await tx.database[SYSTEM].find_one({"_id": _MODE}, session=tx.session)
    if document is None:
        return Mode()
    return Mode(PeopleMode(document["people"]), OperationsMode(document["operations"]))


async def set_mode(tx: Tx, mode: Mode) -> None:
    """Set what Roundsman is the authority for."""
    document = {"_id": _MODE, "people": mode.people.value, "operations": mode.operations.value}
    await tx.database[SYSTEM].replace_one({"_id": _MODE}, document, upsert=True, session=tx.session)


def with_people(mode: Mode, people: PeopleMode) -> Mode:
    """The same mode with another authority for people."""
    return replace(mode, people=people)


async def follow_the_source(tx: Tx) -> None:
    """Begin in shadow, the source managing everything, unless a mode was set before."""
    document = {"people": PeopleMode.SHADOW.value, "operations": OperationsMode.SOURCE.value}
    await tx.database[SYSTEM].update_one({"_id": _MODE}, {"$setOnInsert": document}, upsert=True, session=tx.session)


async def require_people_managed_here(tx: Tx) -> None:
    """Go on only where Roundsman is the authority for people; raises PeopleManagedElsewhere."""
    if (await get_mode(tx)).people is PeopleMode.SHADOW:
        raise PeopleManagedElsewhere
