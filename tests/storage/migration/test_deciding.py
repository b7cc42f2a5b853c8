"""Answers in hard moments: two at once, killed in the middle, against an earlier one, after others acted."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from roundsman.access.roles import Role
from roundsman.audit_log.entries import SYSTEM
from roundsman.auth.sessions import open_session
from roundsman.database.collections import (
    ADDRESSES,
    CUSTOMERS,
    DELIVERIES,
    DELIVERY_BOYS,
    FACT_CONFLICTS,
    FACTS,
    IDENTIFIERS,
    MERGES,
    MIGRATION_PLANS,
    OF_USERS,
    ORDERS,
    PASSWORD_RESETS,
    PAYMENTS,
    RATINGS,
    REVIEWS,
    SESSIONS,
    SUBSCRIPTIONS,
    SUPPLIERS,
    TRANSITIONS,
    USERS,
)
from roundsman.database.lease import MIGRATION, LeaseTaken, held_lease
from roundsman.database.transaction import Tx
from roundsman.database.validators import VALIDATORS
from roundsman.errors import RoundsmanError
from roundsman.identity.identifiers import phone_key
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.lookup import find_user, get_user
from roundsman.identity.users import Identifier, UserStatus
from roundsman.migration import deciding
from roundsman.migration.deciding import NothingToTakeBack, Outcome, decide, take_answer_back
from roundsman.migration.freshness import PlanOutdated
from roundsman.migration.joining import AnsweredOtherwise
from roundsman.migration.members import Opener
from roundsman.migration.reviews import Answer, Decision, ReviewStatus, get_review, list_reviews
from roundsman.operations.joining.journal import LaterChangesFirst, list_entries, take_entry_back
from roundsman.operations.joining.merging import NotMergeable, merge_users
from roundsman.orders.history import insert_orders
from tests.builders import NOW, a_delivery_boy, a_session, a_user, an_order
from tests.imports import JOURNALS, Database, Import, contents
from tests.migration_builders import EARLYBIRD, OTHER_PHONE, PHONE, THIRD_PHONE, Fields, MemorySource, account

NOT_PEOPLE = JOURNALS | {MIGRATION_PLANS, MERGES, REVIEWS}


def three() -> dict[str, list[Fields]]:
    """Three accounts of one e-mail and name, under three phones: three questions about pairs."""
    phones = zip("abc", (PHONE, OTHER_PHONE, THIRD_PHONE), strict=True)
    return {"users": [account(name, "Asha Rao", phone=phone, email="asha@gmail.com") for name, phone in phones]}


@pytest.fixture
async def imported(importing: Import) -> Import:
    """The import of three accounts that may be one person."""
    here = Import(importing.runtime, MemorySource(three()))
    await here.run()
    return here


@pytest.fixture
async def questions(imported: Import) -> list[str]:
    """The questions, by id."""
    return [review.id for review in (await list_reviews(imported.runtime.tx, "unsure")).reviews]


@pytest.fixture
def answer(imported: Import) -> Callable[[str, Decision], Awaitable[Outcome]]:
    """Answers a question as the operator."""

    async def give(review: str, decision: Decision) -> Outcome:
        opener = Opener(imported.means().seal, EARLYBIRD)
        runtime = imported.runtime
        return await decide(
            runtime.tx, review, Answer(decision, "known"), actor=SYSTEM, opener=opener, now=runtime.clock()
        )

    return give


Give = Callable[[str, Decision], Awaitable[Outcome]]


async def take_back(importing: Import, review: str) -> Any:  # noqa: ANN401 - what was taken back, or None
    runtime = importing.runtime
    return await take_answer_back(
        runtime.tx,
        review,
        reason="a mistake",
        actor=SYSTEM,
        opener=Opener(importing.means().seal, EARLYBIRD),
        now=runtime.clock(),
    )


async def test_of_two_answers_at_once_one_wins(imported: Import, questions: list[str], answer: Give) -> None:
    both = [answer(questions[0], Decision.MERGE), answer(questions[0], Decision.KEEP_APART)]

    outcomes = await asyncio.gather(*both, return_exceptions=True)

    (won,) = [one for one in outcomes if isinstance(one, Outcome)]
    (lost,) = [one for one in outcomes if not isinstance(one, Outcome)]
    assert isinstance(lost, RoundsmanError)
    assert won.review.given
    decided = won.review.given.answer.decision
    merged = await imported.runtime.tx.database[USERS].count_documents({"status": "merged"})
    assert merged == (1 if decided is Decision.MERGE else 0)
    assert (await imported.verify()).passed


async def test_an_answer_that_dies_in_the_middle_never_was(
    questions: list[str], answer: Give, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await contents(database, without=JOURNALS)

    async def die(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(deciding, "keep_given", die)
    with pytest.raises(KeyboardInterrupt):
        await answer(questions[0], Decision.MERGE)

    assert await contents(database, without=JOURNALS) == before


async def test_questions_that_an_answer_leaves_moot_are_settled_and_come_back(
    imported: Import, questions: list[str], answer: Give, database: Database
) -> None:
    before = await contents(database, without=NOT_PEOPLE)
    first, second, third = questions
    await answer(first, Decision.MERGE)
    await answer(second, Decision.MERGE)

    settled = await get_review(imported.runtime.tx, third)

    assert (settled.status, settled.settled_by) == (ReviewStatus.SETTLED, second)
    assert await database[USERS].count_documents({"status": "merged"}) == 2
    verification = await imported.verify()
    assert verification.passed
    assert verification.accounts[0].classes == {"kept": 1, "merged": 2}
    with pytest.raises(NothingToTakeBack, match=second):
        await take_back(imported, third)
    with pytest.raises(LaterChangesFirst, match=second):
        await take_back(imported, first)
    await take_back(imported, second)
    await take_back(imported, first)
    assert len((await list_reviews(imported.runtime.tx)).reviews) == 3
    assert await contents(database, without=NOT_PEOPLE) == before


async def test_what_was_kept_apart_is_not_joined_over_a_third(
    imported: Import, questions: list[str], answer: Give
) -> None:
    first, second, third = questions
    await answer(first, Decision.TWO_ACCOUNTS)
    await answer(second, Decision.MERGE)

    with pytest.raises(AnsweredOtherwise, match=first):
        await answer(third, Decision.MERGE)
    assert (await imported.verify()).passed


async def test_a_plan_from_before_an_answer_is_not_applied(
    imported: Import, questions: list[str], answer: Give
) -> None:
    grown = Import(imported.runtime, MemorySource({"users": [*three()["users"], account("d", "Zoya Khan")]}))
    plan = await grown.plan()
    await answer(questions[0], Decision.MERGE)

    with pytest.raises(PlanOutdated):
        await grown.apply(plan.digest)
    await grown.run()
    assert (await grown.verify()).passed


async def test_no_answer_while_a_run_writes(imported: Import, questions: list[str], answer: Give) -> None:
    async with held_lease(imported.runtime.tx, MIGRATION, imported.runtime.clock):
        with pytest.raises(LeaseTaken):
            await answer(questions[0], Decision.MERGE)
    await answer(questions[0], Decision.MERGE)


async def test_what_came_since_stays_with_the_survivor_and_is_told(
    imported: Import, questions: list[str], answer: Give, database: Database
) -> None:
    tx = imported.runtime.tx
    outcome = await answer(questions[0], Decision.MERGE)
    assert outcome.survivor
    born = an_order(outcome.survivor)
    await insert_orders(tx, [born])
    await insert_identifiers(tx, [Identifier(phone_key("+919820012345"), (outcome.survivor,))])
    await database[USERS].update_one({"_id": outcome.survivor}, {"$addToSet": {"roles": "supplier"}})

    back = await take_back(imported, questions[0])

    assert back.born_since == {ORDERS: [born.id], IDENTIFIERS: ["phone:+919820012345"]}
    assert back.left == ()
    assert (await find_user(tx, PHONE)).id != (await find_user(tx, OTHER_PHONE)).id
    survivor = await get_user(tx, outcome.survivor)
    assert survivor.roles == (Role.CUSTOMER, Role.SUPPLIER)
    assert (await find_user(tx, "9820012345")).id == survivor.id


async def test_a_loser_is_signed_out_and_earlier_losers_lead_on(tx: Tx) -> None:
    users = [a_user(f"Asha {number}") for number in range(3)]
    await insert_users(tx, users)
    for user in users:
        await insert_identifiers(tx, [Identifier(f"alias:{user.name}", (user.id,))])
    await insert_identifiers(tx, [Identifier("alias:all", tuple(sorted(user.id for user in users)))])
    first = await merge_users(tx, [users[1].id, users[2].id], cause="one", actor=SYSTEM, now=NOW)
    await open_session(tx, a_session(first.survivor), refresh_digest=b"x")
    before = await contents(tx.database, without=JOURNALS | {MERGES, SESSIONS})

    await insert_identifiers(tx, [Identifier(phone_key("+919820012345"), (users[0].id,), NOW)])
    second = await merge_users(tx, [users[0].id, first.survivor], cause="two", actor=SYSTEM, now=NOW)

    assert second.survivor == users[0].id
    assert await tx.database[SESSIONS].count_documents({}) == 0
    for user in users[1:]:
        assert (await get_user(tx, user.id)).merged_into == users[0].id
    assert (await find_user(tx, "all")).id == users[0].id
    entries = await list_entries(tx)
    assert [entry.cause for entry in entries] == ["two", "one"]
    await tx.database[IDENTIFIERS].update_one({"_id": "phone:+919820012345"}, {"$set": {"epoch": 0}})
    await take_entry_back(tx, entries[0], now=NOW)
    await tx.database[IDENTIFIERS].delete_one({"_id": "phone:+919820012345"})
    assert await contents(tx.database, without=JOURNALS | {MERGES, SESSIONS}) == before


async def test_two_delivery_boys_and_the_dead_are_not_joined(tx: Tx, database: Database) -> None:
    users = [a_user(), a_user(), a_user(status=UserStatus.ARCHIVED)]
    await insert_users(tx, users)
    boys = [a_delivery_boy(user.id) for user in users[:2]]
    for boy in boys:
        await database[DELIVERY_BOYS].insert_one(
            {
                "_id": boy.id,
                "user_id": boy.user_id,
                "name": boy.name,
                "status": "active",
                "created_at": NOW,
                "created_by": "system",
            }
        )
    before = await contents(database)

    for pair, why in (((0, 1), "delivery boy"), ((0, 2), "archived"), ((0, 0), "one user already")):
        with pytest.raises(NotMergeable, match=why):
            await merge_users(tx, [users[one].id for one in pair], cause="x", actor=SYSTEM, now=NOW)

    assert await contents(database) == before


def test_a_merge_takes_along_everything_that_has_a_user() -> None:
    with_user = {name for name, one in VALIDATORS.items() if "user_id" in one["$jsonSchema"].get("properties", {})}
    # A link to set a password counts for active users only, so that of a merged one is worth nothing. Transitions follow
    # from facts, and are told anew; a contradicting fact is about whom it was told.
    elsewhere = {IDENTIFIERS, PASSWORD_RESETS, SESSIONS, TRANSITIONS, FACT_CONFLICTS}
    assert with_user - elsewhere == set(OF_USERS)
    assert set(OF_USERS) == {
        *(CUSTOMERS, ADDRESSES, DELIVERY_BOYS, SUPPLIERS, ORDERS),
        *(SUBSCRIPTIONS, DELIVERIES, PAYMENTS, FACTS, RATINGS),
    }
