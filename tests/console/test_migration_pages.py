"""Migration and its review queue: what was imported and proved, and questions answered one after the other."""

import re

import pytest

from roundsman.access.roles import Role
from roundsman.audit_log.log import entries_about
from roundsman.clock import utc_now
from roundsman.database.collections import MIGRATION_RUNS, REVIEWS, SESSIONS
from roundsman.database.transaction import Tx
from roundsman.identity.lookup import find_user
from roundsman.migration.reviews import Decision, ReviewStatus, get_review, list_reviews
from roundsman.migration.summary import remember
from roundsman.runtime import Runtime
from tests.builders import NOW
from tests.console.browsing import Visitor, Visitors, words_of
from tests.imports import Import
from tests.migration_builders import OTHER_PHONE, PHONE, THIRD_PHONE, Fields, MemorySource, account, doc

STAFF_PHONE = "9731100001"
QUEUE = "/migration/reviews"


def doubles() -> dict[str, list[Fields]]:
    """One e-mail on two accounts, two names on one phone, and a namesake of the staff."""
    return {
        "users": [
            account("a", "Asha Rao", phone=PHONE, email="asha@gmail.com"),
            account("b", "Asha <Rao>", phone=OTHER_PHONE, email="asha@gmail.com"),
            account("c", "Vikram Iyer", phone=THIRD_PHONE),
            account("staff", "Meera Rao", "admin", phone=STAFF_PHONE),
        ],
        "customers_v2": [doc("d", "Joseph Mathew", phone=THIRD_PHONE), doc("e", "Meera Rao", phone=STAFF_PHONE)],
    }


@pytest.fixture
async def imported(runtime: Runtime) -> Import:
    """A business with three questions."""
    importing = Import(runtime, MemorySource(doubles()))
    await importing.run()
    return importing


async def question(tx: Tx, list_name: str, rule: str) -> str:
    (found,) = [one.id for one in (await list_reviews(tx, list_name)).reviews if one.rule == rule]
    return f"{QUEUE}/{found}"


async def answered(admin: Visitor, path: str, decision: Decision, **fields: str) -> str:
    """Answer a question on its page; gives where that leads."""
    sent = {"decision": decision.value, "reason": "she showed both phones"} | fields
    answer = await admin.send(await admin.open(path), path, **sent)
    assert answer.status_code == 303, words_of(answer)
    return answer.headers["location"]


async def test_it_shows_the_run_the_reconciliation_and_every_check(
    visitors: Visitors, tx: Tx, imported: Import
) -> None:
    await remember(tx, await imported.verify(), now=utc_now())
    admin, _ = await visitors.somebody(Role.ADMIN)
    page = await admin.open("/migration")
    said = words_of(page)
    assert "Difference 0. Each of the 6 source documents is in exactly one class." in said
    assert "A phone or e-mail identifier belongs to one live user" in said
    assert "failed" not in said
    assert "roundsman migrate verify --source" in said
    (run,) = re.findall(r'href="(/migration/runs/[0-9a-f]{12})"', page.text)
    details = words_of(await admin.open(run))
    assert "Removed would be what it wrote" in details
    assert f"roundsman migrate undo {run.rpartition('/')[2]}" in details
    report = await admin.open("/migration/report")
    assert report.headers["content-disposition"] == 'attachment; filename="DATA_CLEANUP_REPORT.md"'
    assert "customers_v2" in report.text


async def test_before_any_import_it_says_how_to_begin(visitors: Visitors) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    assert "roundsman migrate inspect --source" in words_of(await admin.open("/migration"))
    assert "No question waits in this list." in words_of(await admin.open(QUEUE))
    report = await admin.open("/migration/report")
    assert report.status_code == 404
    assert "nothing was imported yet" in words_of(report)
    assert (await admin.open("/migration/runs/none")).status_code == 404


@pytest.mark.usefixtures("imported")
async def test_a_run_that_was_broken_off_says_how_far_it_came_and_how_to_finish_it(visitors: Visitors, tx: Tx) -> None:
    await tx.database[MIGRATION_RUNS].update_many({}, {"$set": {"state": "applying"}})
    admin, _ = await visitors.somebody(Role.ADMIN)
    page = await admin.open("/migration")
    assert "was broken off at 6 of 6 documents. Finish it with roundsman migrate apply --plan" in words_of(page)
    assert 'data-refresh-seconds="3"' in page.text


@pytest.mark.usefixtures("imported")
async def test_a_question_is_answered_and_the_next_one_comes(visitors: Visitors, tx: Tx) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    path = await question(tx, "unsure", "U4")
    assert "Asha <Rao>" in words_of(await admin.open(QUEUE))
    page = await admin.open(path)
    said = words_of(page)
    assert "Phone differs +91 ······" in said
    assert PHONE not in page.text
    assert "Asha &lt;Rao&gt;" in page.text
    assert "stays, because of" in said
    assert re.findall(r'data-key="([mktsn])"', page.text) == ["m", "k", "t", "s", "n"]

    following = await answered(admin, path, Decision.MERGE)

    assert following == await question(tx, "unsure", "V4")
    assert "Answered." in words_of(await admin.open(following))
    assert (await find_user(tx, PHONE)).id == (await find_user(tx, OTHER_PHONE)).id
    again = await admin.open(path)
    assert "Answered: merge" in words_of(again)
    undone = await admin.send(again, f"{path}/undo", reason="sisters")
    assert undone.headers["location"] == path
    assert (await find_user(tx, PHONE)).id != (await find_user(tx, OTHER_PHONE)).id


@pytest.mark.usefixtures("imported")
async def test_who_may_not_decide_sees_nothing_and_an_old_session_proves_itself_first(
    visitors: Visitors, tx: Tx
) -> None:
    path = await question(tx, "unsure", "U4")
    staff, _ = await visitors.somebody(Role.MARKETING_STAFF)
    refused = await staff.open(path)
    assert refused.status_code == 403
    assert "reviews:read" in words_of(refused)
    admin, user = await visitors.somebody(Role.ADMIN)
    await tx.database[SESSIONS].update_many({"user_id": user.id}, {"$set": {"fresh_at": NOW}})
    assert (await admin.open(QUEUE)).status_code == 200
    assert (await admin.open(path)).headers["location"].startswith("/prove?next=")


@pytest.mark.usefixtures("imported")
async def test_what_stands_against_an_answer_keeps_what_was_typed(visitors: Visitors, tx: Tx) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    path = await question(tx, "conflict", "C3")
    page = await admin.open(path)
    empty = await admin.send(page, path, decision="keep_apart", reason=" ")
    assert empty.status_code == 422
    wrong = await admin.send(page, path, decision="accept", reason="a <reason>")
    assert wrong.status_code == 422
    assert "can be answered with" in words_of(wrong)
    assert 'value="a &lt;reason&gt;"' in wrong.text


@pytest.mark.usefixtures("imported")
async def test_what_changed_meanwhile_is_shown_beside_what_was_seen(visitors: Visitors, tx: Tx) -> None:
    one, _ = await visitors.somebody(Role.ADMIN, name="Kiran Shah")
    other, _ = await visitors.somebody(Role.ADMIN)
    path = await question(tx, "conflict", "C3")
    seen = await one.open(path)
    await answered(other, path, Decision.KEEP_APART)
    late = await one.send(seen, path, decision="shared_phone", reason="a family")
    assert late.status_code == 409
    said = words_of(late)
    assert "open decided, keep apart shared phone" in said
    assert (await get_review(tx, path.rpartition("/")[2])).status is ReviewStatus.DECIDED

    path = await question(tx, "unsure", "U4")
    seen = await one.open(path)
    await tx.database[REVIEWS].update_one({"_id": path.rpartition("/")[2]}, {"$unset": {"evidence.0": ""}})
    await tx.database["users"].update_one({"name": "Asha Rao"}, {"$set": {"name": "Asha Rao-Iyer"}})
    late = await one.send(seen, path, decision="keep_apart", reason="sisters")
    assert late.status_code == 409
    assert "Asha Rao-Iyer" in words_of(late)
    done = await one.send(late, path)
    assert done.status_code == 303
    assert (await get_review(tx, path.rpartition("/")[2])).status is ReviewStatus.DECIDED


@pytest.mark.usefixtures("imported")
async def test_staff_needs_two_admins_and_the_second_sees_what_was_proposed(visitors: Visitors, tx: Tx) -> None:
    first, _ = await visitors.somebody(Role.ADMIN, name="Kiran Shah")
    second, _ = await visitors.somebody(Role.ADMIN)
    path = await question(tx, "unsure", "V4")
    await answered(first, path, Decision.KEEP_APART)
    page = await second.open(path)
    assert "Proposed: keep apart , by Kiran Shah" in words_of(page)
    assert "both have to give the same answer" in words_of(page)
    await answered(second, path, Decision.KEEP_APART)
    review = await get_review(tx, path.rpartition("/")[2])
    assert review.status is ReviewStatus.DECIDED


@pytest.mark.usefixtures("imported")
async def test_what_is_skipped_waits_at_the_end_and_contacts_are_shown_to_who_asks(visitors: Visitors, tx: Tx) -> None:
    admin, user = await visitors.somebody(Role.ADMIN)
    path = await question(tx, "unsure", "U4")
    following = await answered(admin, path, Decision.DEFER)
    assert following == await question(tx, "unsure", "V4")
    assert words_of(await admin.open(QUEUE)).index("Meera Rao") < words_of(await admin.open(QUEUE)).index("skipped")
    shown = await admin.send(await admin.open(path), f"{path}/reveal")
    assert f"+91{PHONE}" in shown.text
    about = await entries_about(tx, f"review:{path.rpartition('/')[2]}")
    assert (about[-1].action, about[-1].actor.who) == ("contact.revealed", str(user.id))
    assert (await admin.open(f"{path}/reveal")).headers["location"] == path
