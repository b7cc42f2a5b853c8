"""Answers that would give somebody what was never his, or open again what was closed."""

from datetime import timedelta

import pytest
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.audit_log.entries import SYSTEM, Actor
from roundsman.auth.credential_storage import find_credential
from roundsman.database.collections import (
    DELIVERY_BOYS,
    MIGRATION_PLANS,
    MIGRATION_RUNS,
    REVIEWS,
    SOURCE_DOCUMENTS,
    USERS,
)
from roundsman.database.transaction import Document
from roundsman.identity.lookup import find_user, get_user
from roundsman.identity.mode import PeopleMode, get_mode, set_mode, with_people
from roundsman.identity.role_grants import create_admin
from roundsman.identity.users import UserStatus
from roundsman.ids import UserId
from roundsman.migration.accepting import NotSaidAnyMore
from roundsman.migration.authority import AdminNeeded
from roundsman.migration.cutover import SwitchedAlready, cut_over, cut_over_operations
from roundsman.migration.deciding import NothingToTakeBack, decide, take_answer_back
from roundsman.migration.freshness import PlanOutdated
from roundsman.migration.members import Opener
from roundsman.migration.naming import Naming
from roundsman.migration.planner import RunUnfinished
from roundsman.migration.reviews import Answer, Decision, Review, list_reviews
from roundsman.migration.shared_phone import NoSharedPhone
from roundsman.migration.side_by_side import show_review
from roundsman.migration.splitting import undo_merge
from roundsman.migration.sync import compare_all
from roundsman.operations.joining.merging import NotMergeable, merge_users
from tests.imports import Database, Import, contents, fill
from tests.migration_builders import (
    AS_OF,
    EARLYBIRD,
    OTHER_PHONE,
    PASSWORD_HASH,
    PHONE,
    THIRD_PHONE,
    account,
    object_id,
)


def opener(importing: Import) -> Opener:
    return Opener(importing.means().seal, EARLYBIRD)


async def test_a_phone_goes_only_to_somebody_who_has_it(
    importing: Import, database: Database, source_database: Database
) -> None:
    tx = importing.runtime.tx
    users = [
        account("a", "Asha Rao", phone=PHONE),
        account("b", "Asha Rao", phone=PHONE),
        account("c", "Vikram Iyer", phone=OTHER_PHONE),
    ]
    await fill(source_database, {"users": users})
    await importing.run()
    members = [f"users:{one['_id']}" for one in users]
    await database[REVIEWS].insert_one(
        {
            "_id": "big",
            "list": "unsure",
            "rule": "V1",
            "members": members,
            "user_ids": [],
            "evidence": [],
            "status": "open",
        }
    )
    holder = (await find_user(tx, OTHER_PHONE)).id
    owner = (await find_user(tx, PHONE)).id

    given = Answer(Decision.SHARED_PHONE, "x", holder)
    with pytest.raises(NoSharedPhone):
        await decide(tx, "big", given, actor=SYSTEM, opener=opener(importing), now=importing.runtime.clock())

    assert (await find_user(tx, PHONE)).id == owner


async def test_a_split_gives_no_staff_role_that_the_source_raised_since(
    importing: Import, database: Database, source_database: Database
) -> None:
    tx = importing.runtime.tx
    await fill(source_database, {"users": [account(name, "Asha Rao", phone=PHONE) for name in "ab"]})
    await importing.run()
    await set_mode(tx, with_people(await get_mode(tx), PeopleMode.LIVE, since=AS_OF))
    (merged,) = await database[USERS].find({"status": "merged"}).to_list()
    await source_database["users"].update_one({"_id": merged["_id"]}, {"$set": {"role": "admin"}})
    await importing.run()

    now = importing.runtime.clock()
    parted = await undo_merge(
        tx, str(merged["_id"]), reason="x", opener=opener(importing), naming=Naming(), actor=SYSTEM, now=now
    )

    assert Role.ADMIN not in (await get_user(tx, parted.user_id)).roles


async def test_a_switch_that_stands_keeps_its_moment(importing: Import, source_database: Database) -> None:
    tx = importing.runtime.tx
    await fill(source_database, {"users": [account("a", "Asha Rao", phone=PHONE)]})
    await importing.run()
    now = importing.runtime.clock()
    for switch in (cut_over, cut_over_operations):
        await switch(tx, now=now)
        with pytest.raises(SwitchedAlready):
            await switch(tx, now=now + timedelta(days=1))
    mode = await get_mode(tx)
    assert (mode.people_since, mode.operations_since) == (now, now)


@pytest.fixture
async def asked(importing: Import, source_database: Database) -> str:
    """A question about two who share an e-mail."""
    users = [
        account(name, "Asha Rao", phone=phone, email="a@gmail.com")
        for name, phone in (("a", PHONE), ("b", OTHER_PHONE))
    ]
    await fill(source_database, {"users": users})
    await importing.run()
    (review,) = (await list_reviews(importing.runtime.tx)).reviews
    return review.id


async def test_a_withdrawn_question_is_not_opened_by_taking_back(
    importing: Import, database: Database, asked: str
) -> None:
    tx, now = importing.runtime.tx, importing.runtime.clock()
    await decide(tx, asked, Answer(Decision.DEFER, "x"), actor=SYSTEM, opener=opener(importing), now=now)
    await database[REVIEWS].update_one({"_id": asked}, {"$set": {"status": "withdrawn"}})

    with pytest.raises(NothingToTakeBack):
        await take_answer_back(tx, asked, reason="x", actor=SYSTEM, opener=opener(importing), now=now)


async def test_about_staff_an_answer_is_put_off_seconded_and_taken_back_by_admins(
    importing: Import, database: Database, asked: str
) -> None:
    tx, now = importing.runtime.tx, importing.runtime.clock()
    await database[USERS].update_one({"_id": object_id("a Asha Rao")}, {"$set": {"roles": ["marketing_staff"]}})
    admins = [await create_admin(tx, name="Owner", phone=phone, now=now) for phone in ("9820098200", "9820098201")]
    first, second = (Actor(str(admin.id)) for admin in admins)

    async def say(decision: Decision, actor: Actor) -> bool:
        given = Answer(decision, "x")
        return (await decide(tx, asked, given, actor=actor, opener=opener(importing), now=now)).is_proposal

    assert await say(Decision.MERGE, first)
    assert not await say(Decision.DEFER, second)
    assert not await say(Decision.MERGE, second)
    with pytest.raises(AdminNeeded):
        await take_answer_back(tx, asked, reason="x", actor=SYSTEM, opener=opener(importing), now=now)
    await take_answer_back(tx, asked, reason="x", actor=first, opener=opener(importing), now=now)
    assert Role.MARKETING_STAFF in (await get_user(tx, UserId(ObjectId(object_id("a Asha Rao"))))).roles


async def test_a_plan_of_unknown_age_is_not_applied(
    importing: Import, database: Database, source_database: Database
) -> None:
    await fill(source_database, {"users": [account("a", "Asha Rao", phone=PHONE)]})
    plan = await importing.plan()
    # The process died before it had noted when the plan was made.
    await database[MIGRATION_PLANS].update_one({"_id": plan.digest}, {"$unset": {"turns": ""}})

    with pytest.raises(PlanOutdated):
        await importing.apply(plan.digest)


async def test_what_cannot_be_joined_is_shown_so(importing: Import, database: Database, asked: str) -> None:
    tx = importing.runtime.tx
    for number, phone in enumerate((PHONE, OTHER_PHONE)):
        boy = {"_id": ObjectId(f"{number}" * 24), "user_id": (await find_user(tx, phone)).id, "name": "A"}
        await database[DELIVERY_BOYS].insert_one(
            boy | {"status": "active", "created_at": AS_OF, "created_by": "system"}
        )

    shown = await show_review(tx, asked, opener(importing), now=importing.runtime.clock())

    refusal = shown.answers["merge"]
    assert refusal.startswith("Not possible: Asha Rao (")
    assert "are each a delivery boy" in refusal
    assert "answer two-accounts" in refusal
    before = await contents(database)
    given = Answer(Decision.MERGE, "x")
    with pytest.raises(NotMergeable):
        await decide(tx, asked, given, actor=SYSTEM, opener=opener(importing), now=importing.runtime.clock())
    assert await contents(database) == before


async def test_no_switch_while_an_import_is_broken_off(importing: Import, source_database: Database) -> None:
    tx = importing.runtime.tx
    await fill(source_database, {"users": [account("a", "Asha Rao", phone=PHONE)]})
    run = await importing.run()
    await tx.database[MIGRATION_RUNS].update_one({"_id": run.run_id}, {"$set": {"state": "applying"}})

    for switch in (cut_over, cut_over_operations):
        with pytest.raises(RunUnfinished):
            await switch(tx, now=importing.runtime.clock())
    await importing.apply(run.run_id)


NEW = {"phone": THIRD_PHONE, "email": "new@gmail.com", "role": "admin", "password_hash": "a" * 64}
OLD = {"phone": PHONE, "email": "old@gmail.com", "role": "customer", "password_hash": PASSWORD_HASH}


@pytest.fixture
async def says_new(importing: Import, source_database: Database) -> list[Review]:
    """Questions about all that the source may say anew of a user, once people are live."""
    tx = importing.runtime.tx
    await fill(source_database, {"users": [account("a", "Asha Rao") | OLD, account("b", "Zoya Khan")]})
    await importing.run()
    await set_mode(tx, with_people(await get_mode(tx), PeopleMode.LIVE, since=AS_OF))
    await source_database["users"].update_one({"id": "a"}, {"$set": NEW})
    await importing.run()
    reviews = [one for one in (await list_reviews(tx)).reviews if one.asked]
    assert sorted(one.rule for one in reviews) == ["S1", "S2", "S3", "S4"]
    return reviews


async def refused(importing: Import, database: Database, reviews: list[Review]) -> None:
    """None of them can be accepted, and nothing is changed by trying."""
    tx, now = importing.runtime.tx, importing.runtime.clock()
    # Whatever withdraws questions has not been here.
    await database[REVIEWS].update_many({}, {"$set": {"status": "open"}})
    before = await contents(database)
    for review in reviews:
        with pytest.raises(NotSaidAnyMore):
            await decide(tx, review.id, Answer(Decision.ACCEPT, "x"), actor=SYSTEM, opener=opener(importing), now=now)
    assert await contents(database) == before


async def test_what_the_source_took_back_is_not_accepted(
    importing: Import, database: Database, source_database: Database, says_new: list[Review]
) -> None:
    await source_database["users"].update_one({"id": "a"}, {"$set": OLD})
    await importing.run()

    await refused(importing, database, says_new)


async def test_what_a_document_said_that_is_gone_is_not_accepted(
    importing: Import, database: Database, source_database: Database, says_new: list[Review]
) -> None:
    await source_database["users"].delete_one({"id": "a"})
    await compare_all(importing.runtime.tx, importing.source, EARLYBIRD, importing.means())

    await refused(importing, database, says_new)


async def test_a_password_of_an_account_that_was_joined_is_not_the_survivor_s(
    importing: Import, database: Database, says_new: list[Review]
) -> None:
    tx, now = importing.runtime.tx, importing.runtime.clock()
    joined, survives = (UserId(object_id(f"{one}")) for one in ("a Asha Rao", "b Zoya Khan"))
    await database[USERS].update_one({"_id": survives}, {"$set": {"last_sign_in_at": now}})
    assert (await merge_users(tx, [joined, survives], cause="review:x", actor=SYSTEM, now=now)).survivor == survives
    await database[SOURCE_DOCUMENTS].update_many({}, {"$set": {"user_id": survives}})

    await refused(importing, database, [one for one in says_new if one.rule == "S4"])


@pytest.mark.parametrize("mode", PeopleMode)
@pytest.mark.parametrize(
    "changes",
    [{"role": "customer"}, {"password_hash": "a" * 64}, {"password_hash": None}, {"is_active": False}],
    ids=["role", "another password", "no password", "block"],
)
async def test_what_the_source_took_away_from_one_of_two_does_not_come_back(
    importing: Import, database: Database, source_database: Database, changes: Document, mode: PeopleMode
) -> None:
    tx, clock = importing.runtime.tx, importing.runtime.clock
    users = [
        account("a", "Asha Rao", phone=PHONE, email="a@gmail.com", is_active=False),
        account("b", "Asha Rao", "marketing_staff", phone=OTHER_PHONE, email="a@gmail.com")
        | {"password_hash": PASSWORD_HASH},
    ]
    await fill(source_database, {"users": users})
    await importing.run()
    await set_mode(tx, with_people(await get_mode(tx), mode, since=AS_OF))
    first, second = (UserId(one["_id"]) for one in users)
    await database[USERS].update_one({"_id": first}, {"$set": {"last_sign_in_at": AS_OF}})
    (asked,) = (await list_reviews(tx)).reviews

    outcome = await decide(
        tx, asked.id, Answer(Decision.MERGE, "x"), actor=SYSTEM, opener=opener(importing), now=clock()
    )
    assert outcome.survivor == first
    await source_database["users"].update_one({"id": "b"}, {"$set": changes})
    await importing.run()
    taken = await take_answer_back(tx, asked.id, reason="x", actor=SYSTEM, opener=opener(importing), now=clock())

    user, credential = await get_user(tx, second), await find_credential(tx, second)
    assert (Role.MARKETING_STAFF in user.roles) == ("role" not in changes)
    assert (credential is not None) == ("password_hash" not in changes)
    assert (user.status is UserStatus.ACTIVE) == ("is_active" not in changes)
    assert taken
    assert any(str(second) in why for why in taken.left)
