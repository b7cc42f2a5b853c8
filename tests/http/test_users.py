import httpx
import pytest
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.database.collections import CUSTOMERS, IDENTIFIERS, USERS
from roundsman.database.transaction import Tx
from roundsman.identity.importing import insert_identifiers
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, set_mode
from roundsman.identity.users import Identifier
from tests.builders import a_user
from tests.http.people import PASSWORD_HASH, PHONE, bearer_of, settle

NEW_CUSTOMER = {"name": " Asha Patil ", "phone": "99200 54321", "address": "12, Lake Road", "area": "Powai"}
REGISTER, LOOKUP, ME = "/api/v1/customers", "/api/v1/users/lookup", "/api/v1/auth/me"


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MARKETING_STAFF, Role.DELIVERY_BOY])
async def test_whoever_may_create_customers_registers_one_linked(api: httpx.AsyncClient, tx: Tx, role: Role) -> None:
    bearer = await bearer_of(api, tx, role)

    answer = await api.post(REGISTER, json=NEW_CUSTOMER, headers=bearer)

    assert answer.status_code == 201
    assert set(answer.json()) == {"user_id", "customer_id"}
    customer = await tx.database[CUSTOMERS].find_one({"_id": ObjectId(answer.json()["customer_id"])})
    assert customer is not None
    assert str(customer["user_id"]) == answer.json()["user_id"]
    assert customer["name"] == "Asha Patil"
    identifier = await tx.database[IDENTIFIERS].find_one({"_id": "phone:+919920054321"})
    assert identifier is not None
    assert identifier["user_id"] == customer["user_id"]


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.SUPPLIER])
async def test_others_may_not_register_anybody(api: httpx.AsyncClient, tx: Tx, role: Role) -> None:
    bearer = await bearer_of(api, tx, role)

    answer = await api.post(REGISTER, json=NEW_CUSTOMER, headers=bearer)

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
    assert "customers:create" in answer.json()["detail"]
    assert await tx.database[CUSTOMERS].count_documents({}) == 0


async def test_nobody_registers_anonymously(api: httpx.AsyncClient, tx: Tx) -> None:
    answer = await api.post(REGISTER, json=NEW_CUSTOMER)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert await tx.database[USERS].count_documents({}) == 0


async def test_a_taken_phone_is_a_conflict(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.ADMIN)
    await api.post(REGISTER, json=NEW_CUSTOMER, headers=bearer)

    again = await api.post(REGISTER, json=NEW_CUSTOMER | {"phone": "+91-9920054321"}, headers=bearer)

    assert (again.status_code, again.json()["code"]) == (409, "identifier_taken")
    assert await tx.database[CUSTOMERS].count_documents({}) == 1


async def test_before_cutover_nobody_is_registered(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.ADMIN)
    await set_mode(tx, Mode(PeopleMode.SHADOW, OperationsMode.SOURCE))

    answer = await api.post(REGISTER, json=NEW_CUSTOMER, headers=bearer)

    assert (answer.status_code, answer.json()["code"]) == (409, "people_managed_elsewhere")


@pytest.mark.parametrize("field", ["role", "roles", "is_admin", "user_id", "_id", "password_hash"])
async def test_fields_a_route_does_not_offer_are_refused(api: httpx.AsyncClient, tx: Tx, field: str) -> None:
    bearer = await bearer_of(api, tx, Role.ADMIN)

    answer = await api.post(REGISTER, json=NEW_CUSTOMER | {field: "admin"}, headers=bearer)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert await tx.database[CUSTOMERS].count_documents({}) == 0


@pytest.mark.parametrize("spelling", [PHONE, "98200 12345", "098200-12345", "alias"])
async def test_admin_finds_a_person_by_any_identifier(api: httpx.AsyncClient, tx: Tx, spelling: str) -> None:
    user = await settle(tx)
    await insert_identifiers(tx, [Identifier("alias:cust-001", (user.id,))])
    bearer = await bearer_of(api, tx, Role.ADMIN, phone="+919820000001")

    answer = await api.get(
        LOOKUP, params={"identifier": "cust-001" if spelling == "alias" else spelling}, headers=bearer
    )

    assert answer.status_code == 200
    assert answer.json()["user"]["id"] == str(user.id)
    assert {identifier["key"] for identifier in answer.json()["identifiers"]} == {f"phone:{PHONE}", "alias:cust-001"}


@pytest.mark.parametrize(
    ("identifier", "status", "code"),
    [
        ("nobody@example.in", 404, "unknown_identifier"),
        ("one\x07two", 422, "malformed_identifier"),
        ("   ", 422, "malformed_identifier"),
        ("", 422, "invalid_request"),
        ("x" * 300, 422, "invalid_request"),
        ("shared", 409, "ambiguous_identifier"),
    ],
)
async def test_lookup_never_guesses(api: httpx.AsyncClient, tx: Tx, identifier: str, status: int, code: str) -> None:
    first, second = await settle(tx, phone="+919820000002"), await settle(tx, a_user(), phone="+919820000003")
    await insert_identifiers(tx, [Identifier("alias:shared", (first.id, second.id))])
    bearer = await bearer_of(api, tx, Role.ADMIN)

    answer = await api.get(LOOKUP, params={"identifier": identifier}, headers=bearer)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_only_admin_looks_users_up(api: httpx.AsyncClient, tx: Tx, role: Role) -> None:
    bearer = await bearer_of(api, tx, role)
    answer = await api.get(LOOKUP, params={"identifier": PHONE}, headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")


@pytest.mark.parametrize("role", Role)
async def test_everybody_sees_himself_and_no_hash(api: httpx.AsyncClient, tx: Tx, role: Role) -> None:
    bearer = await bearer_of(api, tx, role)

    answer = await api.get(ME, headers=bearer)

    assert answer.status_code == 200
    assert answer.json()["user"]["roles"] == [role.value]
    assert "hash" not in answer.text
    assert PASSWORD_HASH not in answer.text


async def test_a_role_that_waits_for_confirmation_grants_nothing(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.ADMIN)
    await tx.database[USERS].update_one({}, {"$set": {"roles_to_confirm": ["admin"]}})
    answer = await api.get(LOOKUP, params={"identifier": PHONE}, headers=bearer)
    assert answer.status_code == 403
