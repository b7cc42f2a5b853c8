"""The first admin."""

import pytest

from roundsman.access.roles import Role
from roundsman.audit_log.entries import SYSTEM
from roundsman.audit_log.log import entries_about
from roundsman.database.transaction import Tx
from roundsman.identity.importing import count_users
from roundsman.identity.lookup import find_user
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, set_mode
from roundsman.identity.registration import IdentifierTaken
from roundsman.identity.role_grants import NothingToSignInWith, create_admin
from roundsman.identity.users import Claim, UserStatus
from tests.builders import NOW


async def test_an_admin_can_be_made_before_cutover_and_is_recorded(tx: Tx) -> None:
    await set_mode(tx, Mode(PeopleMode.SHADOW, OperationsMode.SOURCE))

    admin = await create_admin(tx, name="Meera", phone="98765 01234", email="Meera@Example.in", now=NOW)

    assert (admin.status, admin.claim, admin.roles) == (UserStatus.ACTIVE, Claim.CLAIMED, (Role.ADMIN,))
    assert await find_user(tx, "+919876501234") == await find_user(tx, "meera@example.in") == admin
    (entry,) = await entries_about(tx, f"user:{admin.id}")
    assert (entry.action, entry.actor, entry.at) == ("user.registered", SYSTEM, NOW)


async def test_an_admin_needs_something_free_to_sign_in_with(tx: Tx) -> None:
    with pytest.raises(NothingToSignInWith):
        await create_admin(tx, name="Meera", now=NOW)
    await create_admin(tx, name="Meera", phone="9876501234", now=NOW)
    with pytest.raises(IdentifierTaken, match=r"phone \+919876501234"):
        await create_admin(tx, name="Kiran", phone="+91 98765 01234", email="kiran@example.in", now=NOW)

    assert await count_users(tx) == 1
