"""Rate cards over HTTP: what is refused, and what is told again."""

from collections.abc import AsyncIterator

import httpx
import pytest

from roundsman.operations.delivering.month_ends import settle_months
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


async def test_rates_come_page_by_page(depot: Depot, watch: Watch) -> None:
    for number in range(3):
        watch.go(minutes=1)
        await set_rate(depot, f"a-later-rate-{number}", 3_000 + number)
    pages = [await depot.get(depot.owner, "/rates", skip=str(skip), limit="2") for skip in (0, 2, 4)]
    assert [[one["per_delivery_paise"] for one in page] for page in pages] == [[RATE, 3_000], [3_001, 3_002], []]


async def test_a_month_is_paid_by_the_cards_that_counted_in_it(depot: Depot, watch: Watch) -> None:
    """One of before the month, one within it, one of his own, and one of after it that does not count."""
    changes: dict[tuple[int, int], dict[str, object]] = {
        (3, 5): {},
        (4, 10): {},
        (4, 20): {"delivery_boy_id": depot.ravi.id},
        (5, 1): {"delivery_boy_id": depot.ravi.id},
    }
    for number, ((month, day), whose) in enumerate(changes.items()):
        watch.set(2026, month, day, 5)
        bonus = {"rule": "one-a-day", "period": "day", "deliveries": 1, "paise": 100 + number}
        assert (await set_rate(depot, f"a-rate-{month}-{day}", RATE, bonuses=[bonus], **whose)).status_code == 201
        await depot.brought(depot.ravi, depot.asha)
    watch.set(2026, 5, 2, 5)

    await settle_months(depot.tx, now=watch.now)

    found = await depot.get(depot.ravi.user_id, "/delivery/entries", month="2026-04")
    assert [one["paise"] for one in found if one["kind"] == "bonus"] == [101, 102]
    (march,) = await depot.get(depot.ravi.user_id, "/delivery/entries", month="2026-03", skip="1")
    assert (march["kind"], march["paise"]) == ("bonus", 100)
