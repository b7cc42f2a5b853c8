"""Several of the office who decide about one thing at the same moment: one of them does, and the ledger is right."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from roundsman.calendar import day_of
from roundsman.database import collections
from roundsman.ids import UserId
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from tests.http.delivering import BEGIN, RATE, Depot, Watch
from tests.http.shopping import code_of


@pytest.fixture
async def runtime(settings: Settings, watch: Watch) -> AsyncIterator[Runtime]:
    """A Roundsman whose clock the test sets."""
    async with open_runtime(settings, clock=watch) as runtime:
        yield runtime


async def at_once(depot: Depot, who: Sequence[UserId], path: str, body: Any) -> list[tuple[int, str | None]]:  # noqa: ANN401  whatever JSON there is
    """Have several do something at the same moment; what each is answered, in order of the statuses."""
    answers = await asyncio.gather(*(depot.ask(one, "POST", path, body) for one in who))
    return sorted((one.status_code, None if one.is_success else code_of(one)[1]) for one in answers)


async def audited(depot: Depot, action: str) -> int:
    """How often the audit log says that something was done."""
    return await depot.tx.database[collections.AUDIT_LOG].count_documents({"action": action})


async def drafted(depot: Depot, watch: Watch) -> str:
    """The path of a payout of what Ravi brought yesterday."""
    await depot.brought(depot.ravi, depot.asha)
    watch.go(days=1)
    body = {"key": "first-payout", "delivery_boy_id": depot.ravi.id, "through": day_of(BEGIN).isoformat()}
    return f"/payouts/{(await depot.do(depot.owner, 'POST', '/payouts', body))['id']}"


async def test_two_who_approve_a_payout(depot: Depot, watch: Watch) -> None:
    path, others = await drafted(depot, watch), [await depot.admin() for _ in range(2)]
    assert await at_once(depot, others, f"{path}/approve", {}) == [(200, None), (409, "payout_step")]
    assert await audited(depot, "payout.approved") == 1


async def test_two_who_pay_a_payout_by_two_transfers(depot: Depot, watch: Watch) -> None:
    path = await drafted(depot, watch)
    await depot.do(depot.owner, "POST", f"{path}/approve", {})
    ways = [depot.ask(depot.owner, "POST", f"{path}/paid", {"reference": f"NEFT {number}"}) for number in range(4)]
    answers: list[httpx.Response] = await asyncio.gather(*ways)
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    assert (await depot.earnings(depot.ravi))["paid_paise"] == RATE
    assert await depot.earned(depot.ravi) == RATE


async def test_one_who_approves_and_one_who_rejects_an_adjustment(depot: Depot) -> None:
    others = [await depot.admin() for _ in range(2)]
    body = {"key": "first-one", "delivery_boy_id": depot.ravi.id, "kind": "tip", "paise": 500, "reason": "helped out"}
    path = f"/adjustments/{(await depot.do(depot.owner, 'POST', '/adjustments', body))['id']}"
    answers = await asyncio.gather(
        depot.ask(others[0], "POST", f"{path}/approve", {}), depot.ask(others[1], "POST", f"{path}/reject", {})
    )
    assert sorted(one.status_code for one in answers) == [200, 409]
    status = (await depot.get(depot.owner, path))["status"]
    assert await depot.earned(depot.ravi) == (500 if status == "approved" else 0)
    assert await audited(depot, "adjustment.approved") + await audited(depot, "adjustment.rejected") == 1


async def test_two_who_approve_an_adjustment_add_it_once(depot: Depot) -> None:
    others = [await depot.admin() for _ in range(2)]
    body = {"key": "first-one", "delivery_boy_id": depot.ravi.id, "kind": "tip", "paise": 500, "reason": "helped out"}
    path = f"/adjustments/{(await depot.do(depot.owner, 'POST', '/adjustments', body))['id']}"
    assert await at_once(depot, others, f"{path}/approve", {}) == [(200, None)] * 2
    assert (await depot.earned(depot.ravi), await audited(depot, "adjustment.approved")) == (500, 1)


async def test_two_who_take_all_cash_take_it_once(depot: Depot) -> None:
    order = await depot.order(depot.asha)
    await depot.delivered(depot.ravi, str(order.id), "with-cash", paid={"paise": 6_400, "method": "cash"})
    path = f"/delivery-boys/{depot.ravi.id}/cash-handovers"
    ways = [depot.ask(depot.owner, "POST", path, {"key": f"handover-{number}", "paise": 6_400}) for number in range(4)]
    answers = await asyncio.gather(*ways)
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    assert (await depot.earnings(depot.ravi))["cash_in_hand_paise"] == 0
    assert await depot.earned(depot.ravi) == RATE
