"""Assisted registration: user and customer linked from the first moment, once for each phone (plan 1.1)."""

import asyncio
from collections import Counter
from itertools import cycle, islice

import pytest
from bson import ObjectId

from roundsman.access.principal import Principal
from roundsman.access.roles import Role
from roundsman.activation.policy import ActivationPolicy
from roundsman.audit_log.entries import acting
from roundsman.audit_log.log import entries_about
from roundsman.customers.customers import CustomerStatus
from roundsman.database.collections import AUDIT_LOG, CUSTOMERS, IDENTIFIERS, USERS
from roundsman.database.transaction import Tx
from roundsman.identity.logins import UnusablePhone
from roundsman.identity.mode import Mode, OperationsMode, PeopleManagedElsewhere, PeopleMode, set_mode
from roundsman.identity.registration import IdentifierTaken
from roundsman.identity.users import Claim, Identifier, UserStatus
from roundsman.ids import SessionId, UserId
from roundsman.operations.accounts.sign_up import SignedUp, SignUp, sign_up_customer
from roundsman.operations.people.person import find_person
from tests.builders import NOW

STAFF = Principal(UserId(ObjectId()), frozenset({Role.MARKETING_STAFF}), SessionId(ObjectId()))
POLICY = ActivationPolicy()
ACTOR = acting(STAFF, address="10.0.0.7")
SPELLINGS = ("9876501234", "+91 98765 01234", "098765-01234", "91 9876501234", "9876501234.0")


async def stored_counts(tx: Tx) -> dict[str, int]:
    return {name: await tx.database[name].count_documents({}) for name in (USERS, IDENTIFIERS, CUSTOMERS, AUDIT_LOG)}


async def test_a_sign_up_makes_user_identifiers_and_customer_linked(tx: Tx) -> None:
    sign_up = SignUp("Asha Rao", "98765 01234", "Asha@Example.in", "12 MG Road", "HSR")

    signed_up = await sign_up_customer(tx, sign_up, actor=ACTOR, policy=POLICY, now=NOW)

    person = await find_person(tx, "asha@example.in")
    (customer,) = person.customers
    assert SignedUp(person.user.id, customer.id) == signed_up
    assert (person.user.status, person.user.claim) == (UserStatus.ACTIVE, Claim.CLAIMABLE)
    assert person.user.roles == (Role.CUSTOMER,)
    assert (person.user.created_at, person.user.created_by) == (NOW, str(STAFF.user_id))
    assert (customer.user_id, customer.status) == (person.user.id, CustomerStatus.ACTIVE)
    assert (customer.phone, customer.email) == ("+919876501234", "asha@example.in")
    assert (customer.address, customer.area) == ("12 MG Road", "HSR")
    assert person.identifiers == (
        Identifier("email:asha@example.in", (person.user.id,)),
        Identifier("phone:+919876501234", (person.user.id,)),
    )
    entries = [*await entries_about(tx, f"user:{person.user.id}"), *await entries_about(tx, f"customer:{customer.id}")]
    assert [entry.action for entry in entries] == ["user.registered", "customer.registered"]
    assert {entry.actor for entry in entries} == {ACTOR}


async def test_of_fifty_simultaneous_sign_ups_with_one_phone_exactly_one_wins(tx: Tx) -> None:
    sign_ups = [SignUp(f"Customer {n}", phone) for n, phone in enumerate(islice(cycle(SPELLINGS), 50))]

    outcomes = await asyncio.gather(
        *(sign_up_customer(tx, sign_up, actor=ACTOR, policy=POLICY, now=NOW) for sign_up in sign_ups),
        return_exceptions=True,
    )

    assert Counter(type(outcome) for outcome in outcomes) == {SignedUp: 1, IdentifierTaken: 49}
    assert await stored_counts(tx) == {USERS: 1, IDENTIFIERS: 1, CUSTOMERS: 1, AUDIT_LOG: 2}
    (winner,) = (outcome for outcome in outcomes if isinstance(outcome, SignedUp))
    assert (await find_person(tx, SPELLINGS[0])).user.id == winner.user_id


async def test_a_taken_email_leaves_the_new_phone_free(tx: Tx) -> None:
    await sign_up_customer(tx, SignUp("Asha", "9876501234", "asha@example.in"), actor=ACTOR, policy=POLICY, now=NOW)
    before = await stored_counts(tx)

    with pytest.raises(IdentifierTaken, match=r"e-mail asha@example\.in") as refusal:
        await sign_up_customer(tx, SignUp("Ravi", "9876501235", "ASHA@example.in"), actor=ACTOR, policy=POLICY, now=NOW)

    assert refusal.value.key == "email:asha@example.in"
    assert await stored_counts(tx) == before


async def test_a_phone_nobody_can_sign_in_with_is_refused(tx: Tx) -> None:
    with pytest.raises(UnusablePhone, match="made-up"):
        await sign_up_customer(tx, SignUp("Asha", "9999999999"), actor=ACTOR, policy=POLICY, now=NOW)

    assert not any((await stored_counts(tx)).values())


async def test_nobody_is_signed_up_while_the_existing_application_manages_people(tx: Tx) -> None:
    await set_mode(tx, Mode(PeopleMode.SHADOW, OperationsMode.SOURCE))

    with pytest.raises(PeopleManagedElsewhere):
        await sign_up_customer(tx, SignUp("Asha", "9876501234"), actor=ACTOR, policy=POLICY, now=NOW)

    assert not any((await stored_counts(tx)).values())
