import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.auth.attempts import TooOften, count, give_back, require, take
from roundsman.auth.limits import Limit, window_end, window_start
from roundsman.database.collections import ATTEMPTS
from roundsman.database.transaction import Tx, in_transaction

NOW = datetime(2026, 3, 1, 6, 31, 7, tzinfo=UTC)
TEN = Limit("test", 10, timedelta(minutes=5))


@given(st.timedeltas(timedelta(days=-30_000), timedelta(days=30_000)), st.integers(1, 10**6))
def test_every_moment_is_in_exactly_one_window(from_now: timedelta, seconds: int) -> None:
    now = NOW + from_now
    limit = Limit("test", 1, timedelta(seconds=seconds))
    start, end = window_start(limit, now=now), window_end(limit, now=now)
    assert start <= now < end
    assert end - start == limit.window
    assert window_start(limit, now=end) == end


async def test_of_a_thousand_simultaneous_attempts_exactly_the_limit_passes(tx: Tx) -> None:
    answers = await asyncio.gather(*(take(tx, TEN, "+919820012345", now=NOW) for _ in range(1000)))

    assert answers.count(None) == 10
    assert set(answers) - {None} == {NOW.replace(minute=35, second=0)}


async def test_the_next_window_and_others_start_afresh(tx: Tx) -> None:
    one = Limit("test", 1, timedelta(minutes=5))
    assert await take(tx, one, "a", now=NOW) is None
    again_at = await take(tx, one, "a", now=NOW)
    assert again_at is not None
    assert await take(tx, one, "b", now=NOW) is None
    assert await take(tx, Limit("other", 1, timedelta(minutes=5)), "a", now=NOW) is None
    assert await take(tx, one, "a", now=again_at) is None


async def test_an_attempt_given_back_lets_one_more_pass_however_many_were_refused(tx: Tx) -> None:
    await asyncio.gather(*(take(tx, TEN, "a", now=NOW) for _ in range(50)))

    await give_back(tx, TEN, "a", now=NOW)

    answers = await asyncio.gather(*(take(tx, TEN, "a", now=NOW) for _ in range(50)))
    assert answers.count(None) == 1
    await give_back(tx, TEN, "nobody", now=NOW)
    assert await count(tx, TEN, "nobody", now=NOW) == 0


async def test_a_refusal_says_how_long_to_wait(tx: Tx) -> None:
    none = Limit("test", 0, timedelta(minutes=5))
    with pytest.raises(TooOften, match="Slowly") as refused:
        await require(tx, none, "a", message="Slowly.", now=NOW)
    assert refused.value.retry_after == timedelta(minutes=3, seconds=53)
    assert refused.value.retry_after_seconds == 233


async def test_a_transaction_that_fails_does_not_take_the_attempt_back(tx: Tx) -> None:
    async def failing(tx: Tx) -> None:
        await take(tx, TEN, "a", now=NOW)
        raise KeyError

    with pytest.raises(KeyError):
        await in_transaction(tx, failing)

    assert await count(tx, TEN, "a", now=NOW) == 1


async def test_whose_attempts_they_are_is_not_kept(tx: Tx) -> None:
    await take(tx, TEN, "+919820012345", now=NOW)
    stored = await tx.database[ATTEMPTS].find_one({})
    assert stored is not None
    assert "9820012345" not in str(stored)
    assert stored["expires_at"] == NOW.replace(minute=35, second=0)
