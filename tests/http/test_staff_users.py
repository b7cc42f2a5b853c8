import httpx
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.customers.linkage import insert_customers
from roundsman.database.collections import AUDIT_LOG, USERS
from roundsman.database.transaction import Tx
from tests.builders import a_customer, a_user
from tests.http.people import bearer_of, settle

USERS_PATH = "/api/v1/users"


async def names(api: httpx.AsyncClient, headers: dict[str, str], **query: str | int) -> list[str]:
    answer = await api.get(USERS_PATH, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return [user["name"] for user in answer.json()["users"]]


async def test_users_are_found_by_what_staff_half_remembers(api: httpx.AsyncClient, tx: Tx) -> None:
    asha = await settle(tx, a_user(name="Āsha Patil"), phone="+919820000001")
    await settle(tx, a_user(name="asha rao", roles=(Role.SUPPLIER,)), phone="+919820000002")
    await settle(tx, a_user(name="Ravi Asha"), phone="+919820000003")
    await insert_customers(tx, [a_customer(asha.id)])
    admin = await bearer_of(api, tx, Role.ADMIN)

    assert await names(api, admin, name="ASHA") == ["Āsha Patil", "asha rao", "Asha Rao", "Ravi Asha"]
    assert await names(api, admin, name="rao asha") == ["asha rao", "Asha Rao"]
    assert await names(api, admin, name="asha", role="supplier") == ["asha rao"]
    assert await names(api, admin, status="disabled") == []
    assert await names(api, admin, contact="98200-00003") == ["Ravi Asha"]
    assert await names(api, admin, contact="098765 01234") == ["Āsha Patil"]
    assert await names(api, admin, name="$ne", contact="nobody@example.in") == []


async def test_who_asks_by_a_name_there_is_not_is_told_which_there_are(api: httpx.AsyncClient, tx: Tx) -> None:
    admin = await bearer_of(api, tx, Role.ADMIN)
    query = {"phone": "98200 12345", "limit": "{0}", "status": "merged"}
    refused = (await api.get(USERS_PATH, params=query, headers=admin)).json()
    told = {error["field"]: error["message"] for error in refused["errors"]}
    assert told.keys() == {"query.phone", "query.limit"}
    assert told["query.phone"] == ("There is no such field here; there are: name, contact, role, status, after, limit.")
    assert "98200" not in str(refused)
    body = (await api.post(USERS_PATH, json={"name": "M", "role": "admin", "is_admin": True}, headers=admin)).json()
    assert [(error["field"], "phone, email" in error["message"]) for error in body["errors"]] == [
        ("body.is_admin", True)
    ]


async def test_pages_show_everybody_once(api: httpx.AsyncClient, tx: Tx) -> None:
    for number in range(7):
        await settle(tx, a_user(name="Same Name" if number < 5 else f"Zoya {number}"), phone=f"+91982000010{number}")
    admin = await bearer_of(api, tx, Role.ADMIN)
    seen: list[str] = []
    after: str | None = None
    for _ in range(10):
        query = {"limit": "2"} | ({"after": after} if after else {})
        page = (await api.get(USERS_PATH, params=query, headers=admin)).json()
        seen += [user["id"] for user in page["users"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 8
    wrong = await api.get(USERS_PATH, params={"after": "nonsense"}, headers=admin)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "malformed_page_key")


async def test_one_user_is_shown_whole_with_his_joinings(api: httpx.AsyncClient, tx: Tx) -> None:
    user = await settle(tx, phone="+919820000001")
    admin = await bearer_of(api, tx, Role.ADMIN)
    assert (await api.get(f"{USERS_PATH}/{user.id}", headers=admin)).json()["user"]["id"] == str(user.id)
    assert (await api.get(f"{USERS_PATH}/{user.id}/joinings", headers=admin)).json() == []
    for path in (f"{USERS_PATH}/{ObjectId()}", f"{USERS_PATH}/{ObjectId()}/joinings"):
        assert (await api.get(path, headers=admin)).status_code == 404


async def test_an_admin_makes_an_account_for_the_office(api: httpx.AsyncClient, tx: Tx) -> None:
    admin = await bearer_of(api, tx, Role.ADMIN)
    body = {"name": "Meera Nair", "role": "marketing_staff", "phone": "98200 54321"}

    made = await api.post(USERS_PATH, json=body, headers=admin)

    assert made.status_code == 201
    stored = await tx.database[USERS].find_one({"_id": ObjectId(made.json()["user_id"])})
    assert stored is not None
    assert (stored["roles"], stored["claim"]) == (["marketing_staff"], "claimable")
    assert await tx.database[AUDIT_LOG].find_one({"target": f"user:{stored['_id']}", "action": "user.registered"})
    assert (await api.post(USERS_PATH, json=body, headers=admin)).status_code == 409
