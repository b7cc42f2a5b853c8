"""What a user is while people follow the source: what his documents say together, and what was done here stays."""

import dataclasses
from datetime import UTC, datetime

import pytest
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.ids import UserId
from roundsman.migration.mirroring import Here, Word, mirrored, word_of
from tests.migration_builders import OTHER_PHONE, PHONE, account, doc, records_of, roster_of

KEY = f"phone:+91{PHONE}"
WORD = Word("Asha Verma", frozenset({Role.CUSTOMER}), frozenset(), frozenset({KEY}), is_blocked=False, may_rest=False)
USER = User(
    id=UserId(ObjectId()),
    name="Asha Verma",
    status=UserStatus.ACTIVE,
    claim=Claim.CLAIMABLE,
    roles=(Role.CUSTOMER,),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    created_by="import:1",
)
STAFF = dataclasses.replace(USER, roles=(Role.ADMIN, Role.CUSTOMER))
BLOCKED = dataclasses.replace(USER, status=UserStatus.DISABLED, session_version=1)
ARCHIVED = dataclasses.replace(
    USER, status=UserStatus.ARCHIVED, claim=Claim.CLAIMABLE_CONFLICT, former_identifiers=(KEY,)
)
RESTING = {"may_rest": True}
CASES = [
    # what is here, what the documents say otherwise, what becomes otherwise
    ("nothing", Here(USER, frozenset({KEY})), {}, {}),
    ("a name", Here(USER, frozenset({KEY})), {"name": "Asha Rao"}, {"name": "Asha Rao"}),
    ("no name", Here(USER, frozenset({KEY})), {"name": ""}, {}),
    ("a role", Here(USER, frozenset({KEY})), {"roles": frozenset({Role.ADMIN})}, {"roles": (Role.ADMIN,)}),
    ("a lower one", Here(STAFF, frozenset({KEY})), {}, {"roles": (Role.CUSTOMER,)}),
    ("a lower one, granted here", Here(STAFF, frozenset({KEY}), has_own_role=True), {}, {}),
    ("a role, with a profile", Here(USER, frozenset({KEY}), has_customer=True), {"roles": frozenset()}, {}),
    ("a block", Here(USER, frozenset({KEY})), {"is_blocked": True}, {"status": UserStatus.DISABLED, "session_version": 1}),
    ("a block as before", Here(BLOCKED, frozenset({KEY})), {"is_blocked": True}, {}),
    ("no block any more", Here(BLOCKED, frozenset({KEY})), {}, {"status": UserStatus.ACTIVE}),
    ("no block, but disabled here", Here(BLOCKED, frozenset({KEY}), is_disabled_here=True), {}, {}),
    ("a password", Here(USER, frozenset({KEY}), has_password=True), {}, {"claim": Claim.CLAIMED}),
    ("nothing to sign in with", Here(USER), {}, {"claim": Claim.UNCLAIMABLE}),
    ("what another holds", Here(USER, has_rivals=True), {}, {"claim": Claim.CLAIMABLE_CONFLICT}),
    ("unused as before", Here(ARCHIVED), RESTING, {}),
    ("in use", Here(ARCHIVED, frozenset({KEY})), {}, {"status": UserStatus.ACTIVE, "claim": Claim.CLAIMABLE, "former_identifiers": ()}),
    ("an account of another", Here(dataclasses.replace(USER, status=UserStatus.MERGED)), {"name": "Asha Rao"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("here", "said", "becomes"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_user_is_what_is_said_of_him(here: Here, said: dict[str, object], becomes: dict[str, object]) -> None:
    word = dataclasses.replace(WORD, **said)  # type: ignore[arg-type]

    once = mirrored(here, word)

    assert once == dataclasses.replace(here.user, **becomes)  # type: ignore[arg-type]
    assert mirrored(dataclasses.replace(here, user=once), word) == once, "done twice, it changes nothing"


def test_nobody_is_staff_by_an_account_that_was_joined_with_his() -> None:
    own = account("asha", "Asha Verma", phone=PHONE)
    other = account("asha-2", "Asha Verma", "admin", phone=OTHER_PHONE, is_active=False)
    profile = doc("cust", "Asha Verma", phone=PHONE)
    records = records_of(roster_of({"users": [own, other], "customers_v2": [profile]}))

    word, others = word_of(own["_id"], records), word_of(other["_id"], records)

    assert (word.roles, others.roles) == (frozenset({Role.CUSTOMER}), frozenset({Role.ADMIN, Role.CUSTOMER}))
    assert word.is_blocked, "a block on any of his accounts blocks him"
    assert word.keys == {KEY, f"phone:+91{OTHER_PHONE}"}
