"""Whatever a source holds and whatever humans answer: every proof stays green, and taking all back leaves no trace."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roundsman.audit_log.entries import SYSTEM, Actor
from roundsman.database.collections import (
    ADDRESSES,
    CREDENTIALS,
    CUSTOMERS,
    DELIVERY_BOYS,
    IDENTIFIERS,
    ORDERS,
    SOURCE_DOCUMENTS,
    SUPPLIERS,
    USERS,
)
from roundsman.errors import Conflict, NotFound
from roundsman.identity.role_grants import list_active_admins
from roundsman.ids import UserId
from roundsman.migration.deciding import decide, take_answer_back
from roundsman.migration.members import Opener, owners_of
from roundsman.migration.naming import read_naming
from roundsman.migration.reviews import OF_PAIRS, Answer, Decision, get_review, list_reviews
from roundsman.migration.shared_phone import NoSharedPhone
from roundsman.migration.splitting import find_merged, undo_merge
from roundsman.migration.sync import compare_all
from roundsman.runtime import Runtime
from tests.depth import depth
from tests.imports import Database, Import, contents, wipe
from tests.migration_builders import EARLYBIRD, PHONE, Fields, MemorySource, account, doc
from tests.unit.migration.test_worlds import worlds

pytestmark = pytest.mark.whole

PEOPLE = (
    USERS,
    IDENTIFIERS,
    CUSTOMERS,
    DELIVERY_BOYS,
    SUPPLIERS,
    ORDERS,
    ADDRESSES,
    SOURCE_DOCUMENTS,
    CREDENTIALS,
)


# A whole import, its proofs and their repetition cost half a second each.
EXAMPLES = depth(test=6, proof=1000)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(world=worlds, random=st.randoms(use_true_random=False))
async def test_answers_keep_every_proof_green_and_can_all_be_taken_back(
    world: dict[str, list[Fields]], random: Random, runtime: Runtime, database: Database
) -> None:
    await wipe(database, keep=frozenset())
    importing = Import(runtime, MemorySource(world))
    await importing.run()
    before = await people(database)

    answered = await answer_at_random(importing, random)

    await assert_proved(importing)
    for review in reversed(answered):
        actor = await somebody(importing)
        await take_answer_back(
            runtime.tx,
            review,
            reason="a test",
            actor=actor,
            opener=Opener(importing.means().seal, EARLYBIRD),
            now=runtime.clock(),
        )
    assert await people(database) == before
    await assert_proved(importing)


async def test_the_order_of_an_id_of_two_people_is_theirs_from_the_round_after_the_answer_that_joined_them(
    runtime: Runtime, database: Database
) -> None:
    shared = "a-long-and-unique-id"
    world = {
        "users": [account(shared, "Asha Rao", "admin"), account("boss", "Meera Rao", "admin", phone=PHONE)],
        "delivery_boys_v2": [doc(shared, "", email="rao@gmail.com")],
        "orders": [doc("order", "", customer_id=shared)],
    }
    importing = Import(runtime, MemorySource(world))
    await importing.run()
    [review] = (await list_reviews(runtime.tx, limit=0)).reviews
    assert "user_id" not in (await database[ORDERS].find_one({}) or {})

    await answer(importing, review.id, Decision.MERGE)

    await assert_proved(importing)
    await compare_all(runtime.tx, importing.source, EARLYBIRD, importing.means())
    await assert_proved(importing)
    order = await database[ORDERS].find_one({})
    assert order is not None
    assert set((await owners_of(runtime.tx, review.members)).values()) == {order["user_id"]}


async def test_the_order_of_a_customer_is_his_whoever_else_it_names_and_whoever_shares_his_id(
    runtime: Runtime, database: Database
) -> None:
    shared = "a-long-and-unique-id"
    world = {
        "users": [account(shared, "Asha Rao"), account("another", "Meera Rao")],
        "customers": [doc(shared, "Rajesh Kumar")],
        "orders": [doc("order", "", customer_id=shared, user_id="another")],
    }
    importing = Import(runtime, MemorySource(world))
    await importing.run()

    await assert_proved(importing)
    order = await database[ORDERS].find_one({}) or {}
    customer = await database[CUSTOMERS].find_one({"_id": order["customer_id"]}) or {}
    assert (customer["name"], customer["user_id"]) == ("Rajesh Kumar", order["user_id"])


async def test_the_order_of_an_account_named_by_its_own_id_is_his_whoever_else_it_names(
    runtime: Runtime, database: Database
) -> None:
    asha = account("asha", "Asha Rao")
    world = {
        "users": [asha],
        "delivery_boys": [doc("another", "Rajesh Kumar")],
        "orders": [doc("order", "", customer_id=str(asha["_id"]), user_id="another")],
    }
    importing = Import(runtime, MemorySource(world))
    await importing.run()

    await assert_proved(importing)
    assert (await database[ORDERS].find_one({}) or {})["user_id"] == asha["_id"]


async def test_who_loses_his_customer_profile_by_an_answer_keeps_his_orders_and_gets_one_for_them(
    runtime: Runtime, database: Database
) -> None:
    world = {
        "users": [account("asha", "Asha Rao", phone=PHONE)],
        "customers": [doc("hers", "Asha Rao", phone=PHONE)],
        "orders": [doc("order", "", user_id="asha")],
    }
    importing = Import(runtime, MemorySource(world))
    await importing.run()
    before = await people(database)

    review = await split(importing, f"customers:{world['customers'][0]['_id']}")

    await assert_proved(importing)
    asha = world["users"][0]["_id"]
    [customer] = await database[CUSTOMERS].find({"user_id": asha}).to_list()
    order = await database[ORDERS].find_one({}) or {}
    assert (order["user_id"], order["customer_id"]) == (asha, customer["_id"])
    opener, now = Opener(importing.means().seal, EARLYBIRD), runtime.clock()
    await take_answer_back(runtime.tx, review, reason="a test", actor=SYSTEM, opener=opener, now=now)
    assert await people(database) == before


async def test_who_is_told_apart_gets_the_profile_that_his_subscription_needs_in_the_next_round(
    runtime: Runtime, database: Database
) -> None:
    twins = [account(name, "Asha Rao", phone=PHONE) | {"id": "a-long-and-unique-id"} for name in ("one", "other")]
    world = {"users": twins, "subscriptions": [doc("weekly", "", user_id="a-long-and-unique-id")]}
    importing = Import(runtime, MemorySource(world))
    await importing.run()
    (merged,) = await database[USERS].find({"status": "merged"}).to_list()
    await split(importing, str(merged["_id"]))

    await assert_proved(importing)
    await compare_all(runtime.tx, importing.source, EARLYBIRD, importing.means())

    await assert_proved(importing)
    assert await database[CUSTOMERS].count_documents({"user_id": merged["_id"]}) == 1


async def answer_at_random(importing: Import, random: Random) -> list[str]:
    """Answer questions and undo merges of the import, in any order; the reviews that were answered, in their order."""
    tx = importing.runtime.tx
    reviews = [review.id for review in (await list_reviews(tx, limit=0)).reviews]
    merged = [str(user["_id"]) async for user in tx.database[USERS].find({"status": "merged"}, {"_id": 1})]
    answered: list[str] = []
    for named in random.sample([*reviews, *merged], len(reviews) + len(merged)):
        try:
            answered += (
                [await split(importing, named)] if named in merged else await answer_somehow(importing, named, random)
            )
        except (Conflict, NotFound, NoSharedPhone):
            continue
    return answered


async def split(importing: Import, named: str) -> str:
    """Undo a merge of the import; the review that takes it back."""
    runtime = importing.runtime
    _, user_id = await find_merged(runtime.tx, named)
    now, opener = runtime.clock(), Opener(importing.means().seal, EARLYBIRD)
    naming = await read_naming(runtime.tx, importing.source, EARLYBIRD, user_id, now=now)
    parted = await undo_merge(
        runtime.tx, named, reason="a test", opener=opener, naming=naming, actor=await somebody(importing), now=now
    )
    return parted.review_id


async def answer_somehow(importing: Import, review: str, random: Random) -> list[str]:
    """Give some answer; the review, if it needs to be taken back."""
    tx = importing.runtime.tx
    owners = await owners_of(tx, (await get_review(tx, review)).members)
    decision = random.choice([Decision.MERGE, Decision.MERGE, *sorted(OF_PAIRS), Decision.DEFER])
    holders = [None, *sorted({user for user in owners.values() if user})]
    holder = random.choice(holders) if decision is Decision.SHARED_PHONE else None
    await answer(importing, review, decision, holder)
    return [review]


async def answer(importing: Import, review: str, decision: Decision, holder: UserId | None = None) -> None:
    """Give this answer, as two admins where the question is about staff."""
    tx, opener = importing.runtime.tx, Opener(importing.means().seal, EARLYBIRD)
    for actor in [Actor(str(admin.id)) for admin in await list_active_admins(tx)][:2] or [SYSTEM]:
        given = Answer(decision, "a test", holder)
        outcome = await decide(tx, review, given, actor=actor, opener=opener, now=importing.runtime.clock())
        if not outcome.is_proposal:
            break


async def somebody(importing: Import) -> Actor:
    """An admin, where there is one."""
    return next((Actor(str(admin.id)) for admin in await list_active_admins(importing.runtime.tx)), SYSTEM)


async def assert_proved(importing: Import) -> None:
    """Every check passes, and planning again does nothing."""
    verification = await importing.verify()
    assert {one.check: one.examples for one in verification.checks if not one.passed} == {}


async def people(database: Database) -> dict[str, tuple[int, str]]:
    """The bytes of all collections about people."""
    return {name: content for name, content in (await contents(database)).items() if name in PEOPLE}
