"""What taking back must never do: give rights that went since, leave a person's things with nobody, or keep doors open."""

import pytest

from roundsman.access.roles import Role
from roundsman.audit_log.entries import SYSTEM
from roundsman.auth.sessions import open_session
from roundsman.customers.linkage import insert_customers
from roundsman.database.collections import CUSTOMERS, IDENTIFIERS, SESSIONS, USERS
from roundsman.database.transaction import Tx
from roundsman.identity.following import disable_user, replace_role
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.lookup import find_user, get_user
from roundsman.identity.rejoining import rewrite_user
from roundsman.identity.users import Identifier, User, UserStatus
from roundsman.operations.joining.journal import (
    Entry,
    TakenBack,
    belongings_of,
    keep_entry,
    list_entries,
    take_entry_back,
)
from roundsman.operations.joining.merging import Merged, NotMergeable, merge_users
from tests.builders import NOW, a_customer, a_session, a_user

PHONE = "phone:+919820012345"


async def merged(tx: Tx, *users: User) -> Merged:
    """The users as one; the first has a verified phone, so it is he who survives."""
    await insert_users(tx, users)
    await insert_identifiers(tx, [Identifier(PHONE, (users[0].id,), NOW)])
    return await merge_users(tx, [user.id for user in users], cause="review:x", actor=SYSTEM, now=NOW)


async def take_back(tx: Tx) -> TakenBack:
    (entry,) = await list_entries(tx)
    return await take_entry_back(tx, entry, now=NOW)


async def split(tx: Tx) -> tuple[User, User]:
    """A user, and one who was merged into him and lives again."""
    stays = a_user("Asha Rao")
    leaves = a_user("Usha Rao", status=UserStatus.MERGED, merged_into=stays.id)
    await insert_users(tx, [stays, leaves])
    again = a_user("Usha Rao", id=leaves.id)
    had = await belongings_of(tx, stays.id)
    change = await rewrite_user(tx, again)
    await keep_entry(tx, Entry("review:x", NOW, "system", stays.id, (stays.id, leaves.id), (change,), had))
    return stays, again


async def test_a_staff_role_that_went_since_does_not_come_back(tx: Tx) -> None:
    admin, customer = a_user("Meera Rao", roles=(Role.ADMIN,)), a_user("Meera Rao")
    await merged(tx, admin, customer)
    assert await replace_role(tx, admin.id, Role.ADMIN, instead=Role.CUSTOMER)

    await take_back(tx)

    assert (await get_user(tx, admin.id)).roles == ()


@pytest.mark.parametrize("status", [UserStatus.ACTIVE, UserStatus.DISABLED])
async def test_the_last_admin_becomes_no_part_of_somebody_else_and_is_not_blocked_by_one(
    tx: Tx, status: UserStatus
) -> None:
    """No staff role goes along with a merge, and a block does: either would leave nobody who may decide."""
    admin, other = a_user("Meera Rao", roles=(Role.ADMIN,)), a_user("Meera Rao", status=status)
    users = [other, admin] if status is UserStatus.ACTIVE else [admin, other]
    with pytest.raises(NotMergeable, match="last admin"):
        await merged(tx, *users)
    assert (await get_user(tx, admin.id)).status is UserStatus.ACTIVE
    assert (await get_user(tx, other.id)).status is status

    await insert_users(tx, [a_user("Kiran", roles=(Role.ADMIN,))])
    await merge_users(tx, [user.id for user in users], cause="review:x", actor=SYSTEM, now=NOW)


async def test_who_was_blocked_since_does_not_come_back_as_another(tx: Tx) -> None:
    survivor, loser = a_user(), a_user()
    await merged(tx, survivor, loser)
    assert await disable_user(tx, survivor.id)

    taken = await take_back(tx)

    assert [(await get_user(tx, one.id)).status for one in (survivor, loser)] == [UserStatus.DISABLED] * 2
    assert any(str(loser.id) in why for why in taken.left)


async def test_a_block_that_the_merge_brought_goes_with_it(tx: Tx) -> None:
    survivor, loser = a_user(), a_user(status=UserStatus.DISABLED)
    await merged(tx, survivor, loser)
    assert (await get_user(tx, survivor.id)).status is UserStatus.DISABLED

    await take_back(tx)

    assert (await get_user(tx, survivor.id)).status is UserStatus.ACTIVE
    assert (await get_user(tx, loser.id)).status is UserStatus.DISABLED


async def test_nobody_knows_whose_sessions_since_the_merge_are(tx: Tx) -> None:
    survivor, loser = a_user(), a_user()
    await merged(tx, survivor, loser)
    await open_session(tx, a_session(survivor.id), refresh_digest=b"x")

    await take_back(tx)

    assert await tx.database[SESSIONS].count_documents({}) == 0


async def test_who_is_merged_again_keeps_nothing(tx: Tx) -> None:
    stays, leaves = await split(tx)
    await insert_identifiers(tx, [Identifier(PHONE, (leaves.id,), NOW), Identifier("alias:usha", (leaves.id,))])
    await insert_customers(tx, [a_customer(leaves.id)])
    await open_session(tx, a_session(leaves.id), refresh_digest=b"x")

    taken = await take_back(tx)

    assert (await get_user(tx, leaves.id)).status is UserStatus.MERGED
    assert (await find_user(tx, "9820012345")).id == stays.id
    for name in (IDENTIFIERS, CUSTOMERS, SESSIONS):
        assert await tx.database[name].count_documents({"user_id": leaves.id}) == 0
    assert sorted(taken.born_since) == [CUSTOMERS, IDENTIFIERS]
    assert Role.CUSTOMER in (await get_user(tx, stays.id)).roles


@pytest.mark.parametrize("collection", [USERS])
async def test_taking_back_at_once_changes_nothing_else(tx: Tx, collection: str) -> None:
    users = [a_user(), a_user()]
    await insert_users(tx, users)
    before = await tx.database[collection].find().sort("_id").to_list()
    await merge_users(tx, [user.id for user in users], cause="review:x", actor=SYSTEM, now=NOW)

    await take_back(tx)

    assert await tx.database[collection].find().sort("_id").to_list() == before
