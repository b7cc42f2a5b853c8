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


async def stand(depot: Depot, boy: Boy, status: str) -> None:
    """Have the office say how a delivery boy stands."""
    await depot.do(depot.owner, "PUT", f"/delivery-boys/{boy.id}/status", {"status": status})


async def unassigned(depot: Depot, **query: str) -> list[str]:
    """The stops that nobody brings."""
    return [one["id"] for one in await depot.get(depot.owner, "/stops/unassigned", **query)]


@pytest.mark.parametrize("status", ["suspended", "left"])
async def test_who_is_suspended_or_has_left_sees_and_tells_nothing(depot: Depot, status: str) -> None:
    order, daily = await depot.order(depot.asha, TODAY), await depot.subscribe(depot.asha)
    given = await depot.order(depot.usha, TODAY)
    await depot.do(depot.owner, "POST", f"/stops/{given.id}/delivery-boy", {"delivery_boy_id": depot.ravi.id})
    await depot.delivered(depot.ravi, daily, "first-key")
    await stand(depot, depot.ravi, status)

    asked = [
        await depot.ask(depot.ravi.user_id, "GET", "/delivery/round"),
        await depot.delivered(depot.ravi, str(order.id), "second-key", paid={"paise": 6_400, "method": "cash"}),
        await depot.not_delivered(depot.ravi, str(given.id), "third-key"),
    ]

    assert {code_of(one) for one in asked} == {(409, "no_round")}
    assert "Asha" not in "".join(one.text for one in asked)
    assert await unassigned(depot) == [str(order.id), str(given.id)]
    assert await seen(depot, depot.ravi) == [daily]
    earnings = await depot.earnings(depot.ravi)
    assert (await depot.earned(depot.ravi), earnings["cash_in_hand_paise"]) == (RATE, 0)
    done = await depot.do(depot.owner, "POST", f"/orders/{order.id}/delivered", {})
    assert (done["status"], await depot.earned(depot.ravi)) == ("delivered", RATE)


async def test_while_he_is_on_leave_his_stops_are_nobodys(depot: Depot) -> None:
    daily = await depot.subscribe(depot.asha)
    tomorrow = f"{depot.asha.id}:{TODAY + DAY}:-"
    assert await unassigned(depot) == []
    await stand(depot, depot.ravi, "on_leave")
    found = await depot.get(depot.owner, "/stops/unassigned")
    assert (await depot.stops(depot.ravi), await unassigned(depot, day=str(TODAY + DAY))) == ([], [tomorrow])
    assert [(one["id"], one["customer_id"], one["for_date"], one["delivery_boy_id"]) for one in found] == [
        (daily, str(depot.asha.id), str(TODAY), depot.ravi.id)
    ]
    assert await depot.get(depot.owner, "/stops/unassigned", skip="1") == []

    await stand(depot, depot.ravi, "active")

    assert (await depot.stops(depot.ravi), await unassigned(depot)) == ([daily], [])


async def test_what_nobody_delivers_to_shows_until_somebody_does(depot: Depot) -> None:
    nobodys = await depot.customer("Bina Shah", None)
    order, daily = await depot.order(nobodys), await depot.subscribe(nobodys)
    assert sorted(await unassigned(depot)) == sorted([str(order.id), daily])
    await give(depot, nobodys, depot.sunil)
    assert (await unassigned(depot), len(await depot.stops(depot.sunil))) == ([], 2)


async def test_a_whole_round_goes_to_another_at_once(depot: Depot) -> None:
    bina = await depot.customer("Bina Shah", depot.ravi, stop=1)
    done, daily = await depot.subscribe(depot.asha), await depot.subscribe(bina)
    given = str((await depot.order(depot.usha, TODAY)).id)
    await depot.do(depot.owner, "POST", f"/stops/{given}/delivery-boy", {"delivery_boy_id": depot.ravi.id})
    failed = str((await depot.order(bina, TODAY)).id)
    await depot.not_delivered(depot.ravi, failed, "first-key")
    await depot.delivered(depot.ravi, done, "second-key")
    await stand(depot, depot.ravi, "left")
    path, to = f"/delivery-boys/{depot.ravi.id}/round/hand-over", {"to": depot.sunil.id}

    handed = [await depot.do(depot.owner, "POST", path, to) for _ in range(2)]

    assert handed == [{"customers": 2, "stops": 2}, {"customers": 0, "stops": 0}]
    assert (await unassigned(depot), await seen(depot, depot.ravi)) == ([], [done])
    assert sorted(await depot.stops(depot.sunil)) == sorted([daily, given, failed])
    assert (await depot.delivered(depot.sunil, failed, "other-key")).status_code == 204
    assert (await depot.earned(depot.ravi), await depot.earned(depot.sunil)) == (RATE, RATE)
    back = await depot.ask(
        depot.owner, "POST", f"/delivery-boys/{depot.sunil.id}/round/hand-over", {"to": depot.ravi.id}
    )
    assert code_of(back) == (409, "delivery_boy_gone")


async def test_who_went_on_leave_still_tells_what_he_brought_before(depot: Depot) -> None:
    stop = await depot.subscribe(depot.asha)
    await stand(depot, depot.ravi, "on_leave")
    assert (await depot.delivered(depot.ravi, stop, "first-key", at=BEGIN.isoformat())).status_code == 204
    assert (await depot.earned(depot.ravi), await depot.stops(depot.ravi)) == (RATE, [stop])
    assert await unassigned(depot) == []
