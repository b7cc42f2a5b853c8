"""What customers pay at doors: told with the delivery, later or otherwise, it is one payment and one amount in hand."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from roundsman.activation.tracking import find_tracked
from roundsman.calendar import day_of
from roundsman.database import collections
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from tests.http.delivering import BEGIN, RATE, Boy, Depot, Watch
from tests.http.shopping import code_of

TODAY = day_of(BEGIN)
CASH = {"paise": 6_400, "method": "cash"}
USED = (409, "key_used_otherwise")
WHY = {"reason": "counted again"}


@pytest.fixture
async def runtime(settings: Settings, watch: Watch) -> AsyncIterator[Runtime]:
    """A Roundsman whose clock the test sets."""
    async with open_runtime(settings, clock=watch) as runtime:
        yield runtime


async def collected(depot: Depot, stop: str, paise: int, method: str = "cash", **more: str) -> dict[str, Any]:
    """Have the office say what was collected."""
    body = WHY | {"paise": paise, "method": method} | more
    said: dict[str, Any] = await depot.do(depot.owner, "PUT", f"/stops/{stop}/collected", body)
    return said


async def in_hand(depot: Depot, boy: Boy) -> int:
    return int((await depot.earnings(boy))["cash_in_hand_paise"])


async def payments(depot: Depot) -> list[tuple[int, str]]:
    """What Asha paid, and how."""
    return [(one["amount_paise"], one["method"]) for one in await depot.get(depot.asha.user_id, "/payments")]


async def revenue(depot: Depot) -> int:
    tracked = await find_tracked(depot.tx, depot.asha.user_id)
    assert tracked is not None
    return tracked.lifecycle.revenue_paise


async def test_what_is_paid_after_the_delivery_is_told_after_it(depot: Depot) -> None:
    stop = str((await depot.order(depot.asha, TODAY)).id)
    await depot.do(depot.owner, "POST", f"/orders/{stop}/delivered", {})
    depot.watch.go(hours=8)

    told = [await depot.delivered(depot.ravi, stop, "in-the-evening", paid=CASH) for _ in range(2)]

    assert [one.status_code for one in told] == [204, 204]
    assert (await in_hand(depot, depot.ravi), await payments(depot)) == (6_400, [(6_400, "cash")])
    assert await depot.earned(depot.ravi) == RATE
    (seen,) = await depot.get(depot.asha.user_id, "/orders")
    assert seen["delivered_at"].startswith(BEGIN.isoformat()[:19])
    (entry,) = await depot.tx.database[collections.AUDIT_LOG].find({"action": "order.collected"}).to_list()
    assert entry["actor"]["who"] == str(depot.ravi.user_id)
    more = await depot.delivered(depot.ravi, stop, "once-more-key", paid=CASH)
    assert code_of(more) == (409, "stop_done_already")


async def test_the_office_corrects_what_was_collected_and_everything_follows(depot: Depot) -> None:
    stop = str((await depot.order(depot.asha, TODAY)).id)
    await depot.delivered(depot.ravi, stop, "first-key", paid=CASH | {"paise": 64_000})
    assert (await in_hand(depot, depot.ravi), await revenue(depot)) == (64_000, 64_000)

    said = [await collected(depot, stop, 6_400) for _ in range(2)]

    assert said[0] == said[1]
    assert (said[0]["paise"], said[0]["by"]) == (6_400, depot.ravi.id)
    assert (await in_hand(depot, depot.ravi), await payments(depot)) == (6_400, [(6_400, "cash")])
    assert await revenue(depot) == 6_400
    (entry,) = await depot.tx.database[collections.AUDIT_LOG].find({"action": "order.collected"}).to_list()
    assert (entry["reason"], entry["actor"]["who"]) == ("counted again", str(depot.owner))
    await collected(depot, stop, 6_400, "upi")
    assert (await in_hand(depot, depot.ravi), await payments(depot)) == (0, [(6_400, "upi")])
    await collected(depot, stop, 7_000, delivery_boy_id=depot.sunil.id)
    assert (await in_hand(depot, depot.ravi), await in_hand(depot, depot.sunil)) == (0, 7_000)
    await collected(depot, stop, 0)
    assert (await in_hand(depot, depot.sunil), await payments(depot), await revenue(depot)) == (0, [(0, "cash")], 0)
    (shown,) = await depot.round(depot.ravi)
    assert shown["collected_paise"] == 0
    assert await depot.earned(depot.ravi) == RATE


async def test_what_nobody_told_of_is_entered_by_the_office(depot: Depot) -> None:
    stop = await depot.subscribe(depot.asha)
    body = WHY | CASH
    nobody = await depot.ask(depot.owner, "PUT", f"/stops/{stop}/collected", body)
    unknown = await depot.ask(
        depot.owner, "PUT", f"/stops/{stop}/collected", body | {"delivery_boy_id": str(depot.owner)}
    )
    await depot.delivered(depot.ravi, stop, "first-key")

    await collected(depot, stop, 6_400)

    assert code_of(nobody) == (409, "nobody_collected")
    assert code_of(unknown) == (404, "unknown_delivery_boy")
    assert (await in_hand(depot, depot.ravi), await payments(depot)) == (6_400, [(6_400, "cash")])


async def test_a_key_that_was_used_for_something_else_is_refused(depot: Depot) -> None:
    stop = str((await depot.order(depot.asha, TODAY)).id)
    assert (await depot.not_delivered(depot.ravi, stop, "first-key")).status_code == 204
    other = [
        await depot.delivered(depot.ravi, stop, "first-key", paid=CASH),
        await depot.delivered(depot.ravi, stop, "first-key"),
        await depot.not_delivered(depot.ravi, stop, "first-key", reason="the dog"),
    ]
    assert {code_of(one) for one in other} == {USED}
    assert (await depot.not_delivered(depot.ravi, stop, "first-key")).status_code == 204

    assert (await depot.delivered(depot.ravi, stop, "other-key", paid=CASH)).status_code == 204
    less = await depot.delivered(depot.ravi, stop, "other-key", paid=CASH | {"paise": 100})
    assert (code_of(less), await in_hand(depot, depot.ravi), await depot.earned(depot.ravi)) == (USED, 6_400, RATE)


async def test_what_is_told_while_it_is_taken_back_and_given_to_another_counts_once(depot: Depot) -> None:
    stop = str((await depot.order(depot.asha, TODAY)).id)
    await depot.delivered(depot.ravi, stop, "first-key")
    for number in range(4):
        answers = await asyncio.gather(
            depot.ask(depot.owner, "POST", f"/stops/{stop}/take-back", WHY),
            depot.delivered(depot.ravi, stop, f"again-key-{number}", paid=CASH),
            depot.ask(depot.owner, "POST", f"/stops/{stop}/delivery-boy", {"delivery_boy_id": depot.sunil.id}),
            depot.delivered(depot.sunil, stop, f"other-key-{number}"),
        )
        assert {one.status_code for one in answers} <= {200, 204, 404, 409}

        (told,) = await depot.tx.database[collections.DELIVERIES].find().to_list()
        brought_by = str(told["delivery_boy_id"]) if told["status"] == "completed" else None
        for boy in (depot.ravi, depot.sunil):
            assert await depot.earned(boy) == (RATE if boy.id == brought_by else 0)
            paid_to = told.get("collected", {}).get("by")
            assert await in_hand(depot, boy) == (6_400 if boy.id == str(paid_to) else 0)
        assert len(await payments(depot)) == ("collected" in told)
        await depot.do(depot.owner, "POST", f"/stops/{stop}/delivery-boy", {"delivery_boy_id": depot.ravi.id})


async def test_taking_back_says_whether_there_was_anything_to_take_back(depot: Depot) -> None:
    stop = await depot.subscribe(depot.asha)
    path = f"/stops/{stop}/take-back"
    nothing = await depot.do(depot.owner, "POST", path, WHY)
    await depot.delivered(depot.ravi, stop, "first-key")
    taken = [await depot.do(depot.owner, "POST", path, WHY) for _ in range(2)]
    assert [nothing, *taken] == [{"was_delivered": False}, {"was_delivered": True}, {"was_delivered": False}]
