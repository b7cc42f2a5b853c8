"""Questions over HTTP: who may answer them, and what an answer does."""

import httpx
import pytest

from roundsman.access.roles import Role
from roundsman.audit_log.log import entries_about
from roundsman.database.collections import USERS
from roundsman.database.transaction import Tx
from roundsman.identity.role_grants import list_active_admins
from roundsman.runtime import Runtime
from tests.http.people import bearer_of
from tests.imports import Import
from tests.migration_builders import OTHER_PHONE, PHONE, THIRD_PHONE, Fields, MemorySource, account, doc

REVIEWS = "/api/v1/reviews"
STAFF_PHONE = "9731100001"


def doubles() -> dict[str, list[Fields]]:
    """One e-mail on two accounts, two names on one phone, and a namesake of the staff."""
    return {
        "users": [
            account("a", "Asha Rao", phone=PHONE, email="asha@gmail.com"),
            account("b", "Asha Rao", phone=OTHER_PHONE, email="asha@gmail.com"),
            account("c", "Vikram Iyer", phone=THIRD_PHONE),
            account("staff", "Meera Rao", "admin", phone=STAFF_PHONE),
        ],
        "customers_v2": [doc("d", "Joseph Mathew", phone=THIRD_PHONE), doc("e", "Meera Rao", phone=STAFF_PHONE)],
    }


@pytest.fixture
async def imported(runtime: Runtime) -> Import:
    """A business with three questions."""
    importing = Import(runtime, MemorySource(doubles()))
    await importing.run()
    return importing


async def question(api: httpx.AsyncClient, bearer: dict[str, str], list_name: str, rule: str) -> str:
    answer = await api.get(REVIEWS, params={"list": list_name}, headers=bearer)
    assert answer.status_code == 200, answer.text
    (found,) = [one["id"] for one in answer.json()["reviews"] if one["rule"] == rule]
    return str(found)


@pytest.mark.usefixtures("imported")
async def test_a_question_is_shown_decided_and_taken_back(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.ADMIN)
    review = await question(api, bearer, "unsure", "U4")

    shown = (await api.get(f"{REVIEWS}/{review}", headers=bearer)).json()

    assert [side["name"] for side in shown["sides"]] == ["Asha Rao", "Asha Rao"]
    assert {side["phone"] for side in shown["sides"]} == {f"+91{PHONE}", f"+91{OTHER_PHONE}"}
    assert "stays, because of" in shown["answers"]["merge"]
    assert not shown["about_staff"]

    body = {"decision": "merge", "reason": "she showed both phones"}
    decided = await api.post(f"{REVIEWS}/{review}/decision", json=body, headers=bearer)

    assert decided.status_code == 200, decided.text
    survivor = decided.json()["survivor"]
    for phone in (PHONE, OTHER_PHONE):
        found = await api.get("/api/v1/users/lookup", params={"identifier": phone}, headers=bearer)
        assert found.json()["user"]["id"] == survivor
    again = await api.post(f"{REVIEWS}/{review}/decision", json=body, headers=bearer)
    assert (again.status_code, again.json()["code"]) == (409, "review_not_open")

    undone = await api.delete(f"{REVIEWS}/{review}/decision", params={"reason": "sisters"}, headers=bearer)

    assert (undone.status_code, undone.json()) == (200, {"left": [], "born_since": {}})
    assert await question(api, bearer, "unsure", "U4") == review
    told = [entry.action for entry in await entries_about(tx, f"review:{review}")]
    assert told == ["review.decided", "review.undone"]


async def test_a_shared_phone_goes_to_the_one_who_is_named(api: httpx.AsyncClient, tx: Tx, imported: Import) -> None:
    bearer = await bearer_of(api, tx, Role.ADMIN)
    review = await question(api, bearer, "conflict", "C3")
    sides = (await api.get(f"{REVIEWS}/{review}", headers=bearer)).json()["sides"]
    without = next(side["user"] for side in sides if not side["user"]["signs_in_with"])
    assert without["claim"] == "claimable_conflict"

    body = {"decision": "shared_phone", "reason": "it is his", "holder": without["id"]}
    decided = await api.post(f"{REVIEWS}/{review}/decision", json=body, headers=bearer)

    assert decided.status_code == 200, decided.text
    found = (await api.get("/api/v1/users/lookup", params={"identifier": THIRD_PHONE}, headers=bearer)).json()
    assert (found["user"]["id"], found["user"]["claim"]) == (without["id"], "claimable")
    assert (await imported.verify()).passed
    await api.delete(f"{REVIEWS}/{review}/decision", params={"reason": "no"}, headers=bearer)
    found = (await api.get("/api/v1/users/lookup", params={"identifier": THIRD_PHONE}, headers=bearer)).json()
    assert found["user"]["id"] != without["id"]
    assert (await imported.verify()).passed


async def test_staff_needs_two_admins_who_say_the_same(api: httpx.AsyncClient, tx: Tx, imported: Import) -> None:
    first = await bearer_of(api, tx, Role.ADMIN)
    second = await bearer_of(api, tx, Role.ADMIN, phone="+919820054321")
    review = await question(api, first, "unsure", "V4")

    async def say(decision: str, bearer: dict[str, str]) -> dict[str, object]:
        body = {"decision": decision, "reason": "known"}
        answer = await api.post(f"{REVIEWS}/{review}/decision", json=body, headers=bearer)
        assert answer.status_code == 200, answer.text
        outcome: dict[str, object] = answer.json()
        return outcome

    assert (await say("merge", first))["is_proposal"]
    assert (await say("merge", first))["is_proposal"]
    assert (await say("keep_apart", second))["is_proposal"]
    assert (await say("merge", first))["is_proposal"]
    done = await say("merge", second)

    assert not done["is_proposal"]
    user = (await api.get("/api/v1/users/lookup", params={"identifier": STAFF_PHONE}, headers=first)).json()["user"]
    assert user["id"] == done["survivor"]
    assert (await imported.verify()).passed


@pytest.mark.usefixtures("imported")
async def test_an_only_admin_decides_alone_and_the_log_says_so(api: httpx.AsyncClient, tx: Tx) -> None:
    await tx.database[USERS].update_one({"roles": "admin"}, {"$set": {"status": "disabled"}})
    bearer = await bearer_of(api, tx, Role.ADMIN)
    assert len(await list_active_admins(tx)) == 1
    review = await question(api, bearer, "unsure", "V4")

    body = {"decision": "keep_apart", "reason": "namesakes"}
    outcome = (await api.post(f"{REVIEWS}/{review}/decision", json=body, headers=bearer)).json()

    assert outcome["review"]["given"]["alone"]
    (entry,) = await entries_about(tx, f"review:{review}")
    assert "decided alone" in (entry.reason or "")


@pytest.mark.usefixtures("imported")
async def test_pages_of_questions_follow_each_other(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.ADMIN)
    review = await question(api, bearer, "unsure", "U4")
    body = {"decision": "defer", "reason": "she travels"}
    await api.post(f"{REVIEWS}/{review}/decision", json=body, headers=bearer)

    found = (await api.get(REVIEWS, params={"list": "unsure"}, headers=bearer)).json()

    assert found["reviews"][-1]["id"] == review
    assert found["next"] is None
    rest = await api.get(REVIEWS, params={"list": "unsure", "cursor": f"0:{'f' * 24}"}, headers=bearer)
    assert [one["id"] for one in rest.json()["reviews"]] == [review]
    assert (await api.get(REVIEWS, params={"list": "everything"}, headers=bearer)).status_code == 422


@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize("cursor", ["x", "2:abc", "", "0", "\x00", "1:\ufffd"])
async def test_a_cursor_that_nobody_gave_is_refused(api: httpx.AsyncClient, tx: Tx, cursor: str) -> None:
    bearer = await bearer_of(api, tx, Role.ADMIN)

    answer = await api.get(REVIEWS, params={"list": "unsure", "cursor": cursor}, headers=bearer)

    assert answer.status_code == (200 if cursor.startswith("1:") else 422)


@pytest.mark.usefixtures("imported")
async def test_odd_input_is_refused_and_never_breaks(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.ADMIN)
    review = await question(api, bearer, "unsure", "U4")
    path = f"{REVIEWS}/{review}/decision"
    headers = bearer | {"content-type": "application/json"}

    for body in (
        b'{"decision":"defer","reason":"\\ud800"}',
        b'{"decision":"defer","reason":"  "}',
        b'{"decision":NaN}',
    ):
        assert (await api.post(path, content=body, headers=headers)).status_code == 422
    for odd in ("%00", "$ne", "a" * 3000, "%ff"):
        assert (await api.get(f"{REVIEWS}/{odd}", headers=bearer)).status_code == 404
    for words in ({}, {"reason": "\x00"}):
        answer = await api.delete(f"{REVIEWS}/%00/decision", params=words, headers=bearer)
        assert answer.status_code in {404, 422}
    stranger = {"decision": "shared_phone", "reason": "x", "holder": "f" * 24}
    assert (await api.post(path, json=stranger, headers=bearer)).status_code == 422
