"""`roundsman migrate cutover` with its options, as scripts and people use it."""

import json

import pytest

from roundsman.audit_log.entries import SYSTEM
from roundsman.clock import utc_now
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, get_mode
from roundsman.migration.reviews import list_reviews
from roundsman.operations.accounts.sign_up import SignUp, sign_up_customer
from roundsman.runtime import Runtime
from tests import migration_builders
from tests.commands import RoundsmanCommand
from tests.imports import Database, fill
from tests.journeys.shop import cut_over, import_shop, make_admin
from tests.migration_builders import PASSWORD_HASH, account
from tests.storage.migration.worlds import everything

PHONES = {"meera": "9845011196", "mira": "9845011195"}
SHADOW = Mode(PeopleMode.SHADOW, OperationsMode.SOURCE)


@pytest.fixture
async def shop(source_database: Database, source_uri: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an existing application's database with one of everything, whose accounts are not old today."""
    monkeypatch.setattr(migration_builders, "AS_OF", utc_now())
    await fill(source_database, everything())
    return source_uri


async def test_both_switches_and_the_way_back(roundsman: RoundsmanCommand, runtime: Runtime, shop: str) -> None:
    here = roundsman.with_settings(ROUNDSMAN_SOURCE=shop)
    import_shop(roundsman, shop)

    missing = here("migrate", "cutover", "--json", "--yes")
    assert missing.returncode == 4
    unmet = json.loads(missing.stdout)["unmet"]
    assert [one["condition"] for one in unmet] == ["admin", "backup"]
    assert unmet[1]["command"] == "roundsman db backup FOLDER"

    make_admin(roundsman)
    cut_over(roundsman, shop)
    handed_over = here("migrate", "cutover", "--operations", standard_input="operations\n")
    assert handed_over.returncode == 0, handed_over.stderr
    assert "operations are Roundsman's" in handed_over.stdout
    assert "1 delivery boys have no rate card" in handed_over.stdout
    people_first = here("migrate", "cutover", "--back", "--yes")
    assert (people_first.returncode, "--operations --back" in people_first.stderr) == (4, True)

    back = here("migrate", "cutover", "--operations", "--back", "--yes", "--json")
    assert json.loads(back.stdout)["mode"]["operations"] == "source"
    hesitant = here("migrate", "cutover", "--back", standard_input="no\n")
    assert (hesitant.returncode, "nothing was changed" in hesitant.stderr) == (1, True)
    assert "People are in shadow" in here("migrate", "cutover", "--back", standard_input="back\n").stdout
    assert await get_mode(runtime.tx) == SHADOW

    assert here("migrate", "cutover", "--yes").returncode == 0
    await sign_up_customer(
        runtime.tx, SignUp("Zoya Khan", "9845011199"), actor=SYSTEM, policy=runtime.activation, now=runtime.clock()
    )
    closed = here("migrate", "cutover", "--back", "--yes")
    told = json.loads(here("migrate", "cutover", "--back", "--yes", "--json").stdout)
    assert (closed.returncode, "1 customers made here" in closed.stderr) == (4, True)
    assert (told["code"], [one["count"] for one in told["written"]]) == ("written_live", [1, 1, 1])


async def test_whoever_imports_while_it_waits_for_the_word_is_noticed(
    roundsman: RoundsmanCommand, runtime: Runtime, source_database: Database, shop: str
) -> None:
    here = roundsman.with_settings(ROUNDSMAN_SOURCE=shop)
    import_shop(roundsman, shop)
    make_admin(roundsman)
    assert here("db", "backup", "backup").returncode == 0

    with here.start("migrate", "cutover") as process:
        assert process.stderr is not None
        asked = ""
        while "Type live to go on" not in asked:
            asked += process.stderr.read(1)
            assert process.poll() is None, asked
        await fill(source_database, {"users": [account("late", "Late Comer", phone="9845090001")]})
        assert here("migrate", "sync").returncode == 0
        _, said = process.communicate("live\n", timeout=60)

    assert (process.returncode, "since everything was proved" in said) == (4, True)
    assert await get_mode(runtime.tx) == SHADOW


async def test_a_list_proves_nothing_of_an_application_but_all_of_a_business_that_has_no_other(
    roundsman: RoundsmanCommand, runtime: Runtime, shop: str
) -> None:
    (roundsman.directory / "list.csv").write_text("Name,Mobile\nAsha Verma,9845012367\n")
    here = roundsman.with_settings(ROUNDSMAN_SOURCE="list.csv")
    planned = here("migrate", "plan", "--json")
    assert here("migrate", "apply", "--plan", json.loads(planned.stdout)["digest"]).returncode == 0
    make_admin(here)
    cut_over(here, "list.csv")
    assert (await get_mode(runtime.tx)).people is PeopleMode.LIVE

    assert here("migrate", "cutover", "--back", "--yes").returncode == 0
    import_shop(roundsman, shop)
    refused = here("migrate", "cutover", "--yes")
    assert (refused.returncode, "a list proves nothing of the application" in refused.stderr) == (2, True)


async def test_answers_do_not_keep_people_from_going_back_and_can_be_taken_back_afterwards(
    roundsman: RoundsmanCommand, runtime: Runtime, source_database: Database, shop: str
) -> None:
    here = roundsman.with_settings(ROUNDSMAN_SOURCE=shop)
    twins = [account(name, "Zoya Khan", phone=phone) for name, phone in (("one", "9845011198"), ("two", "9845011198"))]
    alike = [account(name, "Meera Rao", phone=phone, email="meera@gmail.com") for name, phone in PHONES.items()]
    mover = account("mover", "Farida Sheikh", phone="9845011194", password_hash=PASSWORD_HASH)
    await fill(source_database, {"users": [*twins, *alike, mover]})
    import_shop(roundsman, shop)
    make_admin(roundsman)
    cut_over(roundsman, shop)
    await source_database["users"].update_one({"_id": mover["_id"]}, {"$set": {"phone": "9845011193"}})
    assert here("migrate", "sync").returncode == 0

    (merge,) = await reviews_of(runtime, "U4")
    (accept,) = await reviews_of(runtime, "S1")
    for answer in (
        ("review", "decide", merge, "merge", "--reason", "one person"),
        ("review", "decide", accept, "accept", "--reason", "he called"),
        ("undo-merge", f"users:{twins[1]['_id']}", "--reason", "sisters"),
    ):
        answered = here("migrate", *answer)
        assert answered.returncode == 0, answered.stderr
    back = here("migrate", "cutover", "--back", "--yes")

    assert back.returncode == 0, back.stderr
    for review in (merge, accept):
        undone = here("migrate", "review", "undo", review, "--reason", "a mistake")
        assert undone.returncode == 0, undone.stderr
    assert here("migrate", "verify").returncode == 0


async def reviews_of(runtime: Runtime, rule: str) -> list[str]:
    return [review.id for review in (await list_reviews(runtime.tx)).reviews if review.rule == rule]
