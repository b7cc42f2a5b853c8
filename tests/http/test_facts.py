"""Facts that an ordering system tells over HTTP."""

import httpx

from roundsman.access.roles import Role
from roundsman.database.collections import FACTS
from roundsman.database.transaction import Tx
from tests.builders import a_user
from tests.http.people import bearer_of, settle

FACTS_ROUTE, CUSTOMER = "/api/v1/facts", "+919700012345"
ORDER = {
    "type": "order.placed",
    "subject": "97000 12345",
    "source_id": "o-1",
    "occurred_at": "2026-03-02T06:30:00+05:30",
}


async def test_each_row_is_answered_in_its_place(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.ADMIN)
    await settle(tx, a_user(), phone=CUSTOMER)
    rows = [ORDER, ORDER | {"type": "order.eaten"}, ORDER | {"source_id": "o-2", "subject": "nobody@example.in"}]

    answer = await api.post(FACTS_ROUTE, json={"facts": rows}, headers=bearer)

    assert answer.status_code == 200
    outcomes = answer.json()["outcomes"]
    assert [(one["fate"], one["code"]) for one in outcomes] == [
        ("recorded", None),
        ("refused", "unknown_fact_type"),
        ("parked", None),
    ]
    again = await api.post(FACTS_ROUTE, json={"facts": rows}, headers=bearer)
    assert [one["fate"] for one in again.json()["outcomes"]] == ["already_recorded", "refused", "parked"]


async def test_two_hundred_rows_fit_and_more_are_refused(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.ADMIN)
    full = ORDER | {"order_id": "o" * 24, "by_customer": False, "amount_paise": 123456, "generated": False}
    rows = [full | {"source_id": f"{number:024}"} for number in range(201)]

    assert (await api.post(FACTS_ROUTE, json={"facts": rows}, headers=bearer)).status_code == 422
    assert await tx.database[FACTS].count_documents({}) == 0
    answer = await api.post(FACTS_ROUTE, json={"facts": rows[:200]}, headers=bearer)
    assert {one["fate"] for one in answer.json()["outcomes"]} == {"parked"}
