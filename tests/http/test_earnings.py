"""What delivery boys earn over HTTP: rates, statements, months, adjustments, payouts, cash and ratings."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId

from roundsman.calendar import day_of
from roundsman.database import collections
from roundsman.identity.mode import Mode, OperationsMode, set_mode
from roundsman.ids import UserId
from roundsman.operations.delivering.month_ends import settle_months
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from tests.http.delivering import BEGIN, RATE, Boy, Depot, Watch, bearer
from tests.http.shopping import code_of
from tests.http.test_personal_data import data_in

LAST_OF_JANUARY = datetime(2026, 1, 31, 18, 29, 59, 999_000, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
MARCH = "2026-03"
RATE_BACKWARDS = (422, "rate_never_backwards")


@pytest.fixture
async def runtime(settings: Settings, watch: Watch) -> AsyncIterator[Runtime]:
    """A Roundsman whose clock the test sets."""
    async with open_runtime(settings, clock=watch) as runtime:
        yield runtime


async def set_rate(depot: Depot, key: str, paise: int, **more: object) -> httpx.Response:
    body = {"key": key, "per_delivery_paise": paise, **more}
    return await depot.ask(depot.owner, "POST", "/rates", body)


async def drafted(depot: Depot, through: date, key: str = "first-payout") -> dict[str, Any]:
    """A payout of what Ravi earned up to the end of a day."""
    body = {"key": key, "delivery_boy_id": depot.ravi.id, "through": through.isoformat()}
    payout: dict[str, Any] = await depot.do(depot.owner, "POST", "/payouts", body)
    return payout


async def paid(depot: Depot, through: date, key: str = "first-payout") -> dict[str, Any]:
    """The same, which the only admin approves and pays."""
    payout = await drafted(depot, through, key)
    await depot.do(depot.owner, "POST", f"/payouts/{payout['id']}/approve", {})
    body = {"reference": "NEFT 4711"}
    done: dict[str, Any] = await depot.do(depot.owner, "POST", f"/payouts/{payout['id']}/paid", body)
    return done


async def proposed(depot: Depot, paise: int, kind: str = "adjustment", key: str = "first-one") -> dict[str, Any]:
    """Something that is to be added to or taken from what Ravi earned."""
    body = {"key": key, "delivery_boy_id": depot.ravi.id, "kind": kind, "paise": paise, "reason": "helped out"}
    adjustment: dict[str, Any] = await depot.do(depot.owner, "POST", "/adjustments", body)
    return adjustment


async def approved(depot: Depot, paise: int, kind: str = "adjustment", key: str = "first-one") -> dict[str, Any]:
    """The same, which counts."""
    one = await proposed(depot, paise, kind, key)
    done: dict[str, Any] = await depot.do(depot.owner, "POST", f"/adjustments/{one['id']}/approve", {})
    return done


async def statement(depot: Depot, month: str = MARCH) -> dict[str, Any]:
    found: dict[str, Any] = await depot.get(depot.ravi.user_id, "/delivery/statement", month=month)
    return found


async def entries(depot: Depot, month: str = MARCH, boy: Boy | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await depot.get(
        (boy or depot.ravi).user_id, "/delivery/entries", month=month, limit="200"
    )
    return found


async def audited(depot: Depot, action: str) -> list[tuple[str, str | None]]:
    """Who did something, and the reason that is recorded with it."""
    found = await depot.tx.database[collections.AUDIT_LOG].find({"action": action}).sort("_id").to_list()
    return [(one["actor"]["who"], one.get("reason")) for one in found]


async def test_a_rate_never_counts_backwards_and_ones_own_comes_first(depot: Depot, watch: Watch) -> None:
    watch.go(hours=1)
    changed = watch.now
    assert code_of(await set_rate(depot, "backwards", 9_000, since="2026-03-03")) == RATE_BACKWARDS
    for_all = await set_rate(depot, "for-everybody", 3_000)
    again = await set_rate(depot, "for-everybody", 3_000)
    watch.go(hours=1)
    own = await set_rate(depot, "ravis-own-rate", 4_000, since="2026-03-05", delivery_boy_id=depot.ravi.id)
    for at in (changed - MILLISECOND, changed, datetime(2026, 3, 4, 18, 29, 59, tzinfo=UTC)):
        watch.now = max(watch.now, at)
        await depot.brought(depot.ravi, depot.asha, at=at)
    watch.set(2026, 3, 5, 3)
    for boy, customer in ((depot.ravi, depot.asha), (depot.sunil, depot.usha)):
        await depot.brought(boy, customer)

    assert (for_all.status_code, own.status_code) == (201, 201)
    assert again.json() == for_all.json()
    assert code_of(await set_rate(depot, "for-everybody", 3_001)) == (409, "key_used_otherwise")
    brought = await entries(depot)
    assert [one["paise"] for one in brought] == [RATE, 3_000, 3_000, 4_000]
    assert brought[-1]["card"] == own.json()["id"]
    assert brought[-1]["breakdown"] == {"per_delivery": 4_000}
    assert [one["paise"] for one in await entries(depot, boy=depot.sunil)] == [3_000]
    rates = await depot.get(depot.owner, "/rates")
    assert [one["per_delivery_paise"] for one in rates] == [RATE, 3_000, 4_000]


@pytest.mark.parametrize("keys", [("first-set", "later-set"), ("later-set", "first-set")])
async def test_of_two_rates_for_one_day_the_one_that_was_set_last_counts(
    depot: Depot, watch: Watch, keys: tuple[str, str]
) -> None:
    for key, paise in zip(keys, (9_000, 3_000), strict=True):
        await set_rate(depot, key, paise, since="2026-03-05")
        watch.go(minutes=1)
    watch.set(2026, 3, 5, 3)
    await depot.brought(depot.ravi, depot.asha)
    assert await depot.earned(depot.ravi) == 3_000


async def test_a_statement_is_the_sum_of_its_entries_as_json_and_as_csv(depot: Depot, watch: Watch) -> None:
    for hours in (0, 1, 30):
        watch.set(2026, 3, 4, 4)
        watch.go(hours=hours)
        await depot.brought(depot.ravi, depot.asha)
    order = await depot.order(depot.asha)
    money = {"paise": 6_400, "method": "cash"}
    await depot.delivered(depot.ravi, str(order.id), "with-cash", paid=money)
    await approved(depot, -700)
    await approved(depot, 300, "deduction", "a-deduction")
    await paid(depot, date(2026, 3, 4))

    seen, lines = await statement(depot), await entries(depot)

    days = {day["day"]: day for day in seen["days"]}
    assert {day: one["deliveries"] for day, one in days.items()} == {"2026-03-04": 2, "2026-03-05": 2}
    for book in ("earned", "deducted", "paid", "cash"):
        by_day = {
            day: sum(
                one["paise"]
                for one in lines
                if one["book"] == book and day_of(datetime.fromisoformat(one["earned_at"])).isoformat() == day
            )
            for day in days
        }
        sign = -1 if book in {"deducted", "paid"} else 1
        assert by_day == {day: sign * one[f"{book}_paise"] for day, one in days.items()}
    for book in ("deducted", "paid"):
        assert sum(one[f"{book}_paise"] for one in days.values()) == (await depot.earnings(depot.ravi))[f"{book}_paise"]
    stand = await depot.earnings(depot.ravi)
    assert (seen["earned_paise"], seen["deliveries"]) == (stand["earnings_month_paise"], 4)
    assert await depot.earned(depot.ravi) == stand["earnings_month_paise"] == 4 * RATE - 700
    assert (stand["deducted_paise"], stand["paid_paise"]) == (300, 2 * RATE)
    assert stand["balance_paise"] == 2 * RATE - 1_000
    assert stand["cash_in_hand_paise"] == 6_400
    for name, rows in (("statement", seen["days"]), ("entries", lines)):
        paths = ((depot.ravi.user_id, "/delivery"), (depot.owner, f"/delivery-boys/{depot.ravi.id}"))
        for who, path in paths:
            file = await depot.ask(who, "GET", f"{path}/{name}.csv", month=MARCH)
            assert list(csv.DictReader(io.StringIO(file.text))) == [
                {key: "" if value is None else str(value) for key, value in _as_csv(row).items()} for row in rows
            ]
            assert file.headers["content-disposition"] == f'attachment; filename="{name}-2026-03.csv"'


def _as_csv(row: dict[str, Any]) -> dict[str, Any]:
    """The same in rupees."""
    cells = {
        name.replace("paise", "rupees"): f"{value / 100:.2f}" if "paise" in name else value
        for name, value in row.items()
    }
    if "breakdown" in row:
        cells["breakdown"] = '{"per_delivery": "25.00"}' if row["breakdown"] else "{}"
    return cells


async def test_his_own_data_says_rupees_too(depot: Depot, watch: Watch) -> None:
    await depot.brought(depot.ravi, depot.asha)
    watch.go(days=1)
    await paid(depot, day_of(BEGIN))
    data = data_in(await depot.ask(depot.ravi.user_id, "GET", "/auth/me/export"))
    told = {name: [(one["paise"], one["rupees"]) for one in data[name]] for name in ("earnings", "payouts")}
    assert told == {"earnings": [(RATE, "25.00"), (-RATE, "-25.00")], "payouts": [(RATE, "25.00")]}


async def test_the_last_millisecond_of_january_is_of_january(depot: Depot, watch: Watch) -> None:
    await depot.tx.database[collections.RATE_CARDS].update_many(
        {}, {"$set": {"valid_from": BEGIN - timedelta(days=60)}}
    )
    earned = []
    for at in (LAST_OF_JANUARY, LAST_OF_JANUARY + MILLISECOND):
        watch.now = at
        await depot.brought(depot.ravi, depot.asha)
        earned.append((await depot.earnings(depot.ravi))["earnings_month_paise"])
    assert earned == [RATE, RATE]
    assert await depot.earned(depot.ravi) == 2 * RATE
    days = [(await statement(depot, month))["days"] for month in ("2026-01", "2026-02")]
    assert [[day["day"] for day in month] for month in days] == [["2026-01-31"], ["2026-02-01"]]
    for month, at in (("2026-01", LAST_OF_JANUARY), ("2026-02", LAST_OF_JANUARY + MILLISECOND)):
        (entry,) = await entries(depot, month)
        assert datetime.fromisoformat(entry["earned_at"]) == at


async def test_a_late_delivery_counts_in_its_month_until_that_was_paid(depot: Depot, watch: Watch) -> None:
    watch.set(2026, 3, 30, 3)
    told, late, later = [await depot.order(depot.asha, day_of(watch.now)) for _ in range(3)]
    await depot.delivered(depot.ravi, str(told.id), "first-key")
    happened = watch.now
    watch.set(2026, 4, 2, 3)
    await depot.delivered(depot.ravi, str(late.id), "first-key", at=happened.isoformat())
    assert (await statement(depot))["earned_paise"] == 2 * RATE
    assert (await depot.earnings(depot.ravi))["earnings_month_paise"] == 0
    payout = await paid(depot, date(2026, 3, 31))
    assert (payout["paise"], payout["status"]) == (2 * RATE, "paid")

    await depot.delivered(depot.ravi, str(later.id), "first-key", at=happened.isoformat())
    await depot.do(depot.owner, "POST", f"/stops/{told.id}/take-back", {"reason": "not there"})

    assert (await statement(depot))["earned_paise"] == 2 * RATE
    kinds = {one["kind"]: one for one in await entries(depot, "2026-04") if one["book"] == "earned"}
    assert {kind: one["paise"] for kind, one in kinds.items()} == {"adjustment": RATE, "reversal": -RATE}
    assert datetime.fromisoformat(kinds["adjustment"]["at"]) == happened
    assert await depot.earned(depot.ravi) == 2 * RATE
    assert (await depot.earnings(depot.ravi))["balance_paise"] == 0


async def test_a_month_that_is_over_brings_its_fixed_part_and_bonuses_once(depot: Depot, watch: Watch) -> None:
    bonuses = [
        {"rule": "two-a-day", "period": "day", "deliveries": 2, "paise": 500},
        {"rule": "three-a-week", "period": "week", "deliveries": 3, "paise": 700},
        {"rule": "nine-a-month", "period": "month", "deliveries": 9, "paise": 10_000},
    ]
    watch.go(seconds=1)
    assert (await set_rate(depot, "a-full-card", RATE, fixed_month_paise=50_000, bonuses=bonuses)).status_code == 201
    orders = []
    for day in (4, 4, 5):
        watch.set(2026, 3, day, 5)
        orders.append(await depot.brought(depot.ravi, depot.asha))
    assert await settle_months(depot.tx, now=watch.now) == 0
    watch.set(2026, 4, 1, 3)

    written = [await settle_months(depot.tx, now=watch.now) for _ in range(2)]

    assert written == [3, 0]
    march = {
        one["key"].split(":")[0] + one["key"][-10:]: one for one in await entries(depot) if one["kind"] != "delivery"
    }
    assert sorted((one["kind"], one["paise"]) for one in march.values()) == [
        ("bonus", 500),
        ("bonus", 700),
        ("fixed", 50_000),
    ]
    assert await depot.earned(depot.ravi) == 3 * RATE + 51_200
    assert await depot.earned(depot.sunil) == 0
    await depot.do(depot.owner, "POST", f"/stops/{orders[0].id}/take-back", {"reason": "not there"})
    assert await settle_months(depot.tx, now=watch.now) == 2
    assert await depot.earned(depot.ravi) == 2 * RATE + 50_000
    await set_mode(depot.tx, Mode(operations=OperationsMode.SOURCE))
    assert await settle_months(depot.tx, now=watch.now + timedelta(days=31)) == 0


async def test_with_two_admins_one_drafts_and_another_approves(depot: Depot, watch: Watch) -> None:
    second = await depot.admin()
    await depot.brought(depot.ravi, depot.asha)
    assert code_of(await _draft(depot, depot.owner, watch.now.date())) == (422, "day_not_over")
    watch.go(days=1)

    payout = await drafted(depot, day_of(BEGIN))
    path = f"/payouts/{payout['id']}"
    alone = await depot.ask(depot.owner, "POST", f"{path}/approve", {})
    too_early = await depot.ask(second, "POST", f"{path}/paid", {"reference": "NEFT 1"})
    agreed = [await depot.ask(second, "POST", f"{path}/approve", {}) for _ in range(2)]
    by_another = await depot.ask(depot.owner, "POST", f"{path}/approve", {})
    done = [await depot.ask(depot.owner, "POST", f"{path}/paid", {"reference": "NEFT 1"}) for _ in range(2)]
    otherwise = await depot.ask(depot.owner, "POST", f"{path}/paid", {"reference": "NEFT 2"})
    undone = await depot.ask(depot.owner, "POST", f"{path}/failed", {"reason": "x"})

    assert (payout["paise"], payout["entries"], payout["status"]) == (RATE, 1, "draft")
    assert code_of(alone) == (409, "second_person_needed")
    assert [code_of(one) for one in (too_early, by_another, otherwise, undone)] == [(409, "payout_step")] * 4
    assert [one.status_code for one in (*agreed, *done)] == [200] * 4
    assert done[0].json() == done[1].json()
    assert (agreed[0].json()["approved_by"], agreed[0].json()["is_single"]) == (str(second), False)
    assert await audited(depot, "payout.approved") == [(str(second), None)]
    assert await audited(depot, "payout.paid") == [(str(depot.owner), "NEFT 1")]
    stand = await depot.earnings(depot.ravi)
    assert (stand["paid_paise"], stand["balance_paise"], await depot.earned(depot.ravi)) == (RATE, 0, RATE)
    (own,) = await depot.get(depot.ravi.user_id, "/delivery/payouts")
    assert (own["id"], own["status"], own["reference"]) == (payout["id"], "paid", "NEFT 1")
    assert await depot.get(depot.sunil.user_id, "/delivery/payouts") == []


async def test_the_only_admin_approves_what_he_drafted_and_that_is_recorded(depot: Depot, watch: Watch) -> None:
    await depot.brought(depot.ravi, depot.asha)
    watch.go(days=1)
    payout = await paid(depot, day_of(BEGIN))
    assert (payout["is_single"], payout["approved_by"]) == (True, str(depot.owner))
    assert await audited(depot, "payout.approved") == [(str(depot.owner), "single")]


async def test_what_is_hard_to_take_back_asks_who_it_is(depot: Depot, watch: Watch) -> None:
    await depot.brought(depot.ravi, depot.asha)
    watch.go(days=1)
    payout, adjustment = await drafted(depot, day_of(BEGIN)), await proposed(depot, 500)
    headers = await bearer(depot.app, depot.tx, depot.owner)
    watch.go(minutes=11)
    ways = {
        f"/payouts/{payout['id']}/approve": {},
        f"/payouts/{payout['id']}/paid": {"reference": "NEFT 1"},
        f"/payouts/{payout['id']}/failed": {"reason": "closed"},
        f"/adjustments/{adjustment['id']}/approve": {},
        f"/adjustments/{adjustment['id']}/reject": {},
        "/rates": {"key": "some-new-rate", "per_delivery_paise": 1},
    }
    for path, body in ways.items():
        answer = await depot.api.post(f"/api/v1{path}", json=body, headers=headers)
        assert code_of(answer) == (403, "step_up_needed"), path
    assert await depot.earned(depot.ravi) == RATE


async def test_a_transfer_pays_one_payout(depot: Depot, watch: Watch) -> None:
    await depot.brought(depot.ravi, depot.asha)
    watch.go(days=1)
    await paid(depot, day_of(BEGIN))
    await depot.brought(depot.ravi, depot.asha)
    watch.go(days=1)
    second = await drafted(depot, day_of(BEGIN) + timedelta(days=1), "other-payout")
    path = f"/payouts/{second['id']}"
    await depot.do(depot.owner, "POST", f"{path}/approve", {})

    used = [
        await depot.ask(depot.owner, "POST", f"{path}/paid", {"reference": one}) for one in ("NEFT 4711", "neft 4711")
    ]

    assert [code_of(one) for one in used] == [(409, "reference_used")] * 2
    assert (await depot.earnings(depot.ravi))["balance_paise"] == RATE
    done = await depot.do(depot.owner, "POST", f"{path}/paid", {"reference": "NEFT 4712"})
    assert (done["status"], await depot.earned(depot.ravi)) == ("paid", 2 * RATE)


async def test_who_approves_sees_what_for(depot: Depot, watch: Watch) -> None:
    await depot.brought(depot.ravi, depot.asha)
    watch.go(seconds=1)
    await approved(depot, -700)
    one = await proposed(depot, 500, key="other-one")
    watch.go(days=1)
    payout = await drafted(depot, day_of(BEGIN))
    seen = await depot.get(depot.owner, f"/payouts/{payout['id']}")
    assert seen["payout"] == payout
    assert [line["paise"] for line in seen["lines"]] == [RATE, -700]
    assert await depot.get(depot.owner, f"/adjustments/{one['id']}") == one
    await depot.do(depot.owner, "POST", f"/payouts/{payout['id']}/failed", {"reason": "closed"})
    assert (await depot.get(depot.owner, f"/payouts/{payout['id']}"))["lines"] == []
    nothing = [await depot.ask(depot.owner, "GET", f"/{name}/{ObjectId()}") for name in ("payouts", "adjustments")]
    assert [code_of(answer) for answer in nothing] == [(404, "unknown_payout"), (404, "unknown_adjustment")]


async def test_what_a_failed_payout_took_goes_into_another_one(depot: Depot, watch: Watch) -> None:
    await depot.brought(depot.ravi, depot.asha)
    watch.go(days=1)
    payout = await drafted(depot, day_of(BEGIN))
    assert await drafted(depot, day_of(BEGIN)) == payout
    assert code_of(await _draft(depot, depot.owner, day_of(BEGIN), "other-payout")) == (409, "nothing_to_pay")
    assert code_of(await _draft(depot, depot.owner, day_of(BEGIN) - timedelta(days=1))) == (409, "key_used_otherwise")

    body = {"reason": "the account is closed"}
    failed = [await depot.do(depot.owner, "POST", f"/payouts/{payout['id']}/failed", body) for _ in range(2)]
    again = await paid(depot, day_of(BEGIN), "other-payout")

    assert failed[0] == failed[1]
    assert (failed[0]["status"], failed[0]["reason"]) == ("failed", "the account is closed")
    assert (again["paise"], again["status"]) == (RATE, "paid")
    await depot.earned(depot.ravi)
    waiting = await depot.get(depot.owner, "/payouts", status="paid", delivery_boy_id=depot.ravi.id)
    assert [one["id"] for one in waiting] == [again["id"]]


async def test_no_more_is_paid_than_is_owed(depot: Depot, watch: Watch) -> None:
    order = await depot.brought(depot.ravi, depot.asha)
    await depot.brought(depot.ravi, depot.asha)
    watch.go(days=1)
    payout = await drafted(depot, day_of(BEGIN))
    path = f"/payouts/{payout['id']}"
    await depot.do(depot.owner, "POST", f"{path}/approve", {})
    await depot.do(depot.owner, "POST", f"/stops/{order.id}/take-back", {"reason": "not there"})

    refused = await depot.ask(depot.owner, "POST", f"{path}/paid", {"reference": "NEFT 1"})
    await depot.do(depot.owner, "POST", f"{path}/failed", {"reason": "too much"})

    assert code_of(refused) == (409, "payout_too_large")
    assert (await paid(depot, day_of(BEGIN), "other-payout"))["paise"] == RATE
    assert (await depot.earnings(depot.ravi))["balance_paise"] == 0


async def test_a_balance_below_nought_is_carried_forward(depot: Depot, watch: Watch) -> None:
    await depot.brought(depot.ravi, depot.asha)
    await approved(depot, 6_000, "deduction")
    watch.go(days=1)
    assert (await depot.earnings(depot.ravi))["balance_paise"] == RATE - 6_000
    assert code_of(await _draft(depot, depot.owner, day_of(BEGIN))) == (409, "nothing_to_pay")
    for _ in range(2):
        await depot.brought(depot.ravi, depot.asha)
    watch.go(days=1)

    payout = await paid(depot, day_of(BEGIN) + timedelta(days=1))

    assert (payout["paise"], payout["entries"]) == (3 * RATE - 6_000, 4)
    assert (await depot.earnings(depot.ravi))["balance_paise"] == 0


async def test_an_adjustment_counts_when_another_admin_approved_it(depot: Depot) -> None:
    second = await depot.admin()
    one = await proposed(depot, 5_000)
    assert await proposed(depot, 5_000) == one
    assert await depot.earned(depot.ravi) == 0
    path = f"/adjustments/{one['id']}"

    alone = await depot.ask(depot.owner, "POST", f"{path}/approve", {})
    agreed = [await depot.ask(second, "POST", f"{path}/approve", {}) for _ in range(2)]
    late = await depot.ask(second, "POST", f"{path}/reject", {})

    assert code_of(alone) == (409, "second_person_needed")
    assert agreed[0].json() == agreed[1].json()
    assert (agreed[0].json()["status"], agreed[0].json()["decided_by"]) == ("approved", str(second))
    assert code_of(late) == (409, "adjustment_decided")
    assert await depot.earned(depot.ravi) == 5_000
    (entry,) = await entries(depot)
    assert (entry["kind"], entry["paise"], entry["reason"]) == ("adjustment", 5_000, "helped out")
    other = await proposed(depot, -5_000, key="other-one")
    rejected = await depot.do(depot.owner, "POST", f"/adjustments/{other['id']}/reject", {})
    assert (rejected["status"], await depot.earned(depot.ravi)) == ("rejected", 5_000)
    waiting = await depot.get(depot.owner, "/adjustments", status="proposed")
    assert waiting == []
    assert await audited(depot, "adjustment.approved") == [(str(second), "helped out")]


@pytest.mark.parametrize(
    ("kind", "paise", "books"),
    [
        ("adjustment", 500, {"earned": 500}),
        ("adjustment", -500, {"earned": -500}),
        ("bonus", 500, {"earned": 500}),
        ("tip", 500, {"earned": 500}),
        ("deduction", 500, {"deducted": -500}),
    ],
)
async def test_the_only_admin_adds_and_takes_and_that_is_recorded(
    depot: Depot, kind: str, paise: int, books: dict[str, int]
) -> None:
    done = await approved(depot, paise, kind)
    assert done["is_single"]
    assert await audited(depot, "adjustment.approved") == [(str(depot.owner), "single")]
    assert {one["book"]: one["paise"] for one in await entries(depot)} == books
    assert await depot.earned(depot.ravi) == books.get("earned", 0)


@pytest.mark.parametrize(("kind", "paise"), [("bonus", -500), ("tip", -500), ("deduction", -500), ("adjustment", 0)])
async def test_only_an_adjustment_is_below_nought_and_nothing_is_none(depot: Depot, kind: str, paise: int) -> None:
    body = {"key": "first-one", "delivery_boy_id": depot.ravi.id, "kind": kind, "paise": paise, "reason": "x"}
    assert code_of(await depot.ask(depot.owner, "POST", "/adjustments", body)) == (422, "adjustment_amount")


async def test_cash_is_handed_over_once_and_no_more_than_is_in_hand(depot: Depot) -> None:
    order = await depot.order(depot.asha)
    await depot.delivered(depot.ravi, str(order.id), "first-key", paid={"paise": 6_400, "method": "cash"})
    path = f"/delivery-boys/{depot.ravi.id}/cash-handovers"

    too_much = await depot.ask(depot.owner, "POST", path, {"key": "first-one", "paise": 6_401})
    taken = [await depot.do(depot.owner, "POST", path, {"key": "first-one", "paise": 6_000}) for _ in range(2)]
    otherwise = await depot.ask(depot.owner, "POST", path, {"key": "first-one", "paise": 400})
    rest = await depot.do(depot.owner, "POST", path, {"key": "other-one", "paise": 400})
    nothing = await depot.ask(depot.owner, "POST", path, {"key": "third-one", "paise": 1})

    assert code_of(too_much) == code_of(nothing) == (409, "more_than_in_hand")
    assert taken == [{"cash_in_hand_paise": 400}] * 2
    assert code_of(otherwise) == (409, "key_used_otherwise")
    assert rest == {"cash_in_hand_paise": 0}
    assert len(await audited(depot, "cash.handed_over")) == 2
    stand = await depot.earnings(depot.ravi)
    assert (stand["balance_paise"], await depot.earned(depot.ravi)) == (RATE, RATE)


async def test_ratings_change_and_show_from_five_on_rounded_half_up(depot: Depot) -> None:
    stops = [str((await depot.brought(depot.ravi, depot.asha)).id) for _ in range(20)]
    shown = []
    for stop, stars in zip(stops, [5] * 4 + [4] + [5] * 10 + [4] * 4 + [5], strict=True):
        path = f"/deliveries/{stop}/rating"
        await depot.do(depot.asha.user_id, "PUT", path, {"stars": 1})
        rated = await depot.do(depot.asha.user_id, "PUT", path, {"stars": stars})
        assert (rated["id"], rated["stars"]) == (stop, stars)
        shown.append((await depot.earnings(depot.ravi))["rating"])
    assert shown[:5] == [None] * 4 + [4.8]
    # 15 times five and 5 times four are 95 of 20: 4.75 is 4.8.
    assert shown[-1] == 4.8
    others = await depot.ask(depot.usha.user_id, "PUT", f"/deliveries/{stops[0]}/rating", {"stars": 1})
    pending = await depot.order(depot.asha)
    early = await depot.ask(depot.asha.user_id, "PUT", f"/deliveries/{pending.id}/rating", {"stars": 5})
    six = await depot.ask(depot.asha.user_id, "PUT", f"/deliveries/{stops[0]}/rating", {"stars": 6})
    assert [code_of(one) for one in (others, early, six)] == [
        (404, "unknown_stop"),
        (409, "not_delivered_yet"),
        (422, "invalid_request"),
    ]
    seen = await depot.get(depot.asha.user_id, "/deliveries")
    assert {one["id"]: one["stars"] for one in seen}[stops[4]] == 4
    assert await depot.get(depot.usha.user_id, "/deliveries") == []


async def test_a_delivery_boy_nobody_knows_is_not_there(depot: Depot) -> None:
    nobody = str(ObjectId())
    body = {"key": "first-one", "delivery_boy_id": nobody}
    ways = [
        await depot.ask(depot.owner, "GET", f"/delivery-boys/{nobody}"),
        await depot.ask(depot.owner, "POST", "/payouts", body | {"through": "2026-01-01"}),
        await depot.ask(depot.owner, "POST", "/adjustments", body | {"kind": "tip", "paise": 1, "reason": "x"}),
        await depot.ask(depot.owner, "POST", "/rates", body | {"per_delivery_paise": 1}),
        await depot.ask(depot.owner, "PUT", f"/customers/{depot.asha.id}/delivery-boy", {"delivery_boy_id": nobody}),
    ]
    assert {code_of(one) for one in ways} == {(404, "unknown_delivery_boy")}


async def _draft(depot: Depot, who: UserId, through: date, key: str = "first-payout") -> httpx.Response:
    body = {"key": key, "delivery_boy_id": depot.ravi.id, "through": through.isoformat()}
    return await depot.ask(who, "POST", "/payouts", body)
