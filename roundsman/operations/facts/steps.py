"""One step of the operations: something is read and decided about, and where it is another then, written and recorded."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.identity.mode import require_operations_managed_here
from roundsman.operations.facts.intake import Change, Intake, note_down

_Kept = TypeVar("_Kept")


async def take_step(
    tx: Tx,
    *,
    load: Callable[[Tx], Awaitable[_Kept]],
    decide: Callable[[Tx, _Kept], Awaitable[_Kept]],
    write: Callable[[Tx, _Kept], Awaitable[Document]],
    told: Callable[[_Kept, Document], Change],
    intake: Intake,
    now: datetime,
) -> _Kept:
    """In one transaction: have something be as is decided; what is so already is neither written nor recorded.

    `write` gives it as it is stored, of which `told` makes what the audit log says. Raises what these raise, and
    OperationsManagedElsewhere.
    """

    async def work(tx: Tx) -> _Kept:
        await require_operations_managed_here(tx)
        before = await load(tx)
        after = await decide(tx, before)
        if after != before:
            await note_down(tx, intake, told(after, await write(tx, after)), now=now)
        return after

    return await in_transaction(tx, work)
