"""What is sent never becomes part of a query: every text field of every route, with the driver's own listener as judge."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from itertools import cycle, islice
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import pytest
from bson import Code, Regex
from fastapi import APIRouter, Depends, FastAPI, Request
from pydantic import BaseModel, WithJsonSchema
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from roundsman.access.permissions import Permission
from roundsman.access.roles import Role
from roundsman.api import users
from roundsman.database.collections import USERS
from roundsman.database.transaction import Tx
from roundsman.settings import Settings
from roundsman.web import pacing
from roundsman.web.guards import require
from roundsman.web.services import services_of
from tests.depth import depth
from tests.http.crowd import Member, asking_everywhere, gather_crowd
from tests.http.listening import listened_to
from tests.http.openapi_fields import Field, Operation, operations
from tests.http.payloads import MANY, ONE_OF_EACH, Payload

pytestmark = pytest.mark.whole

OF_THE_DRIVER = (".$db", ".$clusterTime", ".$readPreference")
HARMLESS = ("asha", "98200 12345", "asha@example.in", "123456", "0" * 24, "0:asha", "a|b")
EXTRA = {
    "role": "admin",
    "roles": ["admin"],
    "is_admin": True,
    "user_id": "0" * 24,
    "_id": "0" * 24,
    "status": "active",
}
FORM = {"token": "a-plain-token", "new_password": "three cows and a bicycle", "again": "three cows and a bicycle"}
_seen: ContextVar[set[str] | None] = ContextVar("seen", default=None)


class Judge(CommandListener):
    """Notes the operators that reach the server, for whichever request they are sent."""

    def started(self, event: CommandStartedEvent) -> None:
        """Look at a command before it is sent."""
        seen = _seen.get()
        if seen is not None:
            seen |= {one for one in operators(event.command) if not one.startswith(OF_THE_DRIVER)}

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """What came of it does not matter."""

    def failed(self, event: CommandFailedEvent) -> None:
        """What came of it does not matter."""


def operators(value: Any, place: str = "") -> Iterator[str]:  # noqa: ANN401  whatever BSON there is
    """Where every name with a dollar stands, and what the server would run or match by itself."""
    match value:
        case Mapping():
            yield from (f"{place}.{name}" for name in value if "$" in name)
            for name, inner in value.items():
                yield from operators(inner, f"{place}.{name}")
        case list() | tuple():
            for inner in value:
                yield from operators(inner, place)
        case Regex() | Code():
            yield f"{place}: {type(value).__name__}"


@pytest.fixture(autouse=True)
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer at once: when answers come is another test's business."""
    monkeypatch.setattr(pacing, "seconds_to_wait", lambda _: 0)


@pytest.fixture
async def judged(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FastAPI]:
    """A running application whose client is listened to."""

    async with listened_to(settings, Judge(), monkeypatch) as app:
        yield app


async def ask(
    api: httpx.AsyncClient, operation: Operation, member: Member, field: Field, payload: Payload
) -> tuple[int, set[str]]:
    """Ask with the payload in place of the field: the status, and which operators went to the server meanwhile."""
    sent = {where: operation.examples(where) for where in ("path", "query", "body")}
    sent[field.where].pop(field.name, None)
    sent[field.where][field.name if field.where == "path" else payload.name.format(field=field.name)] = payload.value
    seen: set[str] = set()
    token = _seen.set(seen)
    answer = await api.request(
        operation.method,
        address(operation.path, sent["path"], sent["query"]),
        content=json.dumps(sent["body"]) if sent["body"] else None,
        headers=member.headers | {"Content-Type": "application/json"},
    )
    _seen.reset(token)
    return answer.status_code, seen


def address(path: str, in_path: Mapping[str, Any], in_query: Mapping[str, Any]) -> str:
    """The address, with everything quoted; an object in the query becomes names with brackets, as forms send it."""
    filled = path.format_map({name: quoted(value) for name, value in in_path.items()})
    pairs = [pair for name, value in in_query.items() for pair in flat(name, value)]
    return f"{filled}?{'&'.join(f'{quoted(name)}={quoted(value)}' for name, value in pairs)}"


def quoted(value: object) -> str:
    return quote(value if isinstance(value, str) else json.dumps(value), safe="", errors="surrogatepass")


def flat(name: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for inner, below in value.items():
            yield from flat(f"{name}[{inner}]", below)
    else:
        yield name, value


class OwnOperators:
    """Which operators a route uses itself, whatever harmless text stands in a field: asked for only where it matters."""

    def __init__(self, api: httpx.AsyncClient, admins: Iterator[Member]) -> None:
        self._api, self._admins = api, admins
        self._known: dict[tuple[Operation, Field], set[str]] = {}

    async def foreign_among(self, seen: set[str], operation: Operation, field: Field) -> set[str]:
        """Those that are none of the route's own."""
        if (operation, field) not in self._known:
            self._known[operation, field] = await self._of(operation, field, [field.example])
        if seen - self._known[operation, field]:
            self._known[operation, field] |= await self._of(operation, field, HARMLESS)
        return seen - self._known[operation, field]

    async def _of(self, operation: Operation, field: Field, values: Iterable[object]) -> set[str]:
        answers = [await ask(self._api, operation, next(self._admins), field, Payload(value)) for value in values]
        return set[str]().union(*(seen for _, seen in answers))


async def injected(
    app: FastAPI, tx: Tx, payloads: Sequence[Payload], *, path: str = "", each: int | None = None
) -> list[str]:
    """Try the payloads in every text field of the operations whose path begins so, and tell what came through.

    With `each` only so many in a field, and the following ones in the next, so that all of them are tried many times.
    """
    asked = [one for one in operations(app.openapi()) if one.path.startswith(path)]
    places = [(operation, field) for operation in asked for field in operation.texts]
    tried = islice(cycle(payloads), len(places) * (each or len(payloads)))
    repeated = [place for place in places for _ in range(each or len(payloads))]
    asked_with = list(zip(repeated, tried, strict=True))
    admins = cycle(await gather_crowd(app, tx, [Role.ADMIN] * len(asked_with)))
    wrong = []
    async with asking_everywhere(app) as api:
        own = OwnOperators(api, admins)
        for (operation, field), payload in asked_with:
            status, seen = await ask(api, operation, next(admins), field, payload)
            foreign = await own.foreign_among(seen, operation, field)
            if status >= 500 or foreign:
                wrong.append(f"{operation.method} {operation.path}: {field.name}, {payload}: {status}, {foreign}")
    return wrong


async def test_nothing_that_is_sent_becomes_an_operator(judged: FastAPI, tx: Tx) -> None:
    payloads = MANY[: depth(test=len(ONE_OF_EACH), proof=len(MANY))]
    assert await injected(judged, tx, payloads, each=depth(test=len(payloads) // 3, proof=len(payloads))) == []


@pytest.mark.parametrize(("method", "field"), [("GET", "token"), *(("POST", name) for name in FORM)])
async def test_nothing_that_a_form_sends_becomes_an_operator(judged: FastAPI, method: str, field: str) -> None:
    async with asking_everywhere(judged) as api:
        own = (await submit(api, method, field, Payload("a-plain-token")))[1]
        for payload in MANY[: depth(test=len(ONE_OF_EACH), proof=len(MANY))]:
            status, seen = await submit(api, method, field, payload)
            assert status < 500, payload
            assert seen <= own, payload


async def submit(api: httpx.AsyncClient, method: str, field: str, payload: Payload) -> tuple[int, set[str]]:
    """Send the hidden form of the password page, or its link, with the payload in place of the field."""
    sent = {name: value for name, value in FORM.items() if name != field and method == "POST"}
    encoded = address("", {}, sent | {payload.name.format(field=field): payload.value})
    seen: set[str] = set()
    token = _seen.set(seen)
    answer = await api.request(
        method,
        f"/password/reset{encoded if method == 'GET' else ''}",
        content=encoded[1:] if method == "POST" else None,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    _seen.reset(token)
    return answer.status_code, seen


class Hole(BaseModel):
    """A field that says it is a text, and takes anything."""

    name: Annotated[Any, WithJsonSchema({"type": "string"})]


@pytest.fixture
def hole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a hole in the application that is made next."""

    async def find(body: Hole, request: Request) -> None:
        await services_of(request).runtime.tx.database[USERS].find_one({"name": body.name})

    router = APIRouter()
    router.post("/hole", dependencies=[Depends(require(Permission.USERS_READ))])(find)
    monkeypatch.setattr(users, "router", router)


@pytest.mark.usefixtures("hole")
async def test_a_hole_is_found(judged: FastAPI, tx: Tx) -> None:
    found = await injected(judged, tx, ONE_OF_EACH, path="/api/v1/hole")
    assert [one.partition(": name, ")[0] for one in found] == ["POST /api/v1/hole"] * 4
    assert "{'.filter.name.$ne'}" in found[0]


async def test_nobody_sets_what_a_route_does_not_offer(judged: FastAPI, tx: Tx) -> None:
    (admin,) = await gather_crowd(judged, tx, [Role.ADMIN])
    async with asking_everywhere(judged) as api:
        for operation in operations(judged.openapi()):
            if body := operation.examples("body"):
                extra = {
                    name: value for name, value in EXTRA.items() if name not in {one.name for one in operation.fields}
                }
                path = address(operation.path, operation.examples("path"), operation.examples("query"))
                answer = await api.request(operation.method, path, json=body | extra, headers=admin.headers)
                assert answer.status_code == 422, operation
                assert {f"body.{name}" for name in extra} <= {one["field"] for one in answer.json()["errors"]}


def test_there_are_sixty_payloads() -> None:
    assert len(MANY) >= 60
    assert MANY[: len(ONE_OF_EACH)] == ONE_OF_EACH


def test_the_judge_sees_operators_wherever_they_stand() -> None:
    command = {"find": "users", "filter": {"a": [{"b": {"$ne": Regex("x")}}], "$or": []}, "$db": "d"}
    there = {".filter.a.b.$ne", ".filter.$or", ".filter.a.b.$ne: Regex", ".$db"}
    assert set(operators(command)) == there
