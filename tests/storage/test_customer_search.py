"""Whom a text means, and what is told of somebody's days."""

from dataclasses import replace
from datetime import timedelta

import pytest
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.activation.facts import FactType
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.listing import Wanted
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.tracking import record_facts
from roundsman.audit_log.entries import Actor
from roundsman.customers.linkage import insert_customers
from roundsman.database.transaction import Tx
from roundsman.identity.identifiers import alias_key, phone_key
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.lookup import UnknownUser
from roundsman.identity.users import Identifier, UserStatus
from roundsman.ids import UserId
from roundsman.operations.facts.activation_lists import explain_user
from roundsman.operations.facts.intake import Intake
from roundsman.operations.facts.staff_contacts import record_contact
from roundsman.operations.people import customer_search, people_search
from roundsman.operations.people.customer_search import Called, find_called, list_called, owner_of_id, search_customers
from roundsman.operations.people.customer_story import DAYS_AT_ONCE, read_story
from tests.builders import NOW, a_customer, a_user
from tests.histories import a_fact

POLICY = ActivationPolicy()


async def test_a_person_is_found_by_whatever_is_known_of_him(tx: Tx) -> None:
    asha, ashok, merged = a_user("Asha Rao"), a_user("ashok Pai"), a_user("Usha", status=UserStatus.MERGED)
    merged = replace(merged, merged_into=asha.id)
    await insert_users(tx, [asha, ashok, merged])
    shared = Identifier(alias_key("cust-8"), (asha.id, ashok.id))
    own = [Identifier(phone_key("+919820000001"), (asha.id,)), Identifier(alias_key("cust-7"), (asha.id,))]
    await insert_identifiers(tx, [*own, shared])
    profile = replace(a_customer(asha.id), phone="+919820000002", email="home@asha.in")
    household = replace(a_customer(ashok.id), phone="+919820000009")
    await insert_customers(tx, [profile, household, replace(a_customer(asha.id), phone="+919820000009")])

    hers = ["98200 00001", "cust-7", str(asha.id), str(merged.id), str(profile.id), "98200 00002", "HOME@asha.in"]
    assert {text: (await find_called(tx, text)).exact for text in hers} == dict.fromkeys(hers, asha.id)
    both = Called(frozenset({asha.id, ashok.id}))
    assert [await find_called(tx, text) for text in ("ASH", "cust-8", "98200 00009")] == [both] * 3
    assert await find_called(tx, "ush") == Called(frozenset({asha.id}))
    assert await find_called(tx, "a\x00b") == await find_called(tx, "Zubin") == Called(frozenset())
    assert [one.name for one in (await list_called(tx, both)).users] == ["Asha Rao", "ashok Pai"]
    assert (await list_called(tx, both, role=Role.SUPPLIER)).users == ()


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("sharma", {"Asha Devi Sharma", "Sharma Stores"}),
        ("Sharma ASHA", {"Asha Devi Sharma"}),
        ("devi s", {"Asha Devi Sharma"}),
        ("devi z", set()),
        ("asha devi s", {"Asha Devi Sharma"}),
        ("शर्मा", {"राम शर्मा"}),
        ("alvarez", {"José Álvarez"}),
        ("the", {"Stores of the East"}),
        ('"sharma', {"Asha Devi Sharma", "Sharma Stores"}),
        ("asha -devi", set()),
    ],
)
async def test_a_person_is_found_by_the_beginning_or_any_whole_words_of_his_name(
    tx: Tx, text: str, called: set[str]
) -> None:
    names = ("Asha Devi Sharma", "Sharma Stores", "Stores of the East", "राम शर्मा", "José Álvarez")
    await insert_users(tx, [a_user(name) for name in names])
    found = await list_called(tx, await find_called(tx, text))
    assert {one.name for one in found.users} == called


async def test_of_more_who_are_called_so_the_first_by_name_are_given(tx: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (people_search, customer_search):
        monkeypatch.setattr(module, "MOST_NAMESAKES", 2)
    await insert_users(tx, [a_user(name) for name in ("Asha 2", "Rao Asha", "Asha 1", "Asha 3")])
    called = await find_called(tx, "asha")
    assert ([one.name for one in (await list_called(tx, called)).users], called.is_cut) == (["Asha 1", "Asha 2"], True)


async def test_an_id_of_any_kind_leads_to_one_owner(tx: Tx) -> None:
    asha, merged = a_user(), a_user(status=UserStatus.MERGED)
    await insert_users(tx, [asha, replace(merged, merged_into=asha.id)])
    profile = a_customer(asha.id)
    await insert_customers(tx, [profile])

    assert [await owner_of_id(tx, one) for one in (asha.id, merged.id, profile.id)] == [asha.id] * 3
    with pytest.raises(UnknownUser):
        await owner_of_id(tx, ObjectId())


async def settle(tx: Tx, name: str, *days_ago: int) -> UserId:
    """A customer who signed up and ordered so many days ago."""
    user = a_user(name)
    await insert_users(tx, [user])
    facts = [a_fact(FactType.SIGNUP, NOW - timedelta(days=200), 0, user.id)]
    facts += [a_fact(FactType.ORDER_PLACED, NOW - timedelta(days=one), one, user.id) for one in days_ago]
    await record_facts(tx, user.id, facts, policy=POLICY, now=NOW)
    return user.id


async def test_of_those_called_so_only_those_for_whom_all_holds(tx: Tx) -> None:
    asha, asmi = await settle(tx, "Asha Rao", 2), await settle(tx, "Asmi Pai", 40)
    await settle(tx, "Ravi Rao", 2)

    async def found(wanted: Wanted, limit: int = 50, after: str | None = None) -> list[UserId]:
        called = await find_called(tx, "as")
        page = await search_customers(tx, called, wanted, policy=POLICY, now=NOW, limit=limit, after=after)
        ids = [one.user_id for one in page.people]
        return ids + (await found(wanted, limit, page.next) if page.next else [])

    assert await found(Wanted(), limit=1) == sorted([asha, asmi])
    assert await found(Wanted(statuses=(ActivationStatus.INACTIVE,))) == [asmi]
    assert await found(Wanted(at_risk=True)) == []


async def test_the_story_tells_each_day_with_who_told_it_and_which_rule_fired(tx: Tx) -> None:
    asha = await settle(tx, "Asha Rao", *range(1, DAYS_AT_ONCE + 1))
    staff = a_user("Meena", roles=(Role.MARKETING_STAFF,))
    await insert_users(tx, [staff])
    profile = a_customer(asha)
    await insert_customers(tx, [profile])
    intake = Intake(Actor(str(staff.id)), POLICY)
    await record_contact(tx, profile.id, key="first-call", how="call", intake=intake, now=NOW)
    history = (await explain_user(tx, asha, policy=POLICY, now=NOW)).history

    story = await read_story(tx, asha, history, policy=POLICY)

    assert [day.day for day in story.days] == [(NOW - timedelta(days=one)).date() for one in range(DAYS_AT_ONCE)]
    [call] = story.days[0].facts
    assert (call.fact.type, call.teller and call.teller.name) == (FactType.STAFF_CONTACT, "Meena")
    [engaged] = [one for day in story.days for one in day.moves if one.transition.after is ActivationStatus.ENGAGED]
    assert engaged.explanation.evidence[1].count == POLICY.engaged_orders
    earlier = await read_story(tx, asha, history, policy=POLICY, before=story.earlier)
    assert [[told.fact.type for told in day.facts] for day in earlier.days][-1] == [FactType.SIGNUP]
    assert earlier.earlier is None
