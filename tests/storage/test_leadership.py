"""What goes wrong in the background is said once, and of a database that may be away for a moment only if it lasts."""

import asyncio
from collections.abc import Sequence

import pytest
from pymongo.errors import OperationFailure

from roundsman.background import beside
from roundsman.clock import utc_now
from roundsman.database.transaction import Tx
from roundsman.errors import Unavailable
from roundsman.worker import leadership as leading_module
from roundsman.worker.leadership import Leadership, lead_whenever_free

REFUSED = OperationFailure("not allowed on mongodb://db.internal")
FULL = Unavailable("The disk is full")


async def said_of(tx: Tx, rounds: Sequence[Exception | None]) -> list[str]:
    """What is said when the rounds end so, None being one that goes well before the next trouble."""
    said: list[str] = []
    left, over = list(rounds), asyncio.Event()

    async def lead(leading: Leadership) -> None:
        if left and left[0] is None:
            leading.worked.set()
            left.pop(0)
        if left and (trouble := left.pop(0)) is not None:
            raise trouble
        over.set()

    async with asyncio.timeout(120), beside(lead_whenever_free(tx, utc_now, lead, job="job", say=said.append)):
        await over.wait()
    return said


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the next round."""
    monkeypatch.setattr(leading_module, "_STANDBY_SECONDS", 0)


async def test_trouble_of_the_database_is_said_once_when_it_lasts(tx: Tx) -> None:
    assert await said_of(tx, [REFUSED] * 4) == []
    assert await said_of(tx, [REFUSED] * 3 + [None] + [REFUSED] * 4) == []
    (told,) = await said_of(tx, [REFUSED] * 12)
    assert "5 times in a row" in told
    assert "db.internal" not in told


async def test_what_is_said_in_one_sentence_is_said_at_once_and_again_only_after_it_was_over(tx: Tx) -> None:
    assert await said_of(tx, [FULL] * 4) == ["The disk is full"]
    assert await said_of(tx, [FULL, FULL, None, FULL]) == ["The disk is full"] * 2
