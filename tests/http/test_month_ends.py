"""What is written when a month is over: for everybody it can be, with when and by whom, and the audit log says so."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from bson import ObjectId

from roundsman.database import collections
from roundsman.database.transaction import Document
from roundsman.operations.delivering.month_ends import MonthsUnsettled, settle_months
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from tests.http.delivering import RATE, Boy, Depot, Watch

FIXED = {"key": "a-fixed-part", "per_delivery_paise": RATE, "fixed_month_paise": 50_000}


@pytest.fixture
async def runtime(settings: Settings, watch: Watch) -> AsyncIterator[Runtime]:
    """A Roundsman whose clock the test sets."""
    async with open_runtime(settings, clock=watch) as runtime:
        yield runtime


async def entries(depot: Depot, boy: Boy) -> list[dict[str, Any]]:
    """What he sees of March."""
    found: list[dict[str, Any]] = await depot.get(boy.user_id, "/delivery/entries", month="2026-03")
    return found


async def test_an_entry_says_when_it_was_written_and_by_whom(depot: Depot, watch: Watch) -> None:
    watch.go(seconds=1)
    await depot.do(depot.owner, "POST", "/rates", FIXED)
    order = await depot.brought(depot.ravi, depot.asha)
    brought = watch.now
    watch.set(2026, 4, 1, 3)
    await settle_months(depot.tx, now=watch.now)
    settled = watch.now
    watch.go(hours=1)
    await depot.do(depot.owner, "POST", f"/stops/{order.id}/take-back", {"reason": "not there"})

    seen = {
        one["kind"]: (datetime.fromisoformat(one["written_at"]), one["by"]) for one in await entries(depot, depot.ravi)
    }
    assert seen == {
        "delivery": (brought, str(depot.ravi.user_id)),
        "fixed": (settled, "system"),
        "reversal": (watch.now, str(depot.owner)),
    }


async def test_the_audit_log_says_what_a_month_brought(depot: Depot, watch: Watch) -> None:
    watch.go(seconds=1)
    await depot.do(depot.owner, "POST", "/rates", FIXED)
    await depot.brought(depot.ravi, depot.asha)
    watch.set(2026, 4, 1, 3)
    for _ in range(2):
        await settle_months(depot.tx, now=watch.now)
    rows = await depot.tx.database[collections.AUDIT_LOG].find({"action": "earnings.month_settled"}).to_list()
    assert [(one["actor"]["who"], one["target"], one["reason"]) for one in rows] == [
        ("system", f"delivery_boy:{depot.ravi.id}", "2026-03")
    ]


async def test_of_whom_it_cannot_be_written_is_told_after_all_others(depot: Depot, watch: Watch) -> None:
    watch.go(seconds=1)
    await depot.do(depot.owner, "POST", "/rates", FIXED)
    await depot.brought(depot.ravi, depot.asha)
    await depot.brought(depot.sunil, depot.usha)
    damaged: Document = {"$set": {"earned_paise": "nobody knows"}}

    await depot.tx.database.command(
        "update",
        collections.DELIVERY_TOTALS,
        updates=[{"q": {"_id": ObjectId(depot.ravi.id)}, "u": damaged}],
        bypassDocumentValidation=True,
    )
    watch.set(2026, 4, 1, 3)

    with pytest.raises(MonthsUnsettled, match=depot.ravi.id):
        await settle_months(depot.tx, now=watch.now)

    assert [one["kind"] for one in await entries(depot, depot.sunil)] == ["delivery", "fixed"]
    assert [one["kind"] for one in await entries(depot, depot.ravi)] == ["delivery"]
