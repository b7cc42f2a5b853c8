"""The commands about questions and about taking an import back, as somebody types them."""

import json

import pytest

from roundsman.database.collections import MIGRATION_RUNS, REVIEWS, USERS
from tests.commands import RoundsmanCommand
from tests.imports import Database, fill
from tests.migration_builders import OTHER_PHONE, PHONE, account, doc, object_id

STAFF_PHONE = "9731100001"


@pytest.fixture
async def imported(roundsman: RoundsmanCommand, source_database: Database, source_uri: str) -> RoundsmanCommand:
    """The command, after an import with two questions and a merge."""
    await fill(
        source_database,
        {
            "users": [
                account("a", "Asha Rao", phone=PHONE, email="asha@gmail.com"),
                account("a2", "Asha Rao", phone=PHONE),
                account("b", "Asha Rao", phone=OTHER_PHONE, email="asha@gmail.com"),
                account("staff", "Meera Rao", "admin", phone=STAFF_PHONE),
            ],
            "customers_v2": [doc("e", "Meera Rao", phone=STAFF_PHONE)],
        },
    )
    here = roundsman.with_settings(ROUNDSMAN_SOURCE=source_uri)
    planned = here("migrate", "plan", "--json")
    applied = here("migrate", "apply", "--plan", json.loads(planned.stdout)["digest"])
    assert applied.returncode == 0, applied.stderr
    return here


async def test_a_question_from_the_list_to_its_answer_and_back(imported: RoundsmanCommand, database: Database) -> None:
    listed = json.loads(imported("migrate", "review", "list", "--json").stdout)
    review = next(one["id"] for one in listed if one["rule"] == "U4")
    shown = imported("migrate", "review", "show", review)
    assert shown.returncode == 0, shown.stderr
    assert f"+91{OTHER_PHONE}" in shown.stdout
    assert "merge: Asha Rao" in shown.stdout

    decided = imported("migrate", "review", "decide", review, "merge", "--reason", "she said so")

    assert decided.returncode == 0, decided.stderr
    assert "they are user" in decided.stdout
    assert await database[USERS].count_documents({"status": "merged"}) == 2
    undone = imported("migrate", "review", "undo", review, "--reason", "she lied")
    assert (undone.returncode, "waits again" in undone.stdout) == (0, True)
    unknown = imported("migrate", "review", "decide", review, "perhaps", "--reason", "x")
    assert (unknown.returncode, "two-accounts" in unknown.stderr) == (2, True)
    assert imported("migrate", "verify").returncode == 0


async def test_about_staff_an_admin_is_named(imported: RoundsmanCommand, database: Database) -> None:
    (review,) = await database[REVIEWS].find({"rule": "V4"}).to_list()
    decide = ("migrate", "review", "decide", review["_id"], "keep-apart", "--reason", "namesakes")

    nameless = imported(*decide)
    nobody = imported(*decide, "--by", PHONE)
    alone = imported(*decide, "--by", str(object_id("staff Meera Rao")))

    assert (nameless.returncode, "--by" in nameless.stderr) == (6, True)
    assert (nobody.returncode, "no active admin" in nobody.stderr) == (6, True)
    assert alone.returncode == 0, alone.stderr
    assert "keep-apart" in imported("migrate", "review", "list", "--status", "decided").stdout


async def test_a_merge_and_a_run_are_taken_back(imported: RoundsmanCommand, database: Database) -> None:
    (loser,) = await database[USERS].find({"status": "merged"}).to_list()
    (run,) = await database[MIGRATION_RUNS].find().to_list()

    parted = imported("migrate", "undo-merge", str(loser["_id"]), "--reason", "two people")

    assert parted.returncode == 0, parted.stderr
    assert "is on his own again" in parted.stdout
    assert imported("migrate", "verify").returncode == 0
    undone = imported("migrate", "undo", run["_id"])
    assert undone.returncode == 0, undone.stderr
    assert await database[USERS].count_documents({}) == 0
    again = imported("migrate", "undo", run["_id"])
    assert (again.returncode, "there is no run" in again.stderr) == (5, True)
