"""No route reads a whole collection to find a few documents: the server itself is asked how it would look for them."""

from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import chain, combinations
from typing import Any

import pytest
from fastapi import FastAPI
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from roundsman.access.roles import Role
from roundsman.database.collections import (
    CUSTOMERS,
    DELIVERY_BOYS,
    MIGRATION_PLANS,
    MIGRATION_RUNS,
    OUTBOX,
    PROOFS,
    RATE_CARDS,
    SUPPLIERS,
    USERS,
)
from roundsman.database.transaction import Document, Tx
from roundsman.settings import Settings
from roundsman.web import pacing
from tests.http.access_rows import ROWS
from tests.http.crowd import Member, asking_everywhere, gather_crowd
from tests.http.listening import listened_to
from tests.http.test_access_proof import OWNER, askings

pytestmark = pytest.mark.whole

LOOKING = ("find", "aggregate", "update", "delete", "findAndModify", "count", "distinct")
ABOUT_SENDING = {"lsid", "txnNumber", "startTransaction", "autocommit", "maxTimeMS", "readConcern", "writeConcern"}
ALWAYS_FEW = {MIGRATION_PLANS, MIGRATION_RUNS}
"""What retention keeps to a few hundred."""
READ_IN_FULL = {
    # Counts, which are made once in ten seconds at most, whoever asks.
    "GET /": {USERS, CUSTOMERS, DELIVERY_BOYS, SUPPLIERS},
    # All rates there ever were are what is asked for.
    "GET /api/v1/rates": {RATE_CARDS},
    # Messages of a week and proofs of some minutes, once in the life of an account.
    "POST /api/v1/auth/me/close": {OUTBOX, PROOFS},
}
LIST_FILTERS = {"role": "customer", "status": "active", "name": "Person", "identifier": "{phone}"}


class Notebook(CommandListener):
    """Keeps the commands that look for documents, for whoever asks at the time."""

    def __init__(self) -> None:
        self.commands: list[Document] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Note a command before it is sent."""
        if event.command_name in LOOKING:
            self.commands.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """What came of it does not matter."""

    def failed(self, event: CommandFailedEvent) -> None:
        """What came of it does not matter."""

    def taken(self) -> list[Document]:
        """What was noted since the last time."""
        commands, self.commands = self.commands, []
        return commands


@pytest.fixture(autouse=True)
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer at once: when answers come is another test's business."""
    monkeypatch.setattr(pacing, "seconds_to_wait", lambda _: 0)


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
async def noted(settings: Settings, notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FastAPI]:
    """A running application that notes down what it asks the database."""
    async with listened_to(settings, notebook, monkeypatch) as app:
        yield app


async def scanned(tx: Tx, command: Document) -> set[str]:
    """The collections that the server would read from end to end for a command."""
    asked = {name: value for name, value in command.items() if name not in ABOUT_SENDING and not name.startswith("$")}
    found: set[str] = set()
    for one in each_statement(asked):
        plan = await tx.database.command({"explain": one, "verbosity": "queryPlanner"})
        found |= {of.partition(".")[2] for of in whole_reads(plan, namespace="")}
    return found


def each_statement(command: Document) -> Iterator[Document]:
    """A command that changes several things is explained one by one."""
    (several,) = ({"update": "updates", "delete": "deletes"}.get(next(iter(command)), ""),)
    yield from ({**command, several: [one]} for one in command[several]) if several else (command,)


def whole_reads(plan: object, namespace: str) -> Iterator[str]:
    """The namespaces with a collection scan anywhere in a plan that is used; joined collections say so by counts."""
    match plan:
        case Mapping():
            here = str(plan.get("namespace", namespace))
            if plan.get("stage") == "COLLSCAN":
                yield here
            if "$lookup" in plan:
                yield from joined_by_scan(plan, here)
            for name, inner in plan.items():
                if name != "rejectedPlans":
                    yield from whole_reads(inner, here)
        case list():
            for inner in plan:
                yield from whole_reads(inner, namespace)


def joined_by_scan(stage: Mapping[str, Any], namespace: str) -> Iterator[str]:
    """A join that says itself that it reads all of the other collection for each document."""
    if stage.get("strategy") == "NestedLoopJoin" or int(stage.get("collectionScans", 0)) > 0:
        yield f"{namespace.partition('.')[0]}.{stage['$lookup']['from']}"


async def test_no_route_reads_a_whole_collection(noted: FastAPI, notebook: Notebook, tx: Tx) -> None:
    everybody = await askings(noted, tx, ROWS)
    wrong = []
    async with asking_everywhere(noted) as api:
        for one in (one for one in everybody if one.asker in {Role.ADMIN, OWNER}):
            notebook.taken()
            await one.answer(api)
            scans = [await scanned(tx, command) for command in notebook.taken()]
            allowed = ALWAYS_FEW | READ_IN_FULL.get(one.row.route, set())
            wrong += [f"{one.row.route} as {one.asker}: {scan - allowed}" for scan in scans if scan - allowed]
    assert wrong == []


async def test_no_filter_of_a_list_reads_a_whole_collection(noted: FastAPI, notebook: Notebook, tx: Tx) -> None:
    admin, *others = await gather_crowd(noted, tx, [Role.ADMIN, *[Role.CUSTOMER] * 5])
    async with asking_everywhere(noted) as api:
        for filters in some_of(LIST_FILTERS, others[0]):
            notebook.taken()
            answer = await api.get("/api/v1/users", params=filters | {"limit": "1"}, headers=admin.headers)
            following = {**filters, "limit": "1", "after": answer.json().get("next") or ""}
            await api.get("/api/v1/users", params=following, headers=admin.headers)
            commands = notebook.taken()
            assert commands
            assert [scan for command in commands if (scan := await scanned(tx, command))] == [], filters


def some_of(filters: Mapping[str, str], member: Member) -> Iterator[dict[str, str]]:
    """Every choice of the filters of a list, none and all among them."""
    for chosen in chain.from_iterable(combinations(filters, size) for size in range(len(filters) + 1)):
        yield {name: filters[name].format(phone=member.phone) for name in chosen}


async def test_a_search_without_an_index_is_seen(tx: Tx) -> None:
    for command in (
        {"find": USERS, "filter": {"created_at": None}},
        {"update": USERS, "updates": [{"q": {"created_at": None}, "u": {"$set": {"a": 1}}}]},
        {"aggregate": USERS, "pipeline": [{"$match": {"created_at": None}}, {"$unwind": "$roles"}], "cursor": {}},
    ):
        assert await scanned(tx, command) == {USERS}
    by_key = {"find": USERS, "filter": {"_id": 1}}
    assert await scanned(tx, by_key) == set()
