"""Reading the next piece while somebody works on this one."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

Piece = TypeVar("Piece")


async def read_ahead(pieces: AsyncIterator[Piece]) -> AsyncGenerator[Piece, None]:
    """Give the pieces in their order; each time the next one is asked for already, so that a server works meanwhile."""
    coming = asyncio.create_task(_next(pieces))
    try:
        while True:
            try:
                piece = await coming
            except StopAsyncIteration:
                return
            coming = asyncio.create_task(_next(pieces))
            # So that the request is on its way before this thread is given to the work.
            await asyncio.sleep(0)
            yield piece
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def _next(pieces: AsyncIterator[Piece]) -> Piece:
    return await anext(pieces)
