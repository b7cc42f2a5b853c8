import io
import json
import zipfile
from datetime import timedelta

import httpx
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.activation.facts import Fact, FactType
from roundsman.activation.policy import ActivationPolicy
from roundsman.customers.linkage import insert_customers
from roundsman.database.collections import FACT_CONFLICTS, FACTS, LIFECYCLES, UNMATCHED_FACTS, USERS
from roundsman.database.transaction import Tx
from roundsman.operations.facts.fact_intake import tell
from tests.builders import NOW, a_customer, a_user
from tests.http.people import PHONE, bearer_of, log_in, settle

EXPORT, CLOSE, ME = "/api/v1/auth/me/export", "/api/v1/auth/me/close", "/api/v1/auth/me"


def data_in(answer: httpx.Response) -> dict[str, list[dict[str, object]]]:
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        data: dict[str, list[dict[str, object]]] = json.loads(archive.read("data.json"))
    return data


async def test_everybody_gets_his_own_data(api: httpx.AsyncClient, tx: Tx) -> None:
    await settle(tx, a_user(name="Ravi Kumar"), phone="+919820000009")
    headers = await bearer_of(api, tx, Role.CUSTOMER)

    data = data_in(await api.get(EXPORT, headers=headers))

    assert data["user"][0]["name"] == "Asha Rao"
    assert data["identifiers"][0]["key"] == f"phone:{PHONE}"
    assert len(data["sessions"]) == 1
    assert "Ravi" not in json.dumps(data)


async def test_an_admin_gets_anothers_on_his_behalf_and_nobody_else_does(api: httpx.AsyncClient, tx: Tx) -> None:
    user = await settle(tx, a_user(name="Ravi Kumar"), phone="+919820000009")
    admin = await bearer_of(api, tx, Role.ADMIN)
    staff = await bearer_of(api, tx, Role.MARKETING_STAFF, phone="+919820000008")

    assert data_in(await api.get(f"/api/v1/users/{user.id}/export", headers=admin))["user"][0]["name"] == "Ravi Kumar"
    assert (await api.get(f"/api/v1/users/{user.id}/export", headers=staff)).status_code == 403
    assert (await api.get(f"/api/v1/users/{ObjectId()}/export", headers=admin)).status_code == 404


async def test_who_closes_his_account_is_nobody_and_his_phone_is_free(api: httpx.AsyncClient, tx: Tx) -> None:
    headers = await bearer_of(api, tx, Role.CUSTOMER)
    user = await tx.database[USERS].find_one({})
    assert user is not None
    await insert_customers(tx, [a_customer(user["_id"])])

    assert (await api.post(CLOSE, headers=headers)).status_code == 204

    assert (await api.post(CLOSE, headers=headers)).status_code == 401
    assert (await log_in(api)).status_code == 401
    await settle(tx)
    assert (await log_in(api)).status_code == 200


async def test_what_happened_is_his_and_stays_without_his_name_when_he_goes(api: httpx.AsyncClient, tx: Tx) -> None:
    headers = await bearer_of(api, tx, Role.CUSTOMER)
    user_id, now = (await tx.database[USERS].find_one({}) or {})["_id"], NOW + timedelta(days=1)
    order = Fact(FactType.ORDER_PLACED, user_id, "o-1", NOW + timedelta(hours=1))
    await tell(tx, user_id, [order], policy=ActivationPolicy(), now=now)
    await tx.database[UNMATCHED_FACTS].insert_one(_waiting("phone:+919700012345", "alias:97000 12345"))
    await tx.database[UNMATCHED_FACTS].insert_one(_waiting(f"phone:{PHONE}"))
    await tx.database[FACT_CONFLICTS].insert_one(_waiting(f"phone:{PHONE}") | {"key": "order.placed:o-2"})

    data = data_in(await api.get(EXPORT, headers=headers))
    assert data["activation"][0]["status"] == "active"
    assert [one["after"] for one in data["activation_history"]] == ["new", "active"]
    assert [one["type"] for one in data["facts"]] == ["signup", "order.placed", "login"]

    assert (await api.post(CLOSE, headers=headers)).status_code == 204

    assert await tx.database[FACTS].count_documents({"user_id": user_id}) == 3
    assert await tx.database[LIFECYCLES].count_documents({"status": "active"}) == 1
    assert await tx.database[UNMATCHED_FACTS].distinct("subject") == ["phone:+919700012345"]
    assert await tx.database[FACT_CONFLICTS].count_documents({}) == 0


def _waiting(*names: str) -> dict[str, object]:
    fact = {"type": "order.placed", "source_id": "o-2", "occurred_at": NOW, "recorded_at": NOW, "digest": b"x"}
    return fact | {"_id": f"order.placed:{names[0]}", "subject": names[0], "names": list(names)}


async def test_the_last_admin_stays(api: httpx.AsyncClient, tx: Tx) -> None:
    headers = await bearer_of(api, tx, Role.ADMIN)
    answer = await api.post(CLOSE, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
