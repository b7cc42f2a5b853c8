"""Before cutover: after a round, people here are what a fresh import of the changed source would make of them."""

import hashlib

import pytest

from roundsman.access.roles import Role
from roundsman.auth.credential_storage import find_credential, set_password
from roundsman.auth.passwords import hash_password
from roundsman.database.collections import AUDIT_LOG, REVIEWS
from roundsman.database.transaction import Document
from roundsman.identity.lookup import UnknownIdentifier, find_user, get_user
from roundsman.identity.role_grants import create_admin
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.migration.sync import Round, compare_all
from tests.imports import Database, Import, fill
from tests.migration_builders import OTHER_PHONE, PASSWORD_HASH, PHONE, THIRD_PHONE, account, doc, object_id

FREE_PHONE = "9886012345"
SECOND_HASH = hashlib.sha256(b"another password").hexdigest()
ASHA = account("asha", "Asha Verma", phone=PHONE, email="asha@gmail.com", password_hash=PASSWORD_HASH)
RAVI = account("ravi", "Ravi Menon", "marketing_staff", phone=OTHER_PHONE, password_hash=PASSWORD_HASH)
WORLD = {
    "users": [ASHA, RAVI],
    "customers_v2": [doc("cust-asha", "Asha Verma", user_id="asha", address="12 MG Road", area="MG Road")],
}


@pytest.fixture
async def shadow(importing: Import, source_database: Database) -> Import:
    """An import of a small business that goes on living."""
    await fill(source_database, WORLD)
    await compare(importing)
    return importing


async def compare(importing: Import) -> Round:
    return await compare_all(importing.runtime.tx, importing.source, importing.profile, importing.means())


async def change(importing: Import, database: Database, fields: Document, *, of: str = "asha") -> Round:
    """Let the source change an account, and take that."""
    await database["users"].update_one({"id": of}, {"$set": fields})
    return await compare(importing)


async def asha(importing: Import) -> User:
    return await get_user(importing.runtime.tx, ASHA["_id"])


async def owner_of(importing: Import, identifier: str) -> object:
    try:
        return (await find_user(importing.runtime.tx, identifier)).id
    except UnknownIdentifier:
        return None


async def settled(importing: Import) -> None:
    """Everything is proved, and another round does nothing."""
    verification = await importing.verify()
    assert [(one.check, one.examples) for one in verification.checks if not one.passed] == []
    assert (await compare(importing)).did_nothing


async def test_a_name_a_role_and_a_block_follow_there_and_back(shadow: Import, source_database: Database) -> None:
    before = await asha(shadow)

    await change(shadow, source_database, {"name": "Asha Varma", "role": "admin", "is_active": False})
    await source_database["customers_v2"].update_one({"id": "cust-asha"}, {"$set": {"name": "Asha Varma"}})
    await compare(shadow)

    user = await asha(shadow)
    assert (user.name, user.status) == ("Asha Varma", UserStatus.DISABLED)
    assert user.roles == (Role.ADMIN, Role.CUSTOMER), "a customer by her profile"
    assert user.session_version == before.session_version + 1
    await settled(shadow)

    await change(shadow, source_database, {"name": "Asha Verma", "role": "customer", "is_active": True})
    await source_database["customers_v2"].update_one({"id": "cust-asha"}, {"$set": {"name": "Asha Verma"}})
    await compare(shadow)

    user = await asha(shadow)
    assert (user.name, user.status, user.roles) == (before.name, before.status, before.roles)
    await settled(shadow)
    actions = {entry["action"] async for entry in shadow.runtime.tx.database[AUDIT_LOG].find()}
    assert {"user.renamed", "role.followed", "role.lowered", "user.disabled", "user.enabled"} <= actions


async def test_a_phone_and_an_e_mail_are_what_the_source_says_last(shadow: Import, source_database: Database) -> None:
    user = await asha(shadow)

    await change(shadow, source_database, {"phone": FREE_PHONE, "email": "other@gmail.com"})

    assert [await owner_of(shadow, one) for one in (FREE_PHONE, "other@gmail.com")] == [user.id, user.id]
    assert [await owner_of(shadow, one) for one in (PHONE, "asha@gmail.com")] == [None, None]
    assert await asha(shadow) == user
    await settled(shadow)
    await change(shadow, source_database, {"phone": "", "email": ""})
    assert (await asha(shadow)).claim is Claim.UNCLAIMABLE
    await settled(shadow)
    await change(shadow, source_database, {"phone": PHONE})
    assert (await asha(shadow)).claim is Claim.CLAIMED
    assert await owner_of(shadow, PHONE) == user.id
    await settled(shadow)


async def test_two_accounts_may_change_phones_and_nobody_is_asked(shadow: Import, source_database: Database) -> None:
    await source_database["users"].update_one({"id": "ravi"}, {"$set": {"phone": PHONE}})

    await change(shadow, source_database, {"phone": OTHER_PHONE})

    assert (await owner_of(shadow, PHONE), await owner_of(shadow, OTHER_PHONE)) == (RAVI["_id"], ASHA["_id"])
    assert await shadow.runtime.tx.database[REVIEWS].count_documents({}) == 0
    await settled(shadow)


async def test_a_phone_that_is_left_goes_to_the_next_who_says_it_and_is_never_taken(
    shadow: Import, source_database: Database
) -> None:
    rival = account("farida", "Farida Sheikh", phone=PHONE)
    await source_database["users"].insert_one(rival)
    await compare(shadow)
    holder = await owner_of(shadow, PHONE)
    other, left = (rival, "asha") if holder == ASHA["_id"] else (ASHA, "farida")
    assert (await get_user(shadow.runtime.tx, other["_id"])).claim is Claim.CLAIMABLE_CONFLICT

    await change(shadow, source_database, {"phone": FREE_PHONE}, of=left)

    assert await owner_of(shadow, PHONE) == other["_id"]
    assert (await get_user(shadow.runtime.tx, other["_id"])).claim in {Claim.CLAIMED, Claim.CLAIMABLE}
    await settled(shadow)
    await change(shadow, source_database, {"phone": PHONE}, of=left)
    assert await owner_of(shadow, PHONE) == other["_id"]


async def test_a_password_follows_until_one_is_set_here(shadow: Import, source_database: Database) -> None:
    tx = shadow.runtime.tx
    await change(shadow, source_database, {"password_hash": SECOND_HASH})
    credential = await find_credential(tx, ASHA["_id"])
    assert credential
    assert credential.password_hash == "{SHA256}" + SECOND_HASH
    await settled(shadow)

    await change(shadow, source_database, {"password_hash": None})
    assert await find_credential(tx, ASHA["_id"]) is None
    assert (await asha(shadow)).claim is Claim.CLAIMABLE
    await settled(shadow)

    await set_password(tx, ASHA["_id"], hash_password("a password of her own"), now=shadow.runtime.clock())
    own = await find_credential(tx, ASHA["_id"])
    await change(shadow, source_database, {"password_hash": PASSWORD_HASH})
    assert await find_credential(tx, ASHA["_id"]) == own
    await settled(shadow)


async def test_an_admin_made_here_and_what_he_signs_in_with_are_left_alone(
    shadow: Import, source_database: Database
) -> None:
    tx, now = shadow.runtime.tx, shadow.runtime.clock()
    admin = await create_admin(tx, name="Meera", phone=FREE_PHONE, now=now)

    await change(shadow, source_database, {"phone": FREE_PHONE, "role": "admin"})
    await change(shadow, source_database, {"phone": PHONE, "role": "customer", "is_active": False})

    assert await get_user(tx, admin.id) == admin
    assert (await owner_of(shadow, FREE_PHONE), await owner_of(shadow, PHONE)) == (admin.id, ASHA["_id"])


async def test_an_unused_account_is_found_by_nothing_until_it_is_more(
    shadow: Import, source_database: Database
) -> None:
    old = account("old", "Zoya Khan", phone=THIRD_PHONE) | {"_id": object_id("old", days_old=400)}
    await source_database["users"].insert_one(old)
    await compare(shadow)
    tx = shadow.runtime.tx
    assert (await get_user(tx, old["_id"])).status is UserStatus.ARCHIVED

    await change(shadow, source_database, {"phone": FREE_PHONE, "name": "Zoya Khan Patel"}, of="old")

    user = await get_user(tx, old["_id"])
    assert (user.status, user.name) == (UserStatus.ARCHIVED, "Zoya Khan Patel")
    assert user.former_identifiers == (f"phone:+91{FREE_PHONE}",)
    assert await owner_of(shadow, FREE_PHONE) is None
    await settled(shadow)

    await change(shadow, source_database, {"role": "marketing_staff"}, of="old")

    user = await get_user(tx, old["_id"])
    assert (user.status, user.roles, user.former_identifiers) == (UserStatus.ACTIVE, (Role.MARKETING_STAFF,), ())
    assert await owner_of(shadow, FREE_PHONE) == user.id
    await settled(shadow)
