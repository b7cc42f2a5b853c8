"""Whoever is nobody sees nothing, whoever is a customer sees himself, and no route forgets to ask."""

import httpx
import pytest

from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.database.transaction import Tx
from roundsman.web.guards import Public
from tests.http.people import bearer_of
from tests.http.serving import asked_by_bearer

LOOKUP = "/api/v1/users/lookup?identifier=9820012345"
NEW_CUSTOMER = {"name": "Asha", "phone": "9845012367"}
REGISTRARS = {Role.DELIVERY_BOY, Role.MARKETING_STAFF}


async def test_every_guarded_route_refuses_whoever_is_nobody(api: httpx.AsyncClient) -> None:
    guarded = [entrance for entrance in asked_by_bearer(create_app()) if not isinstance(entrance.guard, Public)]

    assert guarded
    for entrance in guarded:
        for method in entrance.methods:
            answer = await api.request(method, entrance.path)
            assert (answer.status_code, answer.json()["code"]) == (401, "token_missing"), entrance.path


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_whoever_is_no_admin_sees_himself_and_nobody_else(api: httpx.AsyncClient, tx: Tx, role: Role) -> None:
    headers = await bearer_of(api, tx, role)

    me = await api.get("/api/v1/auth/me", headers=headers)
    others = await api.get(LOOKUP, headers=headers)
    registered = await api.post("/api/v1/customers", json=NEW_CUSTOMER, headers=headers)

    assert me.status_code == 200
    assert (others.status_code, others.json()["code"]) == (403, "permission_missing")
    assert registered.status_code == (201 if role in REGISTRARS else 403)


async def test_an_invented_token_is_nobodys(api: httpx.AsyncClient) -> None:
    answer = await api.get("/api/v1/auth/me", headers={"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."})

    assert answer.status_code == 401
