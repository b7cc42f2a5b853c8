"""A delivery boy's day over HTTP: he sees his round, tells what became of it, and it counts once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.activation.recorded_facts import facts_of
from roundsman.activation.tracking import find_tracked
from roundsman.calendar import begin_of, day_of
from roundsman.customers.customers import CustomerStatus
from roundsman.database import collections
from roundsman.database.transaction import Tx
from roundsman.identity.mode import Mode, OperationsMode, set_mode
from roundsman.ids import DeliveryBoyId
from roundsman.orders.orders import OrderStatus
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from roundsman.subscriptions.subscriptions import Pause, SubscriptionStatus
from tests.codes import code_for
from tests.http.delivering import API, BEGIN, RATE, Boy, Depot, Watch, somebody
from tests.http.shopping import code_of

TODAY = day_of(BEGIN)
DAY = timedelta(days=1)
CASH = {"paise": 6_400, "method": "cash"}
UPI = CASH | {"method": "upi"}
NO_STOP = (404, "unknown_stop")
DONE = (409, "stop_done_already")


@pytest.fixture
async def runtime(settings: Settings, watch: Watch) -> AsyncIterator[Runtime]:
    """A Roundsman whose clock the test sets."""
    async with open_runtime(settings, clock=watch) as runtime:
        yield runtime


async def take_back(depot: Depot, stop: str) -> None:
    await depot.do(depot.owner, "POST", f"/stops/{stop}/take-back", {"reason": "the customer says no"})


async def reassign(depot: Depot, stop: str, boy: Boy) -> None:
    await depot.do(depot.owner, "POST", f"/stops/{stop}/delivery-boy", {"delivery_boy_id": boy.id})


async def told(depot: Depot, user_id: Any) -> list[str]:  # noqa: ANN401  an id
    """What was told of a customer, the earliest first, without how he came here."""
    return [fact.type.value for fact in await facts_of(depot.tx, user_id) if fact.type != "signup"]


async def everything(tx: Tx) -> list[object]:
    """All that marks write, in one order."""
    names = (
        collections.DELIVERIES,
        collections.ORDERS,
        collections.PAYMENTS,
        collections.FACTS,
        collections.LEDGER_ENTRIES,
        collections.DELIVERY_TOTALS,
        collections.AUDIT_LOG,
    )
    return [await tx.database[name].find().sort("_id").to_list() for name in names]


async def test_a_delivery_boy_of_the_office_signs_in_by_a_code_and_sees_his_round(
    depot: Depot, runtime: Runtime
) -> None:
    order = await depot.order(depot.asha, TODAY)
    auth = f"{API}/auth/otp"
    asked = await depot.api.post(f"{auth}/request", json={"contact": "98200 12340", "purpose": "sign_in"})
    code = await code_for(runtime, depot.ravi.phone)
    body = {"contact": "98200 12340", "code": code, "purpose": "sign_in"}
    signed_in = await depot.api.post(f"{auth}/verify", json=body)
    assert (asked.status_code, signed_in.status_code) == (202, 200)

    headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    seen = await depot.api.get(f"{API}/delivery/round", headers=headers)

    assert seen.json() == [
        {
            "id": str(order.id),
            "number": 1,
            "name": "Asha Rao",
            "address": "12 MG Road",
            "area": "HSR",
            "phone": depot.asha.phone,
            "note": "Ring the bell once",
            "items": [{"name": "Milk", "quantity": 2, "unit": ""}],
            "status": "pending",
            "at": None,
            "failed_attempts": 0,
            "reason": None,
            "collected_paise": 0,
        }
    ]


async def test_a_round_is_what_is_due_to_his_customers_in_the_order_of_the_stops(depot: Depot) -> None:
    first = await depot.customer("Zoya Khan", depot.ravi, stop=1)
    last = await depot.customer("Bina Shah", depot.ravi, area="BTM")
    paused = await depot.customer("Dev Anand", depot.ravi, status=CustomerStatus.PAUSED)
    stopped = await depot.customer("Eva Mehta", depot.ravi, status=CustomerStatus.STOPPED)
    for_today, whenever = await depot.order(depot.asha, TODAY), await depot.order(last)
    of_yesterday = await depot.order(depot.asha, TODAY - DAY)
    await depot.order(depot.asha, TODAY + DAY)
    await depot.order(depot.asha, TODAY, status=OrderStatus.CANCELLED)
    await depot.order(depot.usha, TODAY)
    daily = await depot.subscribe(first)
    await depot.subscribe(paused)
    await depot.subscribe(stopped)
    on_holiday = await depot.customer("Gita Iyer", depot.ravi)
    await depot.subscribe(on_holiday, pauses=(Pause(TODAY, TODAY),))
    await depot.subscribe(on_holiday, status=SubscriptionStatus.PAUSED)

    found = await depot.round(depot.ravi)

    two = sorted([str(for_today.id), str(of_yesterday.id)])
    assert [stop["id"] for stop in found] == [daily, *two, str(whenever.id)]
    assert [stop["number"] for stop in found] == [1, 2, 3, 4]
    assert found[0]["items"] == [{"name": "Milk", "quantity": 1, "unit": "litre"}]
    assert "Usha" not in str(found)
    path = f"/delivery-boys/{depot.ravi.id}/round"
    assert await depot.get(depot.owner, path, day=TODAY.isoformat()) == found
    assert code_of(await depot.ask(depot.owner, "GET", path, day="0001-01-01")) == (422, "invalid_request")


async def test_an_order_that_a_source_gave_to_somebody_else_is_in_the_round_of_its_customer(depot: Depot) -> None:
    sunil = DeliveryBoyId(ObjectId(depot.sunil.id))
    order = await depot.order(depot.asha, TODAY, delivery_boy_id=sunil)
    assert (await depot.stops(depot.ravi), await depot.stops(depot.sunil)) == ([str(order.id)], [])
    assert (await depot.delivered(depot.ravi, str(order.id), "first-key")).status_code == 204


async def test_what_was_brought_stays_in_the_round_though_the_customer_pauses(depot: Depot) -> None:
    stop = await depot.subscribe(depot.asha)
    await depot.delivered(depot.ravi, stop, "first-key")
    pauses = [{"start": TODAY.isoformat()}]
    await depot.tx.database[collections.SUBSCRIPTIONS].update_many({}, {"$set": {"pauses": pauses}})
    assert [(one["id"], one["status"]) for one in await depot.round(depot.ravi)] == [(stop, "completed")]


async def test_nothing_new_is_given_to_who_has_left(depot: Depot) -> None:
    stop = await depot.subscribe(depot.asha)
    await depot.delivered(depot.ravi, stop, "first-key")
    other = await depot.order(depot.usha, TODAY)
    left = await depot.do(depot.owner, "PUT", f"/delivery-boys/{depot.ravi.id}/status", {"status": "left"})
    assert (left["id"], left["status"]) == (depot.ravi.id, "left")

    his = {"delivery_boy_id": depot.ravi.id}
    for method, path in (
        ("PUT", f"/customers/{depot.usha.id}/delivery-boy"),
        ("POST", f"/stops/{other.id}/delivery-boy"),
    ):
        assert code_of(await depot.ask(depot.owner, method, path, his)) == (409, "delivery_boy_gone")
    assert await depot.earned(depot.ravi) == RATE
    await depot.do(depot.owner, "POST", f"/stops/{stop}/delivery-boy", {"delivery_boy_id": depot.sunil.id})
    await depot.do(depot.owner, "POST", f"/stops/{stop}/delivery-boy", his)
    assert (await depot.earned(depot.ravi), await depot.earned(depot.sunil)) == (RATE, 0)


async def test_the_office_says_who_delivers_to_whom(depot: Depot) -> None:
    order = await depot.order(depot.asha, TODAY)
    path = f"/customers/{depot.asha.id}/delivery-boy"

    given = await depot.do(depot.owner, "PUT", path, {"delivery_boy_id": depot.sunil.id, "stop": 7})

    assert given == {"id": str(depot.asha.id), "delivery_boy_id": depot.sunil.id, "stop": 7}
    assert (await depot.stops(depot.ravi), await depot.stops(depot.sunil)) == ([], [str(order.id)])
    await depot.do(depot.owner, "PUT", path, {"delivery_boy_id": None})
    assert (await depot.stops(depot.ravi), await depot.stops(depot.sunil)) == ([], [])


async def test_a_delivery_paid_in_cash_is_written_everywhere_at_once(depot: Depot) -> None:
    order = await depot.order(depot.asha, TODAY)

    answer = await depot.delivered(depot.ravi, str(order.id), "first-key", paid=CASH)

    assert (answer.status_code, answer.content) == (204, b"")
    (stop,) = await depot.round(depot.ravi)
    assert (stop["status"], stop["collected_paise"]) == ("completed", 6_400)
    (seen,) = await depot.get(depot.asha.user_id, "/orders")
    assert (seen["status"], datetime.fromisoformat(seen["delivered_at"])) == ("delivered", depot.watch.now)
    (paid,) = await depot.get(depot.asha.user_id, "/payments")
    assert (paid["amount_paise"], paid["method"], paid["order_id"]) == (6_400, "cash", str(order.id))
    assert await told(depot, depot.asha.user_id) == ["delivery.completed", "payment.succeeded"]
    earnings = await depot.earnings(depot.ravi)
    assert (await depot.earned(depot.ravi), earnings["cash_in_hand_paise"], earnings["balance_paise"]) == (
        RATE,
        6_400,
        RATE,
    )
    (entry,) = await depot.tx.database[collections.AUDIT_LOG].find({"target": f"order:{order.id}"}).to_list()
    assert (entry["action"], entry["actor"]["who"]) == ("order.delivered", str(depot.ravi.user_id))


async def test_upi_is_a_payment_and_nothing_in_his_hands(depot: Depot) -> None:
    stop = await depot.subscribe(depot.asha)
    assert await find_tracked(depot.tx, depot.asha.user_id) is None
    assert (await depot.delivered(depot.ravi, stop, "first-key", paid=UPI)).status_code == 204
    (paid,) = await depot.get(depot.asha.user_id, "/payments")
    assert (paid["amount_paise"], paid["method"], paid["order_id"]) == (6_400, "upi", None)
    assert (await depot.earnings(depot.ravi))["cash_in_hand_paise"] == 0
    assert await depot.earned(depot.ravi) == RATE
    tracked = await find_tracked(depot.tx, depot.asha.user_id)
    assert tracked is not None
    assert tracked.lifecycle.status == "active"


async def test_what_could_not_be_delivered_is_tried_again(depot: Depot) -> None:
    order = await depot.order(depot.asha, TODAY)
    stop = str(order.id)

    answers = [await depot.not_delivered(depot.ravi, stop, key) for key in ("first-key", "first-key", "other-key")]
    (failed,) = await depot.round(depot.ravi)
    earned = await depot.earned(depot.ravi)
    depot.watch.go(days=1)
    tomorrow = await depot.stops(depot.ravi)
    done = await depot.delivered(depot.ravi, stop, "third-key")

    assert [one.status_code for one in (*answers, done)] == [204] * 4
    assert (failed["status"], failed["failed_attempts"], failed["reason"]) == ("failed", 2, "the gate was locked")
    assert (earned, await depot.earned(depot.ravi)) == (0, RATE)
    assert tomorrow == [stop]
    (after,) = await depot.round(depot.ravi)
    assert (after["status"], after["failed_attempts"], after["reason"]) == ("completed", 2, None)
    assert await told(depot, depot.asha.user_id) == ["delivery.failed", "delivery.failed", "delivery.completed"]


async def test_the_same_sent_again_after_a_lost_answer_changes_nothing(depot: Depot) -> None:
    order = await depot.order(depot.asha, TODAY)
    body = {"paid": CASH, "at": BEGIN.isoformat()}
    assert (await depot.delivered(depot.ravi, str(order.id), "first-key", **body)).status_code == 204
    before = await everything(depot.tx)

    depot.watch.go(minutes=5)
    again = await depot.delivered(depot.ravi, str(order.id), "first-key", **body)
    unpaid = await depot.delivered(depot.ravi, str(order.id), "other-key")

    assert (again.status_code, unpaid.status_code) == (204, 204)
    assert await everything(depot.tx) == before
    paid_twice = await depot.delivered(depot.ravi, str(order.id), "third-key", paid=CASH)
    assert code_of(paid_twice) == code_of(await depot.not_delivered(depot.ravi, str(order.id), "fourth-key")) == DONE
    assert await everything(depot.tx) == before


async def test_many_of_one_report_at_once_are_one(depot: Depot) -> None:
    order = await depot.order(depot.asha, TODAY)
    answers = await asyncio.gather(
        *(depot.delivered(depot.ravi, str(order.id), "first-key", paid=CASH) for _ in range(8))
    )
    assert {one.status_code for one in answers} == {204}
    assert (await depot.earned(depot.ravi), (await depot.earnings(depot.ravi))["cash_in_hand_paise"]) == (RATE, 6_400)
    assert await told(depot, depot.asha.user_id) == ["delivery.completed", "payment.succeeded"]


async def test_another_ones_stop_is_not_there_and_shows_no_byte_of_the_customer(depot: Depot) -> None:
    order, daily = await depot.order(depot.usha, TODAY), await depot.subscribe(depot.usha)
    before = await everything(depot.tx)
    invented = [
        str(ObjectId()),
        f"{ObjectId()}:{TODAY}:-",
        f"{depot.usha.id}:2026-13-45:-",
        f"{depot.asha.id}:{TODAY}:-",
    ]

    answers = [
        await mark(depot.ravi, stop, "first-key")
        for mark in (depot.delivered, depot.not_delivered)
        for stop in (str(order.id), daily, *invented)
    ]

    assert {code_of(one) for one in answers} == {NO_STOP}
    assert {one.json()["detail"] for one in answers} == {"There is no such stop in your round"}
    assert not [one for one in answers if "Usha" in one.text or "Lake View" in one.text]
    assert await everything(depot.tx) == before


async def test_what_was_taken_back_earns_nothing_and_stays_paid(depot: Depot) -> None:
    order = await depot.order(depot.asha, TODAY)
    stop = str(order.id)
    await depot.delivered(depot.ravi, stop, "first-key", paid=CASH)

    await take_back(depot, stop)

    assert await depot.earned(depot.ravi) == 0
    assert (await depot.earnings(depot.ravi))["cash_in_hand_paise"] == 6_400
    assert len(await depot.get(depot.asha.user_id, "/payments")) == 1
    (seen,) = await depot.get(depot.asha.user_id, "/orders")
    assert (seen["status"], seen["delivered_at"]) == ("not_delivered", None)
    (entry,) = await depot.tx.database[collections.AUDIT_LOG].find({"action": "order.taken_back"}).to_list()
    assert (entry["reason"], entry["actor"]["who"]) == ("the customer says no", str(depot.owner))
    before = await everything(depot.tx)
    assert (await depot.delivered(depot.ravi, stop, "first-key", paid=CASH)).status_code == 204
    await take_back(depot, stop)
    assert await everything(depot.tx) == before

    assert (await depot.delivered(depot.ravi, stop, "other-key")).status_code == 204
    assert await depot.earned(depot.ravi) == RATE
    found = depot.tx.database[collections.LEDGER_ENTRIES].find({"book": "earned"}, {"kind": 1}).sort("_id")
    assert [one["kind"] async for one in found] == ["delivery", "delivery", "reversal"]


async def test_a_stop_given_to_another_is_his_and_so_is_what_it_brings(depot: Depot) -> None:
    order = await depot.order(depot.asha, TODAY)
    stop = str(order.id)
    await depot.delivered(depot.ravi, stop, "first-key", paid=CASH)

    await reassign(depot, stop, depot.sunil)

    assert (await depot.earned(depot.ravi), await depot.earned(depot.sunil)) == (0, RATE)
    in_hand = [(await depot.earnings(boy))["cash_in_hand_paise"] for boy in (depot.ravi, depot.sunil)]
    assert in_hand == [6_400, 0]
    assert (await depot.stops(depot.ravi), await depot.stops(depot.sunil)) == ([], [stop])
    assert code_of(await depot.delivered(depot.ravi, stop, "other-key")) == NO_STOP
    (entry,) = await depot.tx.database[collections.AUDIT_LOG].find({"action": "order.reassigned"}).to_list()
    assert entry["reason"] == f"reassigned to {depot.sunil.id}"


@pytest.mark.parametrize("is_for_a_day", [True, False])
async def test_a_stop_given_to_another_stays_in_his_round_until_it_was_brought(
    depot: Depot, *, is_for_a_day: bool
) -> None:
    order = await depot.order(depot.asha, TODAY if is_for_a_day else None)
    stop = str(order.id)
    await reassign(depot, stop, depot.sunil)
    rounds = []
    for _ in range(3):
        rounds.append((await depot.stops(depot.ravi), await depot.stops(depot.sunil)))
        depot.watch.go(days=1)
    assert rounds == [([], [stop])] * 3
    assert (await depot.delivered(depot.sunil, stop, "first-key")).status_code == 204
    assert await depot.stops(depot.sunil) == [stop]
    depot.watch.go(days=1)
    assert await depot.stops(depot.sunil) == []


async def test_a_mark_comes_a_week_late_at_most(depot: Depot) -> None:
    orders = [str((await depot.order(depot.asha, TODAY)).id) for _ in range(2)]
    tomorrow = str((await depot.order(depot.asha, TODAY + DAY)).id)
    early = await depot.delivered(depot.ravi, tomorrow, "first-key")
    depot.watch.go(days=7)
    in_time = await depot.delivered(depot.ravi, orders[0], "first-key", at=BEGIN.isoformat())
    depot.watch.go(days=1)
    too_late = await depot.delivered(depot.ravi, orders[1], "first-key", at=BEGIN.isoformat())
    again = await depot.delivered(depot.ravi, orders[0], "first-key", at=BEGIN.isoformat())

    assert (in_time.status_code, again.status_code) == (204, 204)
    assert code_of(early) == code_of(too_late) == (409, "not_the_day")
    (entry,) = await depot.get(depot.ravi.user_id, "/delivery/entries", month="2026-03")
    assert datetime.fromisoformat(entry["earned_at"]) == BEGIN


@pytest.mark.parametrize(
    ("said", "counts_at"),
    [
        ("2031-01-01T00:00:00Z", BEGIN),
        ("9999-12-31T23:59:59-14:00", BEGIN),
        ("1970-01-01T00:00:00Z", begin_of(TODAY)),
        ("0001-01-01T00:00:00+14:00", begin_of(TODAY)),
        ("2026-03-04T08:00:00+05:30", BEGIN - timedelta(hours=1)),
    ],
)
@pytest.mark.parametrize("is_for_a_day", [True, False])
async def test_a_clock_that_is_wrong_moves_no_delivery_to_another_day(
    depot: Depot, said: str, counts_at: datetime, *, is_for_a_day: bool
) -> None:
    order = await depot.order(depot.asha, TODAY if is_for_a_day else None)
    assert (await depot.delivered(depot.ravi, str(order.id), "first-key", at=said)).status_code == 204
    (seen,) = await depot.get(depot.asha.user_id, "/orders")
    assert datetime.fromisoformat(seen["delivered_at"]) == counts_at


async def test_what_was_brought_in_the_evening_and_told_in_the_morning_counts_on_its_day(
    depot: Depot, watch: Watch
) -> None:
    watch.set(2026, 3, 30, 12)
    order = await depot.order(depot.asha)
    evening = datetime(2026, 3, 31, 16, tzinfo=UTC)
    watch.set(2026, 4, 1, 3)

    assert (await depot.delivered(depot.ravi, str(order.id), "first-key", at=evening.isoformat())).status_code == 204

    (entry,) = await depot.get(depot.ravi.user_id, "/delivery/entries", month="2026-03")
    assert datetime.fromisoformat(entry["earned_at"]) == evening


async def test_while_the_existing_application_manages_operations_nothing_is_told_here(depot: Depot) -> None:
    stop = str((await depot.order(depot.asha, TODAY)).id)
    await set_mode(depot.tx, Mode(operations=OperationsMode.SOURCE))
    ways = [
        await depot.delivered(depot.ravi, stop, "first-key", paid=CASH),
        await depot.not_delivered(depot.ravi, stop, "first-key"),
        await depot.ask(depot.owner, "POST", f"/stops/{stop}/take-back", {"reason": "x"}),
        await depot.ask(depot.owner, "POST", f"/stops/{stop}/delivery-boy", {"delivery_boy_id": depot.sunil.id}),
        await depot.ask(
            depot.owner, "PUT", f"/customers/{depot.asha.id}/delivery-boy", {"delivery_boy_id": depot.sunil.id}
        ),
        await depot.ask(
            depot.owner, "POST", f"/delivery-boys/{depot.ravi.id}/cash-handovers", {"key": "first-key", "paise": 1}
        ),
    ]
    assert {code_of(one) for one in ways} == {(409, "operations_managed_elsewhere")}
    assert await depot.earned(depot.ravi) == 0
    assert await depot.stops(depot.ravi) == [stop]


async def test_who_has_the_role_and_no_profile_gets_one_from_the_office_once(depot: Depot) -> None:
    user_id = await somebody(depot.tx, Role.DELIVERY_BOY)
    without = await depot.ask(user_id, "GET", "/delivery/round")
    body = {"user_id": str(user_id), "areas": ["HSR"]}

    made = [await depot.ask(depot.owner, "POST", "/delivery-boys/profiles", body) for _ in range(2)]
    customer = await depot.ask(depot.owner, "POST", "/delivery-boys/profiles", {"user_id": str(depot.asha.user_id)})
    taken = await depot.ask(depot.owner, "POST", "/delivery-boys", {"name": "X", "phone": depot.ravi.phone})

    assert code_of(without) == (409, "no_delivery_boy_profile")
    assert made[0].status_code == 201
    assert code_of(made[1]) == (409, "delivery_boy_already")
    assert code_of(customer) == (409, "role_needed")
    assert code_of(taken)[0] == 409
    assert await depot.get(user_id, "/delivery/round") == []
    names = [one["name"] for one in await depot.get(depot.owner, "/delivery-boys")]
    assert names == ["Asha Rao", "Ravi Kumar", "Sunil Das"]


async def test_what_nobody_can_have_collected_is_refused(depot: Depot) -> None:
    stop = str((await depot.order(depot.asha, TODAY)).id)
    for paid in ({"paise": 0, "method": "cash"}, {"paise": -1, "method": "cash"}, {"paise": 1, "method": "gold"}):
        assert code_of(await depot.delivered(depot.ravi, stop, "first-key", paid=paid)) == (422, "invalid_request")
    for at in ("2026-03-04T08:00:00", "yesterday"):
        assert code_of(await depot.delivered(depot.ravi, stop, "first-key", at=at)) == (422, "invalid_request")
    assert await depot.earned(depot.ravi) == 0
