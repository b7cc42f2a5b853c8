"""Whoever is joined has one history, and each has his own again when that is taken back."""

from datetime import timedelta

from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roundsman.activation.facts import Fact, FactType
from roundsman.activation.lifecycle import Lifecycle
from roundsman.activation.listing import Wanted, list_people
from roundsman.activation.machine import fold
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.tracking import find_tracked, record_facts, transitions_of
from roundsman.audit_log.entries import SYSTEM
from roundsman.customers.linkage import insert_customers
from roundsman.database.collections import CUSTOMERS, FACTS, IDENTIFIERS, LIFECYCLES, MERGES, TRANSITIONS, USERS
from roundsman.database.collections import SYSTEM as SYSTEM_DOCUMENTS
from roundsman.database.transaction import Tx
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.users import Identifier
from roundsman.ids import UserId
from roundsman.operations.facts.fact_intake import tell
from roundsman.operations.joining.journal import list_entries, take_entry_back
from roundsman.operations.joining.merging import merge_users
from tests.builders import NOW, a_customer, a_user
from tests.depth import depth
from tests.histories import BEGIN, CUSTOMER, OTHER, a_fact, histories

POLICY = ActivationPolicy()
LATER = BEGIN + timedelta(days=200)
EXAMPLES = settings(
    max_examples=depth(test=8, proof=300),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def empty(tx: Tx) -> None:
    for name in (FACTS, LIFECYCLES, TRANSITIONS, USERS, IDENTIFIERS, CUSTOMERS, MERGES):
        await tx.database[name].delete_many({})


async def require_history(tx: Tx, user: UserId, facts: list[Fact]) -> None:
    told = fold(facts, POLICY, until=LATER)
    tracked = await find_tracked(tx, user)
    assert tracked is not None
    assert tracked.lifecycle == told.lifecycle
    assert tuple(await transitions_of(tx, user)) == told.transitions


@EXAMPLES
@given(of_one=histories(CUSTOMER), of_other=histories(OTHER), other_stays=st.booleans())
async def test_joined_people_have_the_history_of_both_and_apart_again_each_his_own(
    tx: Tx, of_one: list[Fact], of_other: list[Fact], *, other_stays: bool
) -> None:
    """What is told while they are one stays with whom it was told to."""
    await empty(tx)
    await insert_users(tx, [a_user(id=CUSTOMER), a_user(id=OTHER)])
    phone = Identifier("phone:+919820012345", (OTHER if other_stays else CUSTOMER,), NOW)
    await insert_identifiers(tx, [phone])
    for user, facts in ((CUSTOMER, of_one), (OTHER, of_other)):
        await record_facts(tx, user, facts, policy=POLICY, now=LATER)

    merged = await merge_users(tx, [CUSTOMER, OTHER], cause="review:x", actor=SYSTEM, now=LATER)

    stays, (left,) = merged.survivor, merged.losers
    assert stays == phone.user_ids[0]
    await require_history(tx, stays, [*of_one, *of_other])
    everybody = await list_people(tx, Wanted(), policy=POLICY, now=LATER)
    assert [one.user_id for one in everybody.people] == [stays]
    gone = await find_tracked(tx, left)
    assert gone is not None
    assert (gone.lifecycle, await transitions_of(tx, left)) == (Lifecycle(), [])

    between = a_fact(FactType.ORDER_PLACED, BEGIN + timedelta(days=151), 99, stays)
    await tell(tx, stays, [between], policy=POLICY, now=LATER)
    (entry,) = await list_entries(tx)
    await take_entry_back(tx, entry, now=LATER)

    own = {CUSTOMER: of_one, OTHER: of_other}
    await require_history(tx, stays, [*own[stays], between])
    await require_history(tx, left, own[left])


async def test_who_was_not_told_of_yet_takes_his_own_sign_up_back(tx: Tx) -> None:
    known, unknown = a_user(), a_user()
    await insert_users(tx, [known, unknown])
    customers = [a_customer(known.id), a_customer(unknown.id)]
    await insert_customers(tx, customers)
    await tell(tx, known.id, [], policy=POLICY, now=NOW)

    await merge_users(tx, [known.id, unknown.id], cause="review:x", actor=SYSTEM, now=NOW)
    (entry,) = await list_entries(tx)
    assert {one["user_id"] async for one in tx.database[FACTS].find()} == {entry.survivor}
    await take_entry_back(tx, entry, now=NOW)

    for user, customer in zip((known, unknown), customers, strict=True):
        (fact,) = await tx.database[FACTS].find({"user_id": user.id}).to_list()
        assert fact["_id"] == f"signup:{customer.id}"
        tracked = await find_tracked(tx, user.id)
        assert tracked is not None
        assert tracked.lifecycle.signup_at == customer.created_at


async def test_of_people_of_whom_nothing_was_told_nothing_is_told(tx: Tx) -> None:
    users = [a_user(), a_user()]
    await insert_users(tx, users)
    await merge_users(tx, [one.id for one in users], cause="review:x", actor=SYSTEM, now=NOW)
    assert await tx.database[LIFECYCLES].count_documents({}) == 0


async def test_the_newest_thresholds_are_those_by_which_histories_are_told_anew(tx: Tx) -> None:
    since = {"inactive_days": 30, "churn_days": 60, "engaged_orders": 3, "since": NOW}
    stricter = since | {"inactive_days": 5}
    await tx.database[SYSTEM_DOCUMENTS].insert_one({"_id": "activation_policy", "versions": [since, stricter]})
    users = [a_user(), a_user()]
    await insert_users(tx, users)
    order = Fact(FactType.ORDER_PLACED, users[0].id, str(ObjectId()), NOW)
    await tell(tx, users[0].id, [order], policy=POLICY, now=NOW + timedelta(days=6))

    merged = await merge_users(
        tx, [one.id for one in users], cause="review:x", actor=SYSTEM, now=NOW + timedelta(days=6)
    )

    tracked = await find_tracked(tx, merged.survivor)
    assert tracked is not None
    assert (tracked.lifecycle.status, tracked.policy_version) == ("inactive", 2)
