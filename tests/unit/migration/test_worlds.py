"""What holds in every world, however its documents collide: few names, phones and ids, so that they collide often."""

from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.access.roles import STAFF_ROLES
from roundsman.identity.names import Verdict, compare_names
from roundsman.identity.users import UserStatus
from roundsman.migration.matching import Ties, decide_pair
from roundsman.migration.plan import Fate
from roundsman.migration.profile import Kind
from tests.migration_builders import (
    OTHER_PHONE,
    PASSWORD_HASH,
    PHONE,
    THIRD_PHONE,
    Fields,
    Plan,
    applied,
    object_id,
    plan,
    records_of,
    roster_of,
)

pytestmark = pytest.mark.whole

PEOPLE = ("users", "customers_v2", "customers", "delivery_boys_v2", "delivery_boys", "suppliers")
NAMES = ("Asha Rao", "Rao Asha", "Asha", "A Rao", "Vikram Rao", "Vikram Iyer", "Asha Iyer", "", "Rajesh Kumar")
PHONES = (None, PHONE, f"+91 {PHONE}", OTHER_PHONE, f"{OTHER_PHONE}.0", THIRD_PHONE, "0000000000", "")
EMAILS = (None, "asha@gmail.com", "ASHA@gmail.com", "rao@gmail.com", "info@gmail.com", "x@earlybird.local")
APP_IDS = ("1", "2", "a-long-and-unique-id-1", "a-long-and-unique-id-2", "a-long-and-unique-id-3", None)
LINKS = (None, None, None, "a-long-and-unique-id-1", "a-long-and-unique-id-2", "1", "nobody", 7, str(object_id("0")))

people = st.fixed_dictionaries(
    {
        "id": st.sampled_from(APP_IDS),
        "name": st.sampled_from(NAMES),
        "phone": st.sampled_from(PHONES),
        "email": st.sampled_from(EMAILS),
        "role": st.sampled_from(("customer", "customer", "customer", "delivery_boy", "admin", "wizard")),
        "user_id": st.sampled_from(LINKS),
        "customer_v2_id": st.sampled_from(LINKS),
        "address": st.sampled_from((None, "12 MG Road", "4 Brigade Road")),
        "gst_number": st.sampled_from((None, None, None, "29A", "29B")),
        "password": st.sampled_from((None, PASSWORD_HASH)),
        "created_at": st.sampled_from((None, "2024-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00")),
        "days_old": st.sampled_from((30, 400)),
    }
)
traces = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(LINKS),
        "user_id": st.sampled_from(LINKS),
        "created_at": st.sampled_from((None, "2026-05-01T00:00:00+00:00", "2026-06-01T00:00:00+00:00")),
    }
)


def numbered(placed: list[tuple[str, Fields]]) -> dict[str, list[Fields]]:
    """Sort documents into collections, each with an `_id` of its own."""
    found: dict[str, list[Fields]] = {}
    for number, (collection, drawn) in enumerate(placed):
        days_old = drawn.pop("days_old", 30)
        document = {"_id": object_id(str(number), days_old=days_old), **drawn}
        found.setdefault(collection, []).append({name: value for name, value in document.items() if value is not None})
    return found


crowds = st.lists(st.tuples(st.sampled_from(PEOPLE), people), min_size=1, max_size=10)
uses = st.lists(st.tuples(st.sampled_from(("orders", "subscriptions", "delivery_statuses")), traces), max_size=3)
worlds = st.tuples(crowds, uses).map(lambda both: numbered([*both[0], *both[1]]))


@given(worlds)
def test_the_same_world_gives_the_same_rows_byte_for_byte(world: dict[str, list[Fields]]) -> None:
    assert plan(world).encoded() == plan(world).encoded()


@given(worlds, st.randoms(use_true_random=False))
def test_the_order_of_documents_does_not_change_who_is_with_whom(
    world: dict[str, list[Fields]], random: Random
) -> None:
    shuffled = {name: random.sample(documents, len(documents)) for name, documents in world.items()}

    before, after = plan(world), plan(shuffled)

    assert after.groups() == before.groups()
    assert after.users() == before.users()
    assert set(after.questions()) == set(before.questions())


@given(worlds, st.builds(Ties, linked=st.booleans(), contradicted=st.booleans()))
def test_a_pair_is_decided_alike_from_both_sides(world: dict[str, list[Fields]], drawn: Ties) -> None:
    for a, b in combinations(records_of(roster_of(world)), 2):
        ties = drawn._replace(same_id=a.app_id == b.app_id)

        assert decide_pair(a, b, ties) == decide_pair(b, a, ties)


@given(worlds)
def test_every_document_has_exactly_one_fate_and_one_user_who_is_planned(world: dict[str, list[Fields]]) -> None:
    planned = plan(world)
    rows = list(planned.planning.document_rows())

    assert sorted(row.key for row in rows) == sorted(record.key for record in records_of(planned.roster))
    assert {row.user_id for row in rows} <= planned.users().keys()
    assert sorted(row for person in planned.planning.people.persons for row in person.rows) == list(
        range(len(planned.roster))
    )


@given(worlds)
def test_ids_are_given_once_and_tombstones_lead_to_the_living(world: dict[str, list[Fields]]) -> None:
    planned = plan(world)
    rows = [row.user for row in planned.planning.user_rows()]
    users = planned.users()

    assert len(users) == len(rows)
    for user in rows:
        assert (user.merged_into is not None) == (user.status is UserStatus.MERGED)
        if user.merged_into:
            assert users[user.merged_into].status is not UserStatus.MERGED


@given(worlds)
def test_a_phone_or_email_opens_one_account_of_somebody_who_has_it(world: dict[str, list[Fields]]) -> None:
    planned = plan(world)
    for key, row in planned.identifiers().items():
        kind, _, value = key.partition(":")
        if kind == "alias":
            continue
        (user_id,) = row.user_ids
        assert planned.users()[user_id].status in {UserStatus.ACTIVE, UserStatus.DISABLED}
        records = [
            planned.roster[n] for n in range(len(planned.roster)) if planned.planning.people.user_of(n) == user_id
        ]
        assert value in {record.phone if kind == "phone" else record.sign_in_email for record in records}


@given(worlds)
def test_nothing_is_matched_on_a_placeholder_or_a_made_up_address(world: dict[str, list[Fields]]) -> None:
    keys = plan(world).identifiers()

    assert not any("0000000000" in key or "earlybird.local" in key for key in keys if not key.startswith("alias:"))


@given(worlds)
def test_staff_neither_share_a_user_nor_gain_one(world: dict[str, list[Fields]]) -> None:
    planned = plan(world)
    for person in planned.planning.people.persons:
        if any(planned.roster[row].is_staff for row in person.rows):
            assert len(person.rows) == 1
    staff = {planned.planning.people.user_of(row) for row, one in enumerate(records_of(planned.roster)) if one.is_staff}
    for user in planned.users().values():
        assert bool(set(user.roles) & STAFF_ROLES) == (user.id in staff)


@given(worlds)
def test_two_names_that_differ_on_one_phone_are_never_one_user(world: dict[str, list[Fields]]) -> None:
    planned = plan(world)
    for person in planned.planning.people.persons:
        for a, b in combinations([planned.roster[row] for row in person.rows], 2):
            if a.phone and a.phone == b.phone and a.phone not in planned.planning.people.crowded:
                assert compare_names(a.folded_name, b.folded_name) is not Verdict.DIFFERENT


@given(worlds)
def test_no_user_is_made_of_more_than_eight_documents(world: dict[str, list[Fields]]) -> None:
    assert all(len(person.rows) <= 8 for person in plan(world).planning.people.persons)


@given(worlds)
def test_an_archived_account_is_alone_and_named_by_nothing(world: dict[str, list[Fields]]) -> None:
    planned = plan(world)
    for row in planned.planning.document_rows():
        if row.fate is Fate.ARCHIVED:
            at = next(n for n, one in enumerate(records_of(planned.roster)) if one.key == row.key)
            assert planned.roster[at].kind is Kind.USER
            assert planned.planning.people.person_of[at].rows == (at,)
            assert planned.roster.activity_of(at).references == 0


@given(worlds)
def test_planning_again_after_applying_does_nothing(world: dict[str, list[Fields]]) -> None:
    again = plan(world, know=applied(plan(world)))

    assert {section: rows for section, rows in again.sections().items() if rows} == {}


@given(worlds, st.sampled_from(PEOPLE), people)
def test_a_new_document_moves_nothing_that_was_assigned(
    world: dict[str, list[Fields]], collection: str, newcomer: Fields
) -> None:
    before = plan(world)
    document = numbered([(collection, newcomer)])[collection][0] | {"_id": object_id("newcomer")}
    widened = {**world, collection: [*world.get(collection, []), document]}

    after = plan(widened, know=applied(before))

    assert [row.source_id for row in after.planning.document_rows()] == [str(document["_id"])]
    for row, record in enumerate(records_of(before.roster)):
        at = next(n for n, one in enumerate(records_of(after.roster)) if one.key == record.key)
        assert after.planning.people.user_of(at) == before.planning.people.user_of(row)
    assert not after.users().keys() & before.users().keys()
    assert not after.identifiers().keys() & before.identifiers().keys()
    assert_names_no_stranger(before, after)


def assert_names_no_stranger(before: Plan, after: Plan) -> None:
    """Every user of the rows exists or is made by them."""
    users = before.users().keys() | after.users().keys()
    assert {row.user_id for row in after.planning.document_rows()} <= users
    assert {user for row in after.planning.identifier_rows() for user in row.user_ids} <= users
    assert {row.user_id for row in after.planning.roles_rows()} <= users
