"""What a changed document means for its user, as a table of every case, before cutover and after."""

import dataclasses
from datetime import UTC, datetime
from itertools import product

import pytest
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.ids import UserId
from roundsman.migration.following import (
    Ask,
    Disable,
    Effect,
    KeepLastAdmin,
    LowerRole,
    Matter,
    Ours,
    Rename,
    Said,
    follow,
)

OLD, NEW = "phone:+919845012367", "phone:+919845067812"
MAIL, OTHER_MAIL = "email:a@gmail.com", "email:b@gmail.com"
BEFORE = Said("users:1", "Asha Rao", OLD, MAIL, Role.CUSTOMER, "first", blocked=False)
CUSTOMER, BOY, SUPPLIER, STAFF, ADMIN = Role


def a_user(*roles: Role, **fields: object) -> User:
    user = User(
        id=UserId(ObjectId()),
        name="Asha Rao",
        status=UserStatus.ACTIVE,
        claim=Claim.CLAIMED,
        roles=roles or (Role.CUSTOMER,),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        created_by="import:1",
    )
    return dataclasses.replace(user, **fields)  # type: ignore[arg-type]


def ours(*roles: Role, **fields: object) -> Ours:
    return dataclasses.replace(Ours(a_user(*roles), frozenset({OLD, MAIL})), **fields)  # type: ignore[arg-type]


HIM = ours()
LIVE = [
    ("nothing", {}, HIM, []),
    ("another name", {"name": "Asha Verma"}, HIM, [Rename("Asha Rao", "Asha Verma")]),
    ("another name, but named here", {"name": "Asha Verma"}, Ours(a_user(name="Asha K")), []),
    ("the name is gone", {"name": ""}, HIM, []),
    ("another phone", {"phone": NEW}, HIM, [Ask(Matter.PHONE, OLD, NEW)]),
    ("a phone he has here already", {"phone": NEW}, ours(keys=frozenset({NEW})), [Ask(Matter.PHONE, OLD)]),
    ("no phone any more", {"phone": None}, HIM, [Ask(Matter.PHONE, OLD)]),
    ("another e-mail", {"email": OTHER_MAIL}, HIM, [Ask(Matter.EMAIL, MAIL, OTHER_MAIL)]),
    ("another password", {"password": "second"}, HIM, [Ask(Matter.PASSWORD, None, "second")]),
    ("another password, but one was set here", {"password": "second"}, ours(has_own_password=True), [Ask(Matter.PASSWORD, None)]),
    ("no password any more", {"password": None}, HIM, [Ask(Matter.PASSWORD, None)]),
    ("not active any more", {"blocked": True}, HIM, [Disable()]),
    ("not active, and disabled here", {"blocked": True}, Ours(a_user(status=UserStatus.DISABLED)), []),
    ("not active, the last admin", {"blocked": True}, ours(ADMIN, is_last_admin=True), [KeepLastAdmin()]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "our", "effects"), [row[1:] for row in LIVE], ids=[row[0] for row in LIVE])
def test_after_cutover(change: dict[str, object], our: Ours, effects: list[Effect]) -> None:
    after = dataclasses.replace(BEFORE, **change)  # type: ignore[arg-type]

    assert list(follow(BEFORE, after, our, people_are_live=True)) == effects
    assert follow(BEFORE, after, our, people_are_live=False) == ()


ROLES = [
    # what the source said and says, what he is here, what goes, what he is instead, what is asked
    ("raised", CUSTOMER, ADMIN, [CUSTOMER], None, None, ADMIN),
    ("raised to a partner", CUSTOMER, BOY, [CUSTOMER], None, None, BOY),
    ("raised to what he is here", CUSTOMER, STAFF, [CUSTOMER, STAFF], None, None, None),
    ("raised within the staff", STAFF, ADMIN, [STAFF], None, None, ADMIN),
    ("a role at first", None, STAFF, [CUSTOMER], None, None, STAFF),
    ("lowered to a customer", ADMIN, CUSTOMER, [ADMIN], ADMIN, CUSTOMER, None),
    ("lowered to a customer, who he is too", STAFF, CUSTOMER, [CUSTOMER, STAFF], STAFF, None, None),
    ("an admin to staff", ADMIN, STAFF, [ADMIN], ADMIN, STAFF, None),
    ("staff to a partner, who may do other things", STAFF, BOY, [STAFF], STAFF, None, BOY),
    ("one partner to another", BOY, SUPPLIER, [BOY], BOY, None, SUPPLIER),
    ("no role any more", STAFF, None, [STAFF], STAFF, None, None),
    ("no role any more, a customer", CUSTOMER, None, [CUSTOMER], None, None, None),
    ("lowered from what was never granted here", ADMIN, STAFF, [CUSTOMER], None, None, STAFF),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "here", "goes", "instead", "asked"), [row[1:] for row in ROLES], ids=[row[0] for row in ROLES]
)
def test_roles_after_cutover(
    before: Role | None,
    after: Role | None,
    here: list[Role],
    goes: Role | None,
    instead: Role | None,
    asked: Role | None,
) -> None:
    was, now = dataclasses.replace(BEFORE, role=before), dataclasses.replace(BEFORE, role=after)

    effects = [LowerRole(goes, instead)] if goes else []
    assert list(follow(was, now, ours(*here), people_are_live=True)) == [*effects, Ask(Matter.ROLE, before, asked)]
    assert follow(was, now, ours(*here), people_are_live=False) == ()


def test_whoever_has_a_profile_keeps_its_role() -> None:
    was, now = dataclasses.replace(BEFORE, role=BOY), BEFORE
    boy = ours(BOY, CUSTOMER, roles_of_profiles=frozenset({BOY}))

    assert follow(was, now, boy, people_are_live=True) == (Ask(Matter.ROLE, BOY),)


def test_there_always_is_an_admin() -> None:
    was, now = dataclasses.replace(BEFORE, role=ADMIN), BEFORE
    last = ours(ADMIN, is_last_admin=True)

    assert follow(was, now, last, people_are_live=True) == (KeepLastAdmin(), Ask(Matter.ROLE, ADMIN))


@pytest.mark.parametrize("status", [UserStatus.MERGED, UserStatus.ARCHIVED])
def test_nothing_happens_to_who_is_not_live(status: UserStatus) -> None:
    after = dataclasses.replace(BEFORE, phone=NEW, role=ADMIN, blocked=True)

    assert follow(BEFORE, after, Ours(a_user(status=status)), people_are_live=True) == ()


def test_no_change_gives_a_role_or_something_to_sign_in_with_but_for_less_than_he_had() -> None:
    """Whatever changes: nothing in the effects enables, and a role comes at once only in place of one that may do more."""
    for before, after, here in product([None, *Role], [None, *Role], Role):
        was = dataclasses.replace(BEFORE, role=before, blocked=True)
        now = dataclasses.replace(BEFORE, role=after, phone=NEW, password="second")
        for effect in follow(was, now, ours(here), people_are_live=True):
            assert isinstance(effect, Ask | LowerRole)
            if isinstance(effect, LowerRole) and effect.instead:
                assert effect.instead is CUSTOMER or effect.role is ADMIN
