"""Roles given and taken, people shut out and let in, over HTTP: with a reason, recorded, at once, and never the last admin."""

import asyncio

import httpx
import pytest

from roundsman.access.roles import Role
from roundsman.audit_log.log import entries_about
from roundsman.database.collections import SESSIONS, USERS
from roundsman.database.transaction import Tx
from roundsman.identity.role_grants import list_active_admins
from roundsman.identity.users import User, UserStatus
from tests.builders import a_user
from tests.http.people import log_in, settle

REASON = {"reason": "a test"}
LOOKUP = {"url": "/api/v1/users/lookup", "params": {"identifier": "+919820012345"}}


async def signed_in(
    api: httpx.AsyncClient, tx: Tx, *roles: Role, phone: str = "+919820012345"
) -> tuple[User, dict[str, str]]:
    user = await settle(tx, a_user(roles=roles), phone=phone)
    return user, {"Authorization": f"Bearer {(await log_in(api, phone)).json()['access_token']}"}


async def two(api: httpx.AsyncClient, tx: Tx, *roles: Role) -> tuple[User, dict[str, str], dict[str, str]]:
    """A user of these roles, his headers and those of an admin."""
    user, bearer = await signed_in(api, tx, *roles)
    _, admin = await signed_in(api, tx, Role.ADMIN, phone="+919820000001")
    return user, bearer, admin


def said(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


async def revoke(api: httpx.AsyncClient, user: User, role: Role, headers: dict[str, str]) -> httpx.Response:
    return await api.request("DELETE", f"/api/v1/users/{user.id}/roles/{role}", json=REASON, headers=headers)


async def grant(api: httpx.AsyncClient, user: User, role: Role, headers: dict[str, str]) -> httpx.Response:
    return await api.post(f"/api/v1/users/{user.id}/roles", json=REASON | {"role": role}, headers=headers)


async def test_a_role_counts_with_the_next_request_and_is_gone_with_the_next(api: httpx.AsyncClient, tx: Tx) -> None:
    user, bearer, admin = await two(api, tx, Role.CUSTOMER)
    assert (await api.get(**LOOKUP, headers=bearer)).status_code == 403  # type: ignore[arg-type]  # one URL, one query

    granted = await grant(api, user, Role.ADMIN, admin)

    assert (granted.status_code, granted.json()["roles"]) == (200, ["customer", "admin"])
    assert (await api.get(**LOOKUP, headers=bearer)).status_code == 200  # type: ignore[arg-type]  # as above
    assert said(await grant(api, user, Role.ADMIN, admin)) == (409, "role_held_already")
    assert (await revoke(api, user, Role.ADMIN, admin)).json()["roles"] == ["customer"]
    assert (await api.get(**LOOKUP, headers=bearer)).status_code == 403  # type: ignore[arg-type]  # as above
    assert said(await revoke(api, user, Role.ADMIN, admin)) == (404, "role_not_held")
    told = [(entry.action, entry.reason) for entry in await entries_about(tx, f"user:{user.id}")]
    assert told[1:] == [("role.granted", "admin: a test"), ("role.revoked", "admin: a test")]


async def test_granting_a_role_that_an_import_brought_confirms_it(api: httpx.AsyncClient, tx: Tx) -> None:
    user, _, admin = await two(api, tx, Role.CUSTOMER)
    waiting = {"$set": {"roles": ["customer", "supplier"], "roles_to_confirm": ["supplier"]}}
    await tx.database[USERS].update_one({"_id": user.id}, waiting)

    granted = (await grant(api, user, Role.SUPPLIER, admin)).json()

    assert (granted["roles"], granted["roles_to_confirm"]) == (["customer", "supplier"], [])


async def test_who_is_disabled_is_out_until_he_is_enabled(api: httpx.AsyncClient, tx: Tx) -> None:
    user, bearer, admin = await two(api, tx, Role.CUSTOMER)
    base = f"/api/v1/users/{user.id}"

    assert (await api.post(f"{base}/disable", json=REASON, headers=admin)).json()["status"] == "disabled"

    assert said(await api.get("/api/v1/auth/sessions", headers=bearer)) == (401, "session_ended")
    assert said(await log_in(api)) == (401, "invalid_credentials")
    assert said(await api.post(f"{base}/disable", json=REASON, headers=admin)) == (409, "standing_already")
    assert await tx.database[SESSIONS].count_documents({"user_id": user.id}) == 0
    assert (await api.post(f"{base}/enable", json=REASON, headers=admin)).json()["status"] == "active"
    assert said(await api.get("/api/v1/auth/sessions", headers=bearer)) == (401, "session_ended")
    assert (await log_in(api)).status_code == 200


async def test_a_reason_is_asked_for_and_a_merged_user_is_left_alone(api: httpx.AsyncClient, tx: Tx) -> None:
    user, _, admin = await two(api, tx, Role.CUSTOMER)
    await tx.database[USERS].update_one({"_id": user.id}, {"$set": {"status": UserStatus.ARCHIVED.value}})

    assert said(await grant(api, user, Role.SUPPLIER, admin)) == (409, "user_not_live")
    unreasoned = await api.post(f"/api/v1/users/{user.id}/disable", json={"reason": " "}, headers=admin)
    assert said(unreasoned) == (422, "invalid_request")


@pytest.mark.parametrize("way", ["revoke", "disable"])
async def test_the_last_admin_stays(api: httpx.AsyncClient, tx: Tx, way: str) -> None:
    user, bearer = await signed_in(api, tx, Role.ADMIN)
    if way == "revoke":
        answer = await revoke(api, user, Role.ADMIN, bearer)
    else:
        answer = await api.post(f"/api/v1/users/{user.id}/disable", json=REASON, headers=bearer)
    assert said(answer) == (409, "last_admin")
    assert [admin.id for admin in await list_active_admins(tx)] == [user.id]


@pytest.mark.parametrize("attempt", range(5))
async def test_of_admins_who_take_the_role_from_each_other_one_stays(
    api: httpx.AsyncClient, tx: Tx, attempt: int
) -> None:
    phones = [f"+91982000000{number}" for number in range(4)]
    admins = [await signed_in(api, tx, Role.ADMIN, phone=phone) for phone in phones]
    everybody = [
        revoke(api, victim, Role.ADMIN, bearer)
        if (number + attempt) % 2
        else api.post(f"/api/v1/users/{victim.id}/disable", json=REASON, headers=bearer)
        for number, (_, bearer) in enumerate(admins)
        for victim, _ in admins
    ]

    answers = await asyncio.gather(*everybody)

    assert len(await list_active_admins(tx)) == 1
    done = [answer for answer in answers if answer.status_code == 200]
    # Who is disabled may have been an admin no more, and the other way round.
    assert 3 <= len(done) <= 6
    assert {answer.status_code for answer in answers} <= {200, 401, 403, 404, 409}


async def test_a_role_that_is_revoked_while_it_is_used_does_nothing_afterwards(api: httpx.AsyncClient, tx: Tx) -> None:
    """Whatever an admin did in the race was done before the role was taken from him, as the audit log tells."""
    user, bearer, admin = await two(api, tx, Role.ADMIN)
    others = [await settle(tx, phone=f"+9198200001{number:02}") for number in range(20)]

    async def use(other: User) -> httpx.Response:
        return await grant(api, other, Role.SUPPLIER, bearer)

    *uses, taken = await asyncio.gather(*map(use, others[:10]), revoke(api, user, Role.ADMIN, admin))
    late = await asyncio.gather(*map(use, others[10:]))

    assert taken.status_code == 200
    assert {answer.status_code for answer in uses} <= {200, 403}
    assert {answer.status_code for answer in late} == {403}
    granted = await tx.database[USERS].count_documents({"roles": "supplier"})
    assert granted == len([answer for answer in uses if answer.status_code == 200])


async def test_whoever_is_disabled_while_he_signs_in_and_refreshes_is_out(api: httpx.AsyncClient, tx: Tx) -> None:
    user, _, admin = await two(api, tx, Role.CUSTOMER)
    token = (await log_in(api)).json()["refresh_token"]
    disable = api.post(f"/api/v1/users/{user.id}/disable", json=REASON, headers=admin)
    refreshes = [api.post("/api/v1/auth/refresh", json={"refresh_token": token}) for _ in range(20)]

    answers = await asyncio.gather(*(log_in(api) for _ in range(3)), disable, *refreshes)

    assert {answer.status_code for answer in answers} <= {200, 401}
    for answer in answers:
        if "access_token" in answer.json():
            bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            late = await api.get("/api/v1/auth/sessions", headers=bearer)
            assert said(late) == (401, "session_ended")
            again = await api.post("/api/v1/auth/refresh", json={"refresh_token": answer.json()["refresh_token"]})
            assert said(again) == (401, "session_ended")
    assert await tx.database[SESSIONS].count_documents({"user_id": user.id}) == 0
