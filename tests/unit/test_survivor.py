"""Who survives a merge, and what he becomes."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.database.changes import restored_document
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.ids import UserId
from roundsman.operations.joining.survivor import (
    Candidate,
    by_survival,
    claim_of,
    merged_survivor,
    tombstone,
    why_survivor,
)
from tests.builders import NOW, a_user

FIRST, LAST = UserId(ObjectId("1" * 24)), UserId(ObjectId("2" * 24))
PLAIN = Candidate(a_user(id=LAST))

users = st.builds(
    lambda roles, unconfirmed, status: replace(
        a_user(roles=tuple(sorted(roles)), status=status), roles_to_confirm=tuple(sorted(roles & unconfirmed))
    ),
    st.frozensets(st.sampled_from(Role)),
    st.frozensets(st.sampled_from(Role)),
    st.sampled_from([UserStatus.ACTIVE, UserStatus.DISABLED]),
)


@pytest.mark.parametrize(
    ("better", "why"),
    [
        (replace(PLAIN, has_verified_phone=True), "verified phone"),
        (replace(PLAIN, user=a_user(id=LAST, last_sign_in_at=NOW)), "latest sign-in"),
        (replace(PLAIN, has_password=True), "has a password"),
        (replace(PLAIN, references=3), "more orders and profiles"),
        (replace(PLAIN, user=replace(a_user(id=LAST), created_at=NOW - timedelta(days=1))), "older"),
        (replace(PLAIN, user=a_user(id=FIRST)), "smaller id"),
    ],
)
def test_each_reason_counts_and_is_told(better: Candidate, why: str) -> None:
    ordered = by_survival([replace(PLAIN, user=a_user(id=UserId(ObjectId("1" + "9" * 23)))), better])
    if why == "smaller id":
        ordered = by_survival([PLAIN, better])

    assert ordered[0] == better
    assert why_survivor(ordered) == why


def test_an_earlier_reason_outweighs_all_later_ones() -> None:
    verified = Candidate(a_user(id=LAST), has_verified_phone=True)
    everything_else = Candidate(a_user(id=FIRST, last_sign_in_at=NOW), has_password=True, references=9)
    for order in permutations([verified, everything_else]):
        assert by_survival(order)[0] == verified


@given(users, st.lists(users, min_size=1, max_size=3))
def test_nobody_gains_rights_by_a_merge_and_a_block_stays(survivor: User, losers: list[User]) -> None:
    merged = merged_survivor(survivor, losers, claim=Claim.CLAIMED)

    assert merged.effective_roles & STAFF_ROLES == survivor.effective_roles & STAFF_ROLES
    partners = survivor.effective_roles.union(*(one.effective_roles for one in losers)) - STAFF_ROLES
    assert merged.effective_roles - STAFF_ROLES == partners
    assert set(merged.roles) - STAFF_ROLES == set(survivor.roles).union(*(one.roles for one in losers)) - STAFF_ROLES
    blocked = any(one.status is UserStatus.DISABLED for one in (survivor, *losers))
    assert (merged.status is UserStatus.DISABLED) == blocked
    assert merged.id == survivor.id


def test_a_tombstone_leads_on_and_remembers_phones_only() -> None:
    gone = tombstone(a_user(), FIRST, keys=["alias:7", "phone:+919845012367", "email:a@b.in"])

    assert (gone.status, gone.merged_into, gone.roles) == (UserStatus.MERGED, FIRST, ())
    assert gone.former_identifiers == ("email:a@b.in", "phone:+919845012367")


@pytest.mark.parametrize(
    ("claims", "keys", "has_password", "expected"),
    [
        ((Claim.CLAIMED, Claim.CLAIMABLE), ["phone:1"], False, Claim.CLAIMED),
        ((Claim.UNCLAIMABLE, Claim.CLAIMED), ["phone:1"], True, Claim.CLAIMED),
        ((Claim.CLAIMABLE, Claim.CLAIMED), ["phone:1"], False, Claim.CLAIMABLE),
        ((Claim.CLAIMABLE, Claim.CLAIMED), ["email:1"], False, Claim.CLAIMABLE_CONFLICT),
        ((Claim.UNCLAIMABLE, Claim.UNCLAIMABLE), ["alias:1"], True, Claim.UNCLAIMABLE),
    ],
)
def test_a_claim_follows_from_what_he_signs_in_with(
    claims: tuple[Claim, ...],
    keys: list[str],
    has_password: bool,  # noqa: FBT001 - a column of the table
    expected: Claim,
) -> None:
    assert claim_of([a_user(claim=claim) for claim in claims], keys, has_password=has_password) is expected


values = st.one_of(st.integers(0, 3), st.lists(st.integers(0, 3), unique=True).map(sorted))
documents = st.dictionaries(st.sampled_from("abc"), values)


@given(documents, documents)
def test_an_untouched_document_is_restored_exactly(before: dict[str, object], after: dict[str, object]) -> None:
    assert restored_document(before, after, after) == (before, [])


@given(documents, documents, st.integers(4, 9))
def test_what_happened_since_stays(before: dict[str, object], after: dict[str, object], new: int) -> None:
    restored, _ = restored_document(before, after, after | {"new": new})

    assert restored == before | {"new": new}


def test_a_list_loses_and_regains_single_elements() -> None:
    before, after, now = {"roles": ["a", "b"]}, {"roles": ["b", "c"]}, {"roles": ["b", "c", "d"]}

    assert restored_document(before, after, now) == ({"roles": ["a", "b", "d"]}, [])


def test_a_field_that_was_changed_again_is_left_and_said() -> None:
    assert restored_document({"name": "a"}, {"name": "b"}, {"name": "c"}) == ({"name": "c"}, ["name"])
