"""Whose a stop is when things change: customers go from one delivery boy to another, pause, leave, and reports come late."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from roundsman.calendar import day_of
from roundsman.customers.customers import Customer
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from tests.http.delivering import BEGIN, RATE, Boy, Depot, Watch
from tests.http.shopping import code_of

TODAY = day_of(BEGIN)
DAY = timedelta(days=1)
NO_STOP = (404, "unknown_stop")


@pytest.fixture
async def runtime(settings: Settings, watch: Watch) -> AsyncIterator[Runtime]:
    """A Roundsman whose clock the test sets."""
    async with open_runtime(settings, clock=watch) as runtime:
        yield runtime


async def give(depot: Depot, customer: Customer, boy: Boy | None) -> None:
    """Have somebody else deliver to a customer from now on."""
    body = {"delivery_boy_id": None if boy is None else boy.id}
    await depot.do(depot.owner, "PUT", f"/customers/{customer.id}/delivery-boy", body)


async def pause(depot: Depot, customer: Customer, **days: Any) -> None:  # noqa: ANN401  days as text
    """Have a customer pause all he gets."""
    for one in await depot.get(customer.user_id, "/subscriptions"):
        await depot.do(customer.user_id, "POST", f"/subscriptions/{one['id']}/pause", days)


async def seen(depot: Depot, boy: Boy, **query: str) -> list[str]:
    """The stops of somebody's round as the office sees it."""
    return [one["id"] for one in await depot.get(depot.owner, f"/delivery-boys/{boy.id}/round", **query)]


@pytest.mark.parametrize("is_order", [True, False])
async def test_a_day_that_is_over_is_his_who_had_the_customer_then(depot: Depot, *, is_order: bool) -> None:
    stop = str((await depot.order(depot.asha, TODAY)).id) if is_order else await depot.subscribe(depot.asha)
    depot.watch.go(days=1)
    await give(depot, depot.asha, depot.sunil)
    depot.watch.go(days=1)

    late = await depot.delivered(depot.ravi, stop, "first-key", at=BEGIN.isoformat())

    assert late.status_code == 204, late.text
    assert (await depot.earned(depot.ravi), await depot.earned(depot.sunil)) == (RATE, 0)
    assert stop in await seen(depot, depot.ravi, day=TODAY.isoformat())


async def test_nobody_is_paid_for_days_before_he_had_the_customer(depot: Depot) -> None:
    stop = await depot.subscribe(depot.asha)
    depot.watch.go(days=1)
    await give(depot, depot.asha, None)
    depot.watch.go(days=1)
    await give(depot, depot.asha, depot.sunil)
    of_nobody = f"{depot.asha.id}:{TODAY + 2 * DAY}:-"

    refused = [await depot.delivered(depot.sunil, one, "first-key") for one in (stop, stop)]
    depot.watch.go(days=1)

    assert {code_of(one) for one in refused} == {NO_STOP}
    assert await seen(depot, depot.sunil, day=TODAY.isoformat()) == []
    assert await seen(depot, depot.ravi, day=TODAY.isoformat()) == [stop]
    assert code_of(await depot.delivered(depot.ravi, of_nobody, "first-key")) == NO_STOP
    assert (await depot.delivered(depot.sunil, of_nobody, "first-key")).status_code == 204
    assert await depot.earned(depot.sunil) == RATE


async def test_what_was_paused_after_it_was_brought_is_paid_though_it_is_told_later(depot: Depot) -> None:
    stop = await depot.subscribe(depot.asha)
    depot.watch.go(hours=3)
    await pause(depot, depot.asha, start=TODAY.isoformat())
    assert await depot.stops(depot.ravi) == []
    assert code_of(await depot.delivered(depot.ravi, stop, "first-key")) == NO_STOP
    depot.watch.go(days=1)
    tomorrow = f"{depot.asha.id}:{TODAY + DAY}:-"

    assert code_of(await depot.delivered(depot.ravi, tomorrow, "first-key", at=BEGIN.isoformat())) == NO_STOP
    assert (await depot.delivered(depot.ravi, stop, "first-key", at=BEGIN.isoformat())).status_code == 204
    assert await depot.earned(depot.ravi) == RATE


async def test_what_was_brought_before_an_account_was_closed_is_paid_though_it_is_told_later(depot: Depot) -> None:
    stop = await depot.subscribe(depot.asha)
    depot.watch.go(days=1)
    await depot.do(depot.asha.user_id, "POST", "/auth/me/close", {})
    tomorrow = f"{depot.asha.id}:{TODAY + DAY}:-"
    assert await depot.stops(depot.ravi) == []

    assert (await depot.delivered(depot.ravi, stop, "first-key", at=BEGIN.isoformat())).status_code == 204
    assert await depot.earned(depot.ravi) == RATE
    depot.watch.go(days=1)
    day_after = f"{depot.asha.id}:{TODAY + 2 * DAY}:-"
    for one in (tomorrow, day_after):
        assert code_of(await depot.delivered(depot.ravi, one, "first-key")) == NO_STOP
