"""Marketing staff registers a customer at the door."""

import httpx

from roundsman.access.roles import Role
from roundsman.database.collections import CUSTOMERS, IDENTIFIERS, USERS
from roundsman.database.transaction import Tx
from tests.builders import a_user
from tests.http.people import PASSWORD, bearer_of, settle

CUSTOMER = {"name": "Asha Patil", "phone": "98450 12367", "address": "12 MG Road", "area": "MG Road"}


async def test_a_customer_registered_at_the_door_is_one_linked_person(api: httpx.AsyncClient, tx: Tx) -> None:
    staff = await bearer_of(api, tx, Role.MARKETING_STAFF)

    registered = await api.post("/api/v1/customers", json=CUSTOMER, headers=staff)

    assert registered.status_code == 201
    customer = await tx.database[CUSTOMERS].find_one({})
    user = await tx.database[USERS].find_one({"name": "Asha Patil"})
    assert customer is not None
    assert user is not None
    assert customer["user_id"] == user["_id"]
    assert str(user["_id"]) == registered.json()["user_id"]
    assert (user["claim"], user["roles"]) == ("claimable", ["customer"])
    registrar = await tx.database[USERS].find_one({"roles": "marketing_staff"})
    assert registrar is not None
    assert user["created_by"].endswith(str(registrar["_id"]))


async def test_the_same_phone_in_another_spelling_is_the_same_customer(api: httpx.AsyncClient, tx: Tx) -> None:
    staff = await bearer_of(api, tx, Role.MARKETING_STAFF)
    await settle(tx, a_user(roles=(Role.ADMIN,)), phone="+919820000009")
    await api.post("/api/v1/customers", json=CUSTOMER, headers=staff)
    before = {name: await tx.database[name].count_documents({}) for name in (USERS, CUSTOMERS, IDENTIFIERS)}

    again = await api.post("/api/v1/customers", json=CUSTOMER | {"phone": "+91-9845012367"}, headers=staff)

    assert (again.status_code, again.json()["code"]) == (409, "identifier_taken")
    assert {name: await tx.database[name].count_documents({}) for name in before} == before
    admin = await api.post("/api/v1/auth/login", json={"identifier": "9820000009", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {admin.json()['access_token']}"}
    found = await api.get("/api/v1/users/lookup", params={"identifier": "098450-12367"}, headers=headers)
    assert found.json()["user"]["name"] == "Asha Patil"
    assert [customer["area"] for customer in found.json()["customers"]] == ["MG Road"]
