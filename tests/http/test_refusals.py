"""That an operation is refused only with codes that it names in the OpenAPI document."""

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from roundsman.access.roles import Role
from roundsman.database.transaction import Tx
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, set_mode
from roundsman.web import pacing
from roundsman.web.guards import Public
from roundsman.web.refusals import codes_by_status
from tests.http.people import bearer_of, log_in
from tests.http.test_modes import operations_of

pytestmark = pytest.mark.whole


@pytest.fixture(autouse=True)
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer at once: when answers come is another test's business."""
    monkeypatch.setattr(pacing, "seconds_to_wait", lambda _: 0)


def bodies_for(operation: dict[str, Any]) -> list[dict[str, Any] | None]:
    return [{}, {"reason": "none in particular", "role": "supplier"}] if "requestBody" in operation else [None]


async def refusals(
    api: httpx.AsyncClient, document: dict[str, Any], headers: dict[str, str]
) -> list[tuple[str, int, str]]:
    """Every operation asked about what does not exist, and what it refused that with."""
    refused = []
    for name, operation in operations_of(document).items():
        method, path = name.split(" ")
        if "logout" in path:
            continue
        for body in bodies_for(operation):
            answer = await api.request(method, re.sub(r"{\w+}", "0" * 24, path), json=body, headers=headers)
            if answer.is_error:
                refused.append((name, answer.status_code, str(answer.json()["code"])))
    return refused


def test_every_refusal_that_is_documented_names_its_codes_and_every_code_its_meaning(app: FastAPI) -> None:
    document = app.openapi()
    told = set()
    for name, operation in operations_of(document).items():
        assert list(operation["x-codes"]) == [status for status in operation["responses"] if status >= "4"], name
        told |= {code for codes in operation["x-codes"].values() for code in codes}
    assert told <= document["x-codes"].keys()
    assert all(len(meaning) > 10 for meaning in document["x-codes"].values())


NAMESAKES = """
from roundsman.identity.lookup import UnknownUser

def look(key):
    \"\"\"Find it. Raises UnknownUser, and what `find` raises.\"\"\"

def find(key):
    \"\"\"Find it. Raises what `look` raises.\"\"\"
    return look(key)

def pause(body):
    return resume(body), find(body.pause)

def resume(body):
    return body.resume if body.pause else pause(body)

def stop(body):
    return body.find, body.stop
"""


def test_functions_may_be_called_like_attributes_and_call_each_other() -> None:
    known: dict[str, Any] = {"__name__": "roundsman.api.invented"}
    exec(NAMESAKES, known)  # noqa: S102 - endpoints that are in no module of ours
    codes = {name: codes_by_status(known[name], Public("a test"), ["404"]) for name in ("pause", "resume", "stop")}
    assert codes == {"pause": {"404": ["unknown_user"]}, "resume": {"404": ["unknown_user"]}, "stop": {}}


@pytest.mark.parametrize("people", PeopleMode)
async def test_no_operation_is_refused_with_a_code_it_does_not_name(
    api: httpx.AsyncClient, app: FastAPI, tx: Tx, people: PeopleMode
) -> None:
    document = app.openapi()
    admin = await bearer_of(api, tx, Role.ADMIN)
    customer = await bearer_of(api, tx, Role.CUSTOMER, phone="+919820055555")
    await set_mode(tx, Mode(people, OperationsMode.SOURCE))
    documented = {name: operation["x-codes"] for name, operation in operations_of(document).items()}

    refused = [one for who in ({}, customer, admin) for one in await refusals(api, document, who)]

    assert len({code for _, _, code in refused}) > 5
    assert [one for one in refused if one[2] not in documented[one[0]].get(str(one[1]), [])] == []
    assert (await log_in(api)).status_code == 200, "nothing of this has changed anything"
