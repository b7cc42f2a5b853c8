"""What another system tells in batches: each row its own fate, and nobody's facts lost because he came later."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.activation.facts import Fact, FactType
from roundsman.activation.foreign import ForeignFact
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.recorded_facts import facts_of
from roundsman.activation.tracking import advance, find_tracked
from roundsman.audit_log.entries import SYSTEM, Actor
from roundsman.customers.linkage import insert_customers
from roundsman.database.collections import AUDIT_LOG, FACT_CONFLICTS, FACTS, LIFECYCLES, TRANSITIONS, UNMATCHED_FACTS
from roundsman.database.transaction import Tx
from roundsman.identity.identifiers import alias_key, email_key, phone_key
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.users import Identifier, User
from roundsman.ids import UserId
from roundsman.operations.accounts.sign_up import SignedUp, SignUp, sign_up_customer
from roundsman.operations.facts.fact_batches import Fate, tell_batch
from roundsman.operations.facts.fact_intake import tell
from roundsman.operations.facts.fact_matching import match_parked
from roundsman.operations.facts.intake import Intake
from tests.builders import NOW, a_customer, a_user

POLICY = ActivationPolicy()
INTAKE = Intake(Actor("shop"), POLICY)
LATER = NOW + timedelta(days=3)
INDIA = timezone(timedelta(hours=5, minutes=30))


def an_order(number: int = 1, subject: str = "98200 12345", **changes: Any) -> ForeignFact:  # noqa: ANN401  any field
    return replace(ForeignFact("order.placed", subject, f"o-{number}", NOW + timedelta(hours=1)), **changes)


async def told(tx: Tx, *rows: ForeignFact, now: datetime = LATER) -> list[str]:
    """The fates of the rows, or the codes of the refusals."""
    return [one.code or one.fate for one in await tell_batch(tx, rows, intake=INTAKE, now=now)]


async def sign_up(tx: Tx, phone: str, email: str | None = None) -> SignedUp:
    return await sign_up_customer(tx, SignUp("Asha", phone, email), actor=SYSTEM, policy=POLICY, now=LATER)


async def settled(tx: Tx, phone: str = "+919820012345") -> User:
    user = a_user()
    await insert_users(tx, [user])
    await insert_identifiers(tx, [Identifier(phone_key(phone), (user.id,)), Identifier("alias:c-7", (user.id,))])
    return user


async def everything(tx: Tx) -> dict[str, Any]:
    names = (FACTS, UNMATCHED_FACTS, FACT_CONFLICTS, LIFECYCLES, TRANSITIONS)
    return {name: await tx.database[name].find().sort("_id").to_list() for name in names}


async def test_a_batch_with_one_of_each_fate_and_told_again_it_changes_nothing(tx: Tx) -> None:
    user = await settled(tx)
    others = [a_user(), a_user()]
    await insert_users(tx, others)
    await insert_identifiers(tx, [Identifier("alias:twice", tuple(sorted(one.id for one in others)))])
    rows = [
        an_order(),
        an_order(subject="+91-98200-12345"),
        an_order(occurred_at=NOW),
        an_order(2, "97000 12345"),
        an_order(3, type="order.invented"),
        an_order(4, type="signup"),
        an_order(5, type="login"),
        an_order(6, occurred_at=LATER + timedelta(minutes=6)),
        an_order(7, occurred_at=NOW.replace(tzinfo=None)),
        an_order(8, occurred_at=datetime.min.replace(tzinfo=INDIA)),
        an_order(9, "  "),
        an_order(10, "twice"),
        an_order(11, type="payment.succeeded", generated=True),
    ]
    refused = [
        *("unknown_fact_type", "fact_not_yours", "fact_not_yours", "fact_ahead", "unclear_instant", "unclear_instant"),
        *("malformed_identifier", "ambiguous_identifier", "not_generated"),
    ]
    assert await told(tx, *rows) == ["recorded", "already_recorded", "conflict", "parked", *refused]
    before = await everything(tx)
    assert [len(before[name]) for name in (FACTS, UNMATCHED_FACTS, FACT_CONFLICTS)] == [2, 1, 1]
    tracked = await find_tracked(tx, user.id)
    assert tracked is not None
    assert tracked.lifecycle.status is ActivationStatus.ACTIVE

    assert await told(tx, *rows) == ["already_recorded", "already_recorded", "conflict", "parked", *refused]
    assert await everything(tx) == before


@pytest.mark.parametrize("named", ["98200 12345", "c-7", "user", "customer"])
async def test_he_is_called_by_any_identifier_or_id(tx: Tx, named: str) -> None:
    user = await settled(tx)
    customer = a_customer(user.id)
    await insert_customers(tx, [customer])
    text = {"user": str(user.id), "customer": str(customer.id).upper()}.get(named, named)
    assert await told(tx, an_order(subject=text)) == [Fate.RECORDED]
    assert [fact.type for fact in await facts_of(tx, user.id)] == [FactType.SIGNUP, FactType.ORDER_PLACED]


async def test_what_was_told_of_a_phone_in_any_spelling_is_his_who_signs_up_with_it(tx: Tx) -> None:
    rows = [
        an_order(1, "9820012345"),
        an_order(2, "+91 98200-12345"),
        an_order(3, "Asha@Example.in"),
        an_order(4, "97000 12345"),
    ]
    assert await told(tx, *rows, an_order(1, "098200 12345"), an_order(1, "97000 12345")) == [
        *[Fate.PARKED] * 5,
        Fate.CONFLICT,
    ]

    signed_up = await sign_up(tx, "098200 12345", "asha@example.in")

    tracked = await find_tracked(tx, signed_up.user_id)
    assert tracked is not None
    assert (tracked.lifecycle.orders_valid, tracked.lifecycle.status) == (3, ActivationStatus.ENGAGED)
    assert tracked.lifecycle.signup_at == LATER
    assert await tx.database[UNMATCHED_FACTS].distinct("_id") == ["order.placed:o-4"]


async def revenue_of(tx: Tx, user: UserId) -> int:
    tracked = await find_tracked(tx, user)
    assert tracked is not None
    return tracked.lifecycle.revenue_paise


async def test_a_corrected_row_counts_as_it_says_now(tx: Tx) -> None:
    user = await settled(tx)
    paid = an_order(type="payment.succeeded", amount_paise=50_000)
    cancelled = an_order(type="order.cancelled")
    assert await told(tx, an_order(), paid, cancelled) == ["recorded"] * 3
    rows = [replace(paid, amount_paise=5_000), replace(cancelled, by_customer=True)]
    assert await told(tx, *rows, paid, rows[0]) == ["corrected"] * 4
    assert await revenue_of(tx, user.id) == 5_000
    before = await everything(tx)
    assert await told(tx, *rows) == ["already_recorded"] * 2
    assert await told(tx, replace(rows[0], amount_paise=1, occurred_at=NOW)) == ["conflict"]
    assert {**await everything(tx), FACT_CONFLICTS: []} == before


async def test_of_what_waits_the_last_telling_counts_and_none_that_is_older_than_what_was_told_of_him(tx: Tx) -> None:
    paid = an_order(type="payment.succeeded", amount_paise=50_000)
    rows = [paid, replace(paid, source_id="o-2")]
    assert await told(tx, *rows, replace(paid, amount_paise=600)) == ["parked"] * 3
    user = await settled(tx)
    assert await told(tx, replace(rows[1], amount_paise=7)) == ["recorded"]
    await match_parked(tx, policy=POLICY, now=LATER)
    assert await revenue_of(tx, user.id) == 607
    assert await tx.database[UNMATCHED_FACTS].count_documents({}) == 0


async def test_nobody_becomes_a_customer_by_what_is_told_of_his_phone(tx: Tx) -> None:
    """A delivery boy is refused, also by what waited before he came; it goes to him once he is a customer as well."""
    await told(tx, an_order(1))
    boy = a_user(roles=(Role.DELIVERY_BOY,))
    await insert_users(tx, [boy])
    await insert_identifiers(tx, [Identifier(phone_key("+919820012345"), (boy.id,))])

    assert await told(tx, an_order(2)) == ["not_a_customer"]
    assert (await match_parked(tx, policy=POLICY, now=LATER)).told == 0
    stored = await everything(tx)
    assert [len(stored[name]) for name in (FACTS, UNMATCHED_FACTS, LIFECYCLES)] == [0, 1, 0]

    await insert_customers(tx, [a_customer(boy.id)])
    assert await told(tx, an_order(2)) == [Fate.RECORDED]
    assert (await match_parked(tx, policy=POLICY, now=LATER)).told == 1


async def test_a_thousand_that_waited_for_one_are_told_with_his_sign_up_and_more_afterwards(tx: Tx) -> None:
    rows = [
        ForeignFact("interaction", "9820012345", f"app:{number}", NOW + timedelta(seconds=number))
        for number in range(1_100)
    ]
    for begin in range(0, len(rows), 200):
        await told(tx, *rows[begin : begin + 200])

    signed_up = await sign_up(tx, "98200 12345")

    assert len(await facts_of(tx, signed_up.user_id)) == 1_001
    looked = await match_parked(tx, policy=POLICY, now=LATER)
    assert (looked.names, looked.told, looked.next) == (1, 100, None)
    assert len(await facts_of(tx, signed_up.user_id)) == 1_101
    assert await tx.database[UNMATCHED_FACTS].count_documents({}) == 0


async def test_who_came_by_another_way_gets_what_waits_for_him_by_the_next_look(tx: Tx) -> None:
    """An import brings him, or a customer profile; a name that two people have goes on waiting."""
    customer = a_customer((user := a_user()).id)
    rows = [an_order(1), an_order(2, "c-7"), an_order(3, str(customer.id)), an_order(4, "97000 12345")]
    await told(tx, *rows, an_order(5, "twice"))
    assert await looked_in_portions(tx) == Counter(names=5)

    await insert_users(tx, [user, other := a_user()])
    identifiers = [Identifier(phone_key("+919820012345"), (user.id,)), Identifier(alias_key("c-7"), (user.id,))]
    both = tuple(sorted((user.id, other.id)))
    await insert_identifiers(tx, [*identifiers, Identifier(alias_key("twice"), both)])
    await insert_customers(tx, [customer])

    assert (await looked_in_portions(tx))["told"] == 3
    assert {fact.source_id for fact in await facts_of(tx, user.id)} >= {"o-1", "o-2", "o-3"}
    assert await tx.database[UNMATCHED_FACTS].distinct("source_id") == ["o-4", "o-5"]


async def looked_in_portions(tx: Tx) -> Counter[str]:
    counts: Counter[str] = Counter()
    after: str | None = ""
    while after is not None:
        looked = await match_parked(tx, policy=POLICY, now=LATER, after=after, most=2)
        counts.update(names=looked.names, told=looked.told)
        after = looked.next
    return counts


async def test_what_waited_and_was_told_of_another_meanwhile_changes_nothing(tx: Tx) -> None:
    await told(tx, an_order())
    other = await settled(tx, "+919700012345")
    fact = Fact(FactType.ORDER_PLACED, other.id, "o-1", NOW + timedelta(hours=1))
    await tell(tx, other.id, [fact], policy=POLICY, now=LATER)

    signed_up = await sign_up(tx, "98200 12345")

    tracked = await find_tracked(tx, signed_up.user_id)
    assert tracked is not None
    assert tracked.lifecycle.orders_valid == 0
    assert (await tx.database[FACT_CONFLICTS].distinct("key")) == [fact.key]


@pytest.mark.parametrize("is_known", [True, False])
async def test_an_order_of_a_subscription_counts_from_the_beginning_of_its_day_in_india(
    tx: Tx, *, is_known: bool
) -> None:
    day = datetime(2026, 3, 10, tzinfo=INDIA)
    row = an_order(occurred_at=day + timedelta(hours=7), generated=True)
    if is_known:
        user_id = (await settled(tx)).id
        assert await told(tx, row) == [Fate.RECORDED]
    else:
        assert await told(tx, row) == [Fate.PARKED]
        user_id = (await sign_up(tx, "98200 12345")).user_id
    tracked = await find_tracked(tx, user_id)
    assert tracked is not None
    assert (tracked.lifecycle.status, tracked.due_at) == (ActivationStatus.NEW, day)
    moved = await advance(tx, user_id, policy=POLICY, now=day.astimezone(UTC))
    assert moved is not None
    assert [(one.after, one.effective_at) for one in moved.transitions] == [(ActivationStatus.ACTIVE, day)]


async def test_the_audit_log_says_who_told_what_came_of_it(tx: Tx) -> None:
    await settled(tx)
    rows = [an_order(), an_order(2), an_order(3, "97000 12345"), an_order(4, type="signup")]
    await told(tx, *rows)
    await told(tx, *rows[:2], rows[3])

    entries = await tx.database[AUDIT_LOG].find({"action": "facts.told"}).to_list()

    assert [(one["actor"], one["reason"]) for one in entries] == [({"who": "shop"}, "recorded 2, parked 1, refused 1")]


async def test_a_name_nobody_has_waits_even_if_it_looks_like_an_id(tx: Tx) -> None:
    fates = await told(tx, an_order(1, str(ObjectId())), an_order(2, email_key("a@b.in")))
    assert fates == [Fate.PARKED] * 2


async def test_the_trouble_of_one_person_refuses_his_rows_and_nobody_else_s(tx: Tx) -> None:
    await settled(tx)
    lost = a_customer(a_user().id)
    await insert_customers(tx, [lost])

    fates = await told(tx, an_order(), an_order(2, str(lost.id)), an_order(3, "97000 12345"), an_order(4))

    assert fates == [Fate.RECORDED, "unknown_user", Fate.PARKED, Fate.RECORDED]


async def test_who_is_said_to_sign_up_tomorrow_signed_up_when_he_was_first_told_of(tx: Tx) -> None:
    user = await settled(tx)
    await insert_customers(tx, [replace(a_customer(user.id), created_at=LATER + timedelta(days=1))])

    assert await told(tx, an_order()) == [Fate.RECORDED]

    assert {fact.type: fact.occurred_at for fact in await facts_of(tx, user.id)}[FactType.SIGNUP] == LATER
    tracked = await find_tracked(tx, user.id)
    assert tracked is not None
    assert tracked.waiting_at is None
