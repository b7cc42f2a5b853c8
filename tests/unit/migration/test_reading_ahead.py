"""Pieces come in their order, the next one is asked for while one is worked on, and nothing is left behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from roundsman.migration.reading_ahead import read_ahead


class Server:
    """Gives numbers, each after a while, and then perhaps trouble."""

    def __init__(self, count: int, trouble: Exception | None = None) -> None:
        self.asked_for = 0
        self.is_left = False
        self._count, self._trouble = count, trouble

    async def numbers(self) -> AsyncIterator[int]:
        """All numbers in their order."""
        try:
            for number in range(self._count):
                self.asked_for += 1
                await asyncio.sleep(0)
                yield number
            if self._trouble:
                raise self._trouble
        finally:
            self.is_left = True


@pytest.mark.parametrize("count", [0, 1, 5])
async def test_every_piece_comes_once_and_in_order(count: int) -> None:
    assert [piece async for piece in read_ahead(Server(count).numbers())] == list(range(count))


async def test_the_next_piece_is_asked_for_before_one_is_worked_on() -> None:
    server = Server(5)

    async with aclosing(read_ahead(server.numbers())) as pieces:
        assert await anext(pieces) == 0
        assert server.asked_for == 2


async def test_trouble_comes_after_what_was_read_before_it() -> None:
    pieces = read_ahead(Server(2, OSError("gone")).numbers())

    assert [await anext(pieces), await anext(pieces)] == [0, 1]
    with pytest.raises(OSError, match="gone"):
        await anext(pieces)


async def test_whoever_leaves_early_leaves_nothing_running() -> None:
    server = Server(5)

    async with aclosing(read_ahead(server.numbers())) as pieces:
        await anext(pieces)

    assert server.is_left
