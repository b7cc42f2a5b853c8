import asyncio

from roundsman.background import beside


async def _deaf_once(heard: list[str]) -> None:
    """Lose the first cancellation, as `wait_for` of Python 3.11 may when its result comes in the same instant."""
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            heard.append("cancelled")
            if len(heard) > 1:
                raise


async def test_work_that_loses_a_cancellation_is_ended_all_the_same() -> None:
    heard: list[str] = []

    async with beside(_deaf_once(heard)):
        await asyncio.sleep(0)

    assert heard == ["cancelled", "cancelled"]


async def test_what_broke_in_the_background_does_not_break_what_it_went_on_beside() -> None:
    async def broken() -> None:
        raise ValueError

    async with beside(broken()):
        await asyncio.sleep(0)
