import hashlib
from contextlib import nullcontext
from dataclasses import replace

import bcrypt
import httpx
import pytest

from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.auth.credential_storage import find_credential
from roundsman.auth.passwords import hash_password, imported_hash
from roundsman.database.collections import AUDIT_LOG, SESSIONS, USERS
from roundsman.database.transaction import Tx
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, set_mode
from roundsman.identity.users import UserStatus
from roundsman.runtime import Runtime
from tests.builders import a_user
from tests.http.people import PASSWORD, PHONE, bearer_of, log_in, settle
from tests.http.serving import answering

SHA256 = hashlib.sha256(PASSWORD.encode()).hexdigest()
BCRYPT = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
DEFAULT_PASSWORD = "delivery123"


@pytest.mark.parametrize("source_hash", [BCRYPT, SHA256, SHA256.upper()], ids=["bcrypt", "sha256", "SHA256"])
async def test_imported_password_signs_in_and_is_hashed_anew(api: httpx.AsyncClient, tx: Tx, source_hash: str) -> None:
    user = await settle(tx, password_hash=imported_hash(source_hash))

    answer = await log_in(api, "098200-12345")

    assert answer.status_code == 200
    assert answer.json()["user_id"] == str(user.id)
    assert answer.json()["expires_in_seconds"] == 600
    renewed = await find_credential(tx, user.id)
    assert renewed is not None
    assert renewed.password_hash.startswith("$argon2id$")
    assert (await log_in(api)).status_code == 200


async def test_signing_in_leaves_a_session_the_time_and_an_audit_row(api: httpx.AsyncClient, tx: Tx) -> None:
    user = await settle(tx)

    await log_in(api)

    stored = await tx.database[USERS].find_one({"_id": user.id})
    assert stored is not None
    assert stored["first_sign_in_at"] == stored["last_sign_in_at"]
    session = await tx.database[SESSIONS].find_one({"user_id": user.id})
    assert session is not None
    assert (session["expires_at"] - session["created_at"]).days == 30
    assert (session["signed_in_by"], session["address"]) == ("password", "127.0.0.1")
    row = await tx.database[AUDIT_LOG].find_one({"target": f"user:{user.id}"})
    assert row is not None
    assert (row["action"], row["actor"]["session"]) == ("session.opened", str(session["_id"]))


async def test_the_first_sign_in_stays_and_the_last_one_moves(api: httpx.AsyncClient, tx: Tx) -> None:
    user = await settle(tx)
    await log_in(api)
    first = await tx.database[USERS].find_one({"_id": user.id})

    await log_in(api)

    second = await tx.database[USERS].find_one({"_id": user.id})
    assert first is not None
    assert second is not None
    assert second["first_sign_in_at"] == first["first_sign_in_at"]
    assert second["last_sign_in_at"] > first["last_sign_in_at"]


async def test_staff_gets_a_shorter_token_and_session(api: httpx.AsyncClient, tx: Tx) -> None:
    user = await settle(tx, a_user(roles=(Role.CUSTOMER, Role.ADMIN)))

    answer = await log_in(api)

    assert answer.json()["expires_in_seconds"] == 300
    session = await tx.database[SESSIONS].find_one({"user_id": user.id})
    assert session is not None
    assert (session["expires_at"] - session["created_at"]).total_seconds() == 30 * 60


async def test_every_failure_gets_the_same_answer(api: httpx.AsyncClient, tx: Tx) -> None:
    await settle(tx)
    await settle(tx, a_user(), phone="+919820000001", password_hash=None)
    await settle(tx, a_user(status=UserStatus.DISABLED), phone="+919820000002")
    await settle(tx, a_user(status=UserStatus.ARCHIVED), phone="+919820000003")

    answers = [
        await log_in(api, PHONE, "another password"),
        await log_in(api, "nobody@example.in"),
        await log_in(api, "\x00"),
        await log_in(api, "+919820000001"),
        await log_in(api, "+919820000002"),
        await log_in(api, "+919820000003"),
    ]

    bodies = [{key: value for key, value in answer.json().items() if key != "request_id"} for answer in answers]
    assert {answer.status_code for answer in answers} == {401}
    assert bodies == bodies[:1] * len(bodies)
    assert bodies[0]["code"] == "invalid_credentials"
    assert await tx.database[SESSIONS].count_documents({}) == 0


async def test_a_right_default_password_is_refused_with_its_own_code(api: httpx.AsyncClient, tx: Tx) -> None:
    await settle(tx, password_hash=hash_password(DEFAULT_PASSWORD))

    right, wrong = await log_in(api, PHONE, DEFAULT_PASSWORD), await log_in(api, PHONE, "customer123")

    assert (right.status_code, right.json()["code"]) == (403, "password_must_change")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_credentials")
    assert await tx.database[SESSIONS].count_documents({}) == 0


async def test_default_passwords_sign_in_where_the_operator_allows_them(runtime: Runtime) -> None:
    await settle(runtime.tx, password_hash=hash_password(DEFAULT_PASSWORD))
    lenient = replace(runtime, settings=runtime.settings.model_copy(update={"refuse_default_passwords": False}))

    async with answering(create_app(lambda: nullcontext(lenient))) as api:
        answer = await log_in(api, PHONE, DEFAULT_PASSWORD)

    assert answer.status_code == 200


async def test_before_cutover_only_staff_signs_in(api: httpx.AsyncClient, tx: Tx) -> None:
    await set_mode(tx, Mode(PeopleMode.SHADOW, OperationsMode.SOURCE))
    await settle(tx)
    await settle(tx, a_user(roles=(Role.MARKETING_STAFF,)), phone="+919820000001")

    customer, staff = await log_in(api), await log_in(api, "+919820000001")

    assert (customer.status_code, customer.json()["code"]) == (403, "sign_in_closed")
    assert staff.status_code == 200


async def test_disabling_a_user_ends_his_sessions_at_once(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.CUSTOMER)
    assert (await api.get("/api/v1/auth/me", headers=bearer)).status_code == 200

    await tx.database[USERS].update_one({}, {"$set": {"status": "disabled"}})

    refused = await api.get("/api/v1/auth/sessions", headers=bearer)
    assert (refused.status_code, refused.json()["code"]) == (401, "session_ended")


@pytest.mark.parametrize(
    ("collection", "change"),
    [
        (USERS, {"$inc": {"session_version": 1}}),
        (SESSIONS, {"$inc": {"version": 1}}),
        (SESSIONS, {"$set": {"expires_at": a_user().created_at}}),
    ],
    ids=["version of the user", "version of the session", "expired"],
)
async def test_a_session_that_counts_no_longer_is_refused(
    api: httpx.AsyncClient, tx: Tx, collection: str, change: dict[str, dict[str, object]]
) -> None:
    bearer = await bearer_of(api, tx, Role.CUSTOMER)

    await tx.database[collection].update_one({}, change)

    assert (await api.get("/api/v1/auth/me", headers=bearer)).json()["code"] == "session_ended"


async def test_an_ended_session_and_a_vanished_user_are_refused(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.CUSTOMER)
    await tx.database[USERS].delete_many({})
    assert (await api.get("/api/v1/auth/me", headers=bearer)).json()["code"] == "session_ended"
    await tx.database[SESSIONS].delete_many({})
    assert (await api.get("/api/v1/auth/me", headers=bearer)).json()["code"] == "session_ended"
