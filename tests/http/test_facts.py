"""Facts that an ordering system tells over HTTP."""

import json

import httpx

from roundsman.access.roles import Role
from roundsman.database.collections import AUDIT_LOG, FACTS
from roundsman.database.transaction import Tx
from tests.builders import a_user
from tests.commands import RoundsmanCommand
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
    told = await tx.database[AUDIT_LOG].find_one({"action": "facts.told"})
    assert told is not None
    user_id = (await api.get("/api/v1/auth/me", headers=bearer)).json()["user"]["id"]
    assert (told["actor"]["who"], "session" in told["actor"]) == (user_id, True)
    again = await api.post(FACTS_ROUTE, json={"facts": rows}, headers=bearer)
    assert [one["fate"] for one in again.json()["outcomes"]] == ["already_recorded", "refused", "parked"]


async def test_what_came_to_nothing_is_seen_over_the_api_and_on_the_command_line(
    api: httpx.AsyncClient, tx: Tx, roundsman: RoundsmanCommand
) -> None:
    bearer = await bearer_of(api, tx, Role.ADMIN)
    asha = await settle(tx, a_user(), phone=CUSTOMER)
    waiting = [ORDER | {"source_id": f"w-{number}", "subject": "98450 11199"} for number in (1, 2)]
    for row in (ORDER, ORDER | {"occurred_at": "2026-03-03T06:30:00+05:30", "amount_paise": 6400}, *waiting):
        assert (await api.post(FACTS_ROUTE, json={"facts": [row]}, headers=bearer)).status_code == 200

    conflicts = await api.get("/api/v1/activation/conflicts", headers=bearer)
    unmatched = await api.get("/api/v1/activation/unmatched", params={"limit": 1}, headers=bearer)

    assert conflicts.json()["total"] == 1
    (told,) = conflicts.json()["facts"]
    assert (told["source_id"], told["amount_paise"], told["user_id"]) == ("o-1", 6400, str(asha.id))
    assert (told["occurred_at"][:10], told["counts_at"][:10], told["counts_of"]) == (
        "2026-03-03",
        "2026-03-02",
        str(asha.id),
    )
    assert [(one["source_id"], one["subject"]) for one in unmatched.json()["facts"]] == [("w-2", "98450 11199")]
    assert unmatched.json()["total"] == 2

    printed = [
        roundsman("activation", *asked).stdout for asked in (["conflicts", "--json"], ["unmatched", "--limit=1"])
    ]
    assert json.loads(printed[0]) == conflicts.json()
    assert "w-2" in printed[1]
    assert "1 of 2." in printed[1]
    assert "o-1" in roundsman("activation", "conflicts").stdout
    dashboard = (await api.get("/api/v1/activation/dashboard", headers=bearer)).json()
    assert dashboard["kept_facts"] == {"conflicts": 1, "unmatched": 2}
    marketing = await bearer_of(api, tx, Role.MARKETING_STAFF, phone="+919820000008")
    assert (await api.get("/api/v1/activation/unmatched", headers=marketing)).status_code == 403


async def test_two_hundred_rows_fit_and_more_are_refused(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.ADMIN)
    full = ORDER | {"order_id": "o" * 24, "by_customer": False, "amount_paise": 123456, "generated": False}
    rows = [full | {"source_id": f"{number:024}"} for number in range(201)]

    assert (await api.post(FACTS_ROUTE, json={"facts": rows}, headers=bearer)).status_code == 422
    assert await tx.database[FACTS].count_documents({}) == 0
    answer = await api.post(FACTS_ROUTE, json={"facts": rows[:200]}, headers=bearer)
    assert {one["fate"] for one in answer.json()["outcomes"]} == {"parked"}
