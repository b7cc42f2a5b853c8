"""An import from its page: planned, applied, proved and taken back by real commands beside the server."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from roundsman.access.roles import Role
from roundsman.audit_log.entries import SYSTEM as ROUNDSMAN
from roundsman.audit_log.log import entries_about
from roundsman.clock import utc_now
from roundsman.console.migration_jobs import MigrationJobs, Wanted
from roundsman.database.collections import SESSIONS, SYSTEM, USERS
from roundsman.database.lease import MIGRATION, return_lease, take_lease
from roundsman.database.transaction import Tx
from roundsman.identity.lookup import find_user
from roundsman.migration.jobs import JobKind, JobRunning, find_job
from roundsman.migration.reviews import list_reviews
from roundsman.migration.runs import latest_runs
from roundsman.runtime import Runtime
from roundsman.settings import Settings
from tests.builders import NOW
from tests.console.browsing import Visitor, Visitors, words_of
from tests.imports import Database, fill
from tests.migration_builders import PHONE
from tests.storage.migration.worlds import everything

pytestmark = pytest.mark.whole

PAGE = "/migration"
_PATIENCE_SECONDS = 120


@pytest.fixture
async def settings(
    tmp_path: Path, mongod_uri: str, database: Database, source_database: Database, source_uri: str
) -> Settings:
    """A Roundsman whose settings name an existing application's database with one of everything."""
    await fill(source_database, everything())
    return Settings(
        data_dir=tmp_path / "data",
        mongodb_uri=mongod_uri,
        database_name=database.name,
        staff_totp="optional",
        source=source_uri,
    )


async def ended(app: FastAPI) -> None:
    """Wait until what was begun on the page has ended."""
    jobs: MigrationJobs = app.state.migration_jobs
    async with asyncio.timeout(_PATIENCE_SECONDS):
        await jobs.ended()


async def begun(visitor: Visitor, path: str) -> httpx.Response:
    """Press the button that goes to this address, on the page on which it stands."""
    shown = await visitor.open(path if path.count("/") > 2 else PAGE)
    assert shown.status_code == 200, words_of(shown)
    return await visitor.send(shown, path)


async def planned(app: FastAPI, admin: Visitor) -> str:
    """Plan from the page; gives the page of the plan."""
    answer = await begun(admin, f"{PAGE}/plan")
    assert answer.headers["location"] == PAGE
    await ended(app)
    page = await admin.open(PAGE)
    assert "The plan is made." in words_of(page)
    (path,) = re.findall(rf'href="({PAGE}/plans/[0-9a-f]{{12}})"', page.text)
    return str(path)


async def applied(app: FastAPI, admin: Visitor) -> str:
    """Plan and apply from the page; gives the id of the run."""
    path = await planned(app, admin)
    assert (await begun(admin, path)).headers["location"] == PAGE
    await ended(app)
    return path.rpartition("/")[2]


async def test_an_import_is_planned_applied_proved_and_taken_back(app: FastAPI, visitors: Visitors, tx: Tx) -> None:
    admin, user = await visitors.somebody(Role.ADMIN, name="Kiran Shah")

    path = await planned(app, admin)

    shown = words_of(await admin.open(path))
    assert re.search(r"Documents [1-9]\d* ", shown)
    assert await latest_runs(tx, limit=5) == []

    await begun(admin, path)
    while_it_runs = await admin.open(PAGE)
    assert "A plan is being applied and proved. This page shows when it has ended. By Kiran Shah" in words_of(
        while_it_runs
    )
    assert 'data-refresh-seconds="3"' in while_it_runs.text
    assert f'action="{PAGE}/plan"' not in while_it_runs.text
    await ended(app)

    page = await admin.open(PAGE)
    said = words_of(page)
    assert "The plan is applied, and the import is proved." in said
    assert "Difference 0." in said
    assert "roundsman migrate apply --plan" in said
    assert "data-refresh-seconds" not in page.text
    (run,) = await latest_runs(tx, limit=5)
    assert (await find_user(tx, PHONE)).name == "Asha Verma"
    assert (await admin.send(await admin.open(PAGE), f"{PAGE}/verify")).status_code == 303
    await ended(app)
    assert "The import is proved." in words_of(await admin.open(PAGE))
    assert (await admin.open(path)).headers["location"] == f"{PAGE}/runs/{run.id}"

    undo = f"{PAGE}/runs/{run.id}/undo"
    changes = words_of(await admin.open(undo))
    assert f"Users {run.totals['users']['inserted']} " in changes
    assert "You came with this run" not in changes
    assert (await begun(admin, undo)).headers["location"] == PAGE
    await ended(app)

    said = words_of(await admin.open(PAGE))
    assert "The run is taken back." in said
    assert "Nothing has been imported yet." in said
    assert await tx.database[USERS].count_documents({}) == 1
    about = [
        (one.action, one.actor.who, one.actor.session is not None) for one in await entries_about(tx, f"run:{run.id}")
    ]
    assert about == [
        ("migration.apply_started", str(user.id), True),
        ("migration.undo_started", str(user.id), True),
        ("run.undone", str(user.id), False),
    ]


async def test_a_plan_that_an_answer_made_outdated_says_so_and_leads_to_a_new_one(
    app: FastAPI, visitors: Visitors, tx: Tx
) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    await applied(app, admin)
    path = await planned(app, admin)
    seen = await admin.open(path)
    assert "One question waits for an answer" in words_of(seen)
    question = (await list_reviews(tx, "conflict")).reviews[0].id
    asked = f"{PAGE}/reviews/{question}"
    answer = await admin.send(await admin.open(asked), asked, decision="keep_apart", reason="a family")
    assert answer.status_code == 303
    assert "outdated" in words_of(await admin.open(PAGE))

    late = await admin.send(seen, path)

    assert late.status_code == 409
    assert "make a new one with" in words_of(late)
    again = await admin.open(path)
    assert f'action="{path}"' not in again.text
    assert f'action="{PAGE}/plan"' in again.text


async def test_one_thing_at_a_time(app: FastAPI, visitors: Visitors, tx: Tx) -> None:
    one, _ = await visitors.somebody(Role.ADMIN)
    other, _ = await visitors.somebody(Role.ADMIN)
    pages = [await one.open(PAGE), await other.open(PAGE)]
    answers = await asyncio.gather(
        one.send(pages[0], f"{PAGE}/plan"),
        other.send(pages[1], f"{PAGE}/plan"),
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    (refused,) = [answer for answer in answers if answer.status_code == 409]
    assert "Somebody has begun something here already." in words_of(refused)
    await ended(app)
    assert len(await entries_about(tx, "migration:plan")) == 1

    held = await take_lease(tx, MIGRATION, now=utc_now())
    refused = await one.send(pages[0], f"{PAGE}/plan")
    assert refused.status_code == 409
    assert "A migration is running" in words_of(refused)
    await return_lease(tx, held, now=utc_now())


async def test_who_may_not_sees_no_button_and_who_may_proves_himself_first(
    app: FastAPI, visitors: Visitors, tx: Tx
) -> None:
    admin, user = await visitors.somebody(Role.ADMIN)
    run = await applied(app, admin)
    plan = await planned(app, admin)
    undo = f"{PAGE}/runs/{run}/undo"
    shown = {path: await admin.open(path) for path in (plan, undo)}
    staff, _ = await visitors.somebody(Role.MARKETING_STAFF)
    for path in (plan, undo):
        refused = await staff.open(path)
        assert refused.status_code == 403
        assert "migration:run" in words_of(refused)
    await tx.database[SESSIONS].update_many({"user_id": user.id}, {"$set": {"fresh_at": NOW}})
    for path, page in shown.items():
        assert (await admin.open(path)).headers["location"].startswith("/prove?next=")
        assert (await admin.send(page, path)).headers["location"].startswith("/prove?next=")
    assert [one.kind for one in [await find_job(tx, now=utc_now())] if one] == [JobKind.PLAN]


async def test_a_command_that_fails_says_why_and_what_its_exit_code_means(
    app: FastAPI, visitors: Visitors, source_database: Database
) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    await applied(app, admin)
    for name in await source_database.list_collection_names():
        await source_database[name].delete_many({})
    await begun(admin, f"{PAGE}/plan")
    await ended(app)
    said = words_of(await admin.open(PAGE))
    assert "It did not end well: it does not fit what is there now (exit code 4)." in said
    assert "holds no people any more, and nothing was taken from it" in said


async def test_a_command_that_cannot_be_started_says_so(
    app: FastAPI, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    page = await admin.open(PAGE)
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    await admin.send(page, f"{PAGE}/plan")
    await ended(app)
    said = words_of(await admin.open(PAGE))
    assert "It did not come to its end. It could not be started: No such file or directory." in said


async def test_a_server_that_stops_ends_its_command_in_order_and_one_that_was_killed_is_noticed(
    runtime: Runtime, tx: Tx
) -> None:
    jobs = MigrationJobs(runtime)
    await jobs.start(Wanted(JobKind.VERIFY, "", [["worker"]]), ROUNDSMAN)
    with pytest.raises(JobRunning):
        await MigrationJobs(runtime).start(Wanted(JobKind.PLAN, "", [["migrate", "plan"]]), ROUNDSMAN)
    await asyncio.sleep(0.5)
    await jobs.close()
    stopped = await find_job(tx, now=utc_now())
    assert stopped
    assert stopped.outcome
    assert "The server was stopped" in stopped.outcome.trouble

    await tx.database[SYSTEM].update_one({"_id": "migration_job"}, {"$unset": {"outcome": "", "ended_at": ""}})
    killed = await find_job(tx, now=utc_now())
    assert killed
    assert (killed.outcome, killed.is_running) == (None, False)
    again = MigrationJobs(runtime)
    await again.start(Wanted(JobKind.PLAN, "", [["migrate", "plan"]]), ROUNDSMAN)
    await again.close()
