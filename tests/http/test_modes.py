"""What each operation answers in each mode: the table in docs/operations.md, proved over HTTP for every row and column."""

import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI

from roundsman.access import permissions
from roundsman.access.permissions import Changes, Permission, changes_of
from roundsman.access.roles import Role
from roundsman.api import users
from roundsman.app import create_app
from roundsman.database.transaction import Tx
from roundsman.database.wholeness import Restoring, mark_restoring, mark_whole
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, set_mode
from roundsman.runtime import Runtime
from roundsman.web.guards import require
from tests.builders import NOW, a_user
from tests.http.people import bearer_of, log_in, settle
from tests.http.serving import answering

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
MODES = {
    "before cutover": Mode(PeopleMode.SHADOW, OperationsMode.SOURCE),
    "people live": Mode(PeopleMode.LIVE, OperationsMode.SOURCE),
    "people and operations live": Mode(PeopleMode.LIVE, OperationsMode.ROUNDSMAN),
}
CLOSED = {"people_managed_elsewhere", "operations_managed_elsewhere", "sign_in_closed"}
LOGIN = "POST /api/v1/auth/login"
ENDING = {"POST /api/v1/auth/logout", "POST /api/v1/auth/logout-all"}
CUSTOMER_PHONE = "+919820055555"


def table() -> dict[str, dict[str, str]]:
    """The cells of the table, by operation and mode."""
    rows = re.findall(r"^\| `([A-Z]+ /[^`]*)` \|(.*)\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return {
        operation: dict(zip(MODES, (cell.strip() for cell in cells.split("|")), strict=True))
        for operation, cells in rows
    }


def operations_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every operation of an OpenAPI document, by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def test_the_table_has_a_row_for_each_operation(app: FastAPI) -> None:
    assert table().keys() == operations_of(app.openapi()).keys()


def test_an_operation_that_can_be_closed_says_so_in_the_document(app: FastAPI) -> None:
    for name, operation in operations_of(app.openapi()).items():
        if operation.get("x-changes", Changes.NOTHING) != Changes.NOTHING:
            assert "409" in operation["responses"], name


def code_of(answer: httpx.Response) -> str | None:
    """What kind of refusal it is; None if it is none."""
    return str(answer.json()["code"]) if answer.is_error else None


@pytest.mark.parametrize("mode", MODES)
async def test_every_operation_answers_as_the_table_says(api: httpx.AsyncClient, tx: Tx, mode: str) -> None:
    admin = await bearer_of(api, tx, Role.ADMIN)
    await set_mode(tx, MODES[mode])
    for operation, cells in table().items():
        if operation == LOGIN:
            continue
        method, path = operation.split(" ")
        # What is asked for does not exist: whether it is well-formed is looked at after whether it is open.
        body: dict[str, str] | None = {} if method in {"POST", "PUT", "PATCH"} else None
        answer = await api.request(method, re.sub(r"{\w+}", "0" * 24, path), json=body, headers=admin)
        code = code_of(answer)
        if operation in ENDING:
            admin = {"Authorization": f"Bearer {(await log_in(api)).json()['access_token']}"}
        if cells[mode] == "open":
            assert code not in CLOSED, operation
        else:
            assert (answer.status_code, f"409 {code}") == (409, cells[mode]), operation
            assert "existing application" in answer.json()["detail"]


@pytest.mark.parametrize("mode", MODES)
async def test_signing_in_is_as_the_table_says(api: httpx.AsyncClient, tx: Tx, mode: str) -> None:
    await settle(tx, a_user(roles=(Role.MARKETING_STAFF,)))
    await settle(tx, a_user(roles=(Role.CUSTOMER, Role.SUPPLIER)), phone=CUSTOMER_PHONE)
    await set_mode(tx, MODES[mode])

    staff, customer = await log_in(api), await log_in(api, CUSTOMER_PHONE)

    assert staff.status_code == 200
    if table()[LOGIN][mode] == "open":
        assert customer.status_code == 200
    else:
        said = f"staff only, others {customer.status_code} {customer.json()['code']}"
        assert said == table()[LOGIN][mode]
        assert "Use the existing application" in customer.json()["detail"]


def test_every_permission_says_what_it_changes() -> None:
    assert {permission: changes_of(permission) for permission in Permission} == permissions._CHANGES


def test_a_permission_that_does_not_say_what_it_changes_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(permissions._CHANGES, Permission.ME_READ)
    with pytest.raises(KeyError, match="me:read"):
        require(Permission.ME_READ)


async def test_a_route_that_writes_operations_is_closed_until_the_second_switch(
    runtime: Runtime, tx: Tx, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def take_order() -> None: ...

    monkeypatch.setitem(permissions._CHANGES, Permission.USERS_READ, Changes.OPERATIONS)
    router = APIRouter()
    router.post("/takings", dependencies=[Depends(require(Permission.USERS_READ))])(take_order)
    monkeypatch.setattr(users, "router", router)
    answers = {}
    async with answering(create_app(lambda: nullcontext(runtime))) as api:
        admin = await bearer_of(api, tx, Role.ADMIN)
        for name, mode in MODES.items():
            await set_mode(tx, mode)
            answer = await api.post("/api/v1/takings", headers=admin)
            answers[name] = (answer.status_code, (answer.json() or {}).get("code"))
    closed = (409, "operations_managed_elsewhere")
    assert list(answers.values()) == [closed, closed, (200, None)]


async def test_a_half_restored_database_answers_nothing(api: httpx.AsyncClient, tx: Tx) -> None:
    await mark_restoring(tx.database, Restoring("/backups/today", "digest", NOW))
    for path in ("/api/v1/auth/me", "/api/v1/health/ready", "/"):
        answer = await api.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "database_half_restored"), path
    assert (await log_in(api)).json()["code"] == "database_half_restored"
    assert (await api.get("/api/v1/health")).status_code == 200
    await mark_whole(tx.database)
    assert (await api.get("/api/v1/health/ready")).status_code == 200
