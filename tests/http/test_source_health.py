"""What a supervisor hears of the source."""

from datetime import timedelta

import httpx

from roundsman.migration.source_cursor import note_doubted, note_taken, note_unreachable
from roundsman.runtime import Runtime

HEALTH = "/api/v1/health/source"


async def test_without_a_source_there_is_no_lag(api: httpx.AsyncClient) -> None:
    answer = await api.get(HEALTH)

    assert answer.json() == {"status": "none", "lag_seconds": None}


async def test_the_lag_is_the_time_since_everything_was_taken(api: httpx.AsyncClient, runtime: Runtime) -> None:
    then = runtime.clock() - timedelta(minutes=5)
    await note_taken(runtime.tx, "mongodb://there/shop", token=None, until=then, fencing=1)

    answer = (await api.get(HEALTH)).json()

    assert answer["status"] == "followed"
    assert answer["lag_seconds"] >= 300


async def test_a_source_that_does_not_answer_is_told_until_it_does(api: httpx.AsyncClient, runtime: Runtime) -> None:
    now = runtime.clock()
    await note_unreachable(runtime.tx, "mongodb://there/shop", since=now)
    away = (await api.get(HEALTH)).json()
    await note_taken(runtime.tx, "mongodb://there/shop", token=None, until=now, fencing=1)
    back = (await api.get(HEALTH)).json()

    assert away == {"status": "unreachable", "lag_seconds": None}
    assert back["status"] == "followed"


async def test_a_source_that_looks_like_another_one_is_told_until_it_is_taken_from(
    api: httpx.AsyncClient, runtime: Runtime
) -> None:
    now = runtime.clock()
    await note_doubted(runtime.tx, "mongodb://there/shop", since=now)
    doubted = (await api.get(HEALTH)).json()
    await note_taken(runtime.tx, "mongodb://there/shop", token=None, until=now, fencing=1)

    assert doubted["status"] == "doubted"
    assert (await api.get(HEALTH)).json()["status"] == "followed"
