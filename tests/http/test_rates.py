"""Rate cards over HTTP: what is refused, and what is told again."""

from collections.abc import AsyncIterator

import httpx
import pytest

from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from tests.http.delivering import RATE, Depot, Watch
from tests.http.shopping import code_of


@pytest.fixture
async def runtime(settings: Settings, watch: Watch) -> AsyncIterator[Runtime]:
    """A Roundsman whose clock the test sets."""
    async with open_runtime(settings, clock=watch) as runtime:
        yield runtime


async def set_rate(depot: Depot, key: str, paise: int, **more: object) -> httpx.Response:
    body = {"key": key, "per_delivery_paise": paise, **more}
    return await depot.ask(depot.owner, "POST", "/rates", body)


async def test_two_bonuses_of_one_name_are_refused(depot: Depot) -> None:
    bonuses = [
        {"rule": "extra", "period": period, "deliveries": 1, "paise": paise}
        for period, paise in (("day", 100), ("week", 900))
    ]
    refused = await set_rate(depot, "a-full-card", RATE, bonuses=bonuses)
    assert code_of(refused) == (422, "bonus_rule_twice")
    assert len(await depot.get(depot.owner, "/rates")) == 1


async def test_a_key_stands_for_one_card_with_its_first_day(depot: Depot, watch: Watch) -> None:
    first = await set_rate(depot, "from-the-sixth", 3_000, since="2026-03-06")
    watch.go(hours=1)
    again = await set_rate(depot, "from-the-sixth", 3_000, since="2026-03-06")
    otherwise = [await set_rate(depot, "from-the-sixth", 3_000, since=day) for day in ("2026-03-07", None)]
    assert first.json() == again.json()
    assert [code_of(one) for one in otherwise] == [(409, "key_used_otherwise")] * 2
