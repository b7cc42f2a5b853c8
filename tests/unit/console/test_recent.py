"""What takes long to find out: waited for a moment, kept for a while, found anew beside."""

import asyncio
from datetime import datetime, timedelta

import pytest

from roundsman.console.recent import Finding
from tests.builders import NOW

NEVER = timedelta()


class Slow:
    """Finds one number after another, each when it is let."""

    def __init__(self) -> None:
        self.found = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> int:
        """Find the next one."""
        await self.may_end.wait()
        self.found += 1
        return self.found


async def until_it_is(number: int, finding: Finding[int], slow: Slow, now: datetime) -> None:
    async with asyncio.timeout(120):
        while True:
            if await finding.get("a", slow, now=now) == number:
                return
            await asyncio.sleep(0)


async def test_what_is_found_at_once_is_given_at_once_and_for_a_while() -> None:
    finding, quick = Finding[int](patience=timedelta(seconds=30), span=timedelta(minutes=1), most=2), Slow()
    quick.may_end.set()
    assert [await finding.get("a", quick, now=NOW) for _ in range(3)] == [1, 1, 1]


async def test_what_takes_long_is_found_once_for_all_and_given_as_it_was_meanwhile() -> None:
    finding, slow = Finding[int](patience=NEVER, span=timedelta(minutes=1), most=2), Slow()
    assert [await finding.get("a", slow, now=NOW) for _ in range(3)] == [None] * 3
    slow.may_end.set()
    await until_it_is(1, finding, slow, NOW)
    assert await finding.get("a", slow, now=NOW + timedelta(seconds=59)) == 1

    slow.may_end.clear()
    later = NOW + timedelta(minutes=1)
    assert await finding.get("a", slow, now=later) == 1
    slow.may_end.set()
    await until_it_is(2, finding, slow, later)
    assert slow.found == 2
    await finding.end()
    assert slow.found == 2


async def test_what_is_not_found_out_is_asked_for_again() -> None:
    finding, slow = Finding[int](patience=timedelta(seconds=30), span=timedelta(minutes=1), most=2), Slow()

    async def fails() -> int:
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            await finding.get("a", fails, now=NOW)
    slow.may_end.set()
    assert await finding.get("a", slow, now=NOW) == 1
    assert await finding.get("b", slow, now=NOW) == 2
