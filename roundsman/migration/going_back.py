"""Taking a switch back, while nothing was written live: `live_writes` says what that means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from roundsman.audit_log.entries import SYSTEM, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.sessions import end_all_sessions
from roundsman.database.lease import MIGRATION, take_turn
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict
from roundsman.identity.mode import (
    OperationsMode,
    PeopleMode,
    get_mode,
    set_mode,
    shut_out_writers,
    with_operations,
    with_people,
)
from roundsman.migration.live_writes import WRITTEN_IN_OPERATIONS, WRITTEN_LIVE, LiveWrite

_MOST_EXAMPLES: Final = 3


class NothingToTakeBack(Conflict):
    """There was no switch that could be taken back."""

    code = "nothing_to_take_back"


class OperationsFirst(Conflict):
    """People cannot go back while operations are Roundsman's."""

    code = "operations_first"


@dataclass(frozen=True, slots=True)
class Written:
    """One kind of what was written live: how much, and some of it."""

    what: str
    count: int
    examples: tuple[str, ...]


class WrittenLive(Conflict):
    """Something was written here that the existing application would not know; `written` says what."""

    code = "written_live"

    def __init__(self, written: Sequence[Written]) -> None:
        lines = [f"\n- {one.count} {one.what}: {', '.join(one.examples)}" for one in written]
        super().__init__(f"there is no way back any more, for the source knows nothing of{''.join(lines)}")
        self.written = tuple(written)


async def take_people_back(tx: Tx, *, now: datetime) -> None:
    """Let the existing application be the authority for people again; everybody signs in again.

    Of this and a live write only one happens. Raises NothingToTakeBack, OperationsFirst or WrittenLive, or LeaseTaken
    while somebody imports.
    """

    async def work(tx: Tx) -> None:
        mode = await get_mode(tx)
        if mode.people_since is None:
            raise NothingToTakeBack("people were never taken over from an existing application")
        if mode.operations_since is not None:
            raise OperationsFirst("operations go back first: roundsman migrate cutover --operations --back")
        await _require_nothing(tx, WRITTEN_LIVE, mode.people_since, now=now)
        await set_mode(tx, with_people(mode, PeopleMode.SHADOW))
        # Customers must not go on here with sessions from the time between.
        await end_all_sessions(tx)
        await record(tx, AuditEntry(now, SYSTEM, "mode.taken_back", "system:mode", reason="people are in shadow"))

    await in_transaction(tx, work)


async def take_operations_back(tx: Tx, *, now: datetime) -> None:
    """Let the existing application write operations again. Raises as `take_people_back`."""

    async def work(tx: Tx) -> None:
        mode = await get_mode(tx)
        if mode.operations_since is None:
            raise NothingToTakeBack("operations were never taken over from an existing application")
        await _require_nothing(tx, WRITTEN_IN_OPERATIONS, mode.operations_since, now=now)
        await set_mode(tx, with_operations(mode, OperationsMode.SOURCE))
        reason = "operations are the source's"
        await record(tx, AuditEntry(now, SYSTEM, "mode.taken_back", "system:mode", reason=reason))

    await in_transaction(tx, work)


async def find_written(tx: Tx, kinds: Sequence[LiveWrite], since: datetime) -> list[Written]:
    """Ask for each kind what was written since; kinds without any are left out."""
    return [found for kind in kinds if (found := await _find(tx, kind, since)).count]


async def _find(tx: Tx, kind: LiveWrite, since: datetime) -> Written:
    cursor = await tx.database[kind.collection].aggregate(
        [*kind.query(since), {"$project": {"_id": 1}}], session=tx.session
    )
    count, examples = 0, list[str]()
    async for document in cursor:
        count += 1
        if count <= _MOST_EXAMPLES:
            examples.append(str(document["_id"]))
    return Written(kind.what, count, tuple(examples))


async def _require_nothing(tx: Tx, kinds: Sequence[LiveWrite], since: datetime, *, now: datetime) -> None:
    await take_turn(tx, MIGRATION, now=now)
    await shut_out_writers(tx)
    if written := await find_written(tx, kinds, since):
        raise WrittenLive(written)
