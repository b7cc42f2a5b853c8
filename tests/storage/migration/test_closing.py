"""Closing an account: nothing personal is left anywhere, the business goes on, and the source does not bring it back."""

import asyncio
import io
import json
import zipfile

import bson
import pytest

from roundsman.audit_log.entries import SYSTEM
from roundsman.database.collections import (
    ADDRESSES,
    CREDENTIALS,
    CUSTOMERS,
    IDENTIFIERS,
    MERGES,
    ORDERS,
    SOURCE_DOCUMENTS,
    USERS,
)
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, set_mode
from roundsman.identity.role_grants import list_active_admins
from roundsman.identity.standing import LastAdmin
from roundsman.ids import UserId
from roundsman.migration.closing import close_account, finish_erasures
from roundsman.migration.deciding import decide
from roundsman.migration.members import Opener
from roundsman.migration.personal_copies import export_person
from roundsman.migration.reviews import Answer, Decision, list_reviews
from roundsman.migration.sealing import Seal
from roundsman.migration.sync import compare_all
from roundsman.migration.verify.closed import check_erasure
from roundsman.migration.verify.without_source import verify_without_source
from roundsman.operations.accounts.admins import NewAdmin, create_admin_with_password
from roundsman.operations.accounts.closing import NotOpen
from roundsman.operations.people.person import find_person
from tests.imports import Database, Import, World, fill
from tests.migration_builders import EARLYBIRD, OTHER_PHONE, PASSWORD_HASH, PHONE, account
from tests.storage.migration.worlds import HELD_PHONE, everything
from tests.storage.migration.write_backs import Back, people


async def people_live(importing: Import) -> None:
    await set_mode(importing.runtime.tx, Mode(PeopleMode.LIVE, OperationsMode.SOURCE, importing.runtime.clock()))


async def places_of(database: Database, *values: str) -> list[str]:
    """Every document anywhere whose bytes hold one of the values."""
    found = []
    for name in await database.list_collection_names(filter={"type": "collection"}):
        async for document in database[name].find({}):
            stored = bson.encode(document).lower()
            held = [value for value in values if value.casefold().encode() in stored]
            found += [f"{name} {document['_id']}: {value}" for value in held]
    return found


def with_opaque_ids(world: World) -> World:
    """The same world with old ids that tell nothing, as real ones are."""
    opaque = {"asha": "u-7", "cust-asha": "c-7"}
    return {
        name: [
            {field: opaque.get(value, value) if isinstance(value, str) else value for field, value in one.items()}
            for one in documents
        ]
        for name, documents in world.items()
    }


async def close(importing: Import, user_id: UserId) -> None:
    await close_account(importing.runtime.tx, user_id, actor=SYSTEM, now=importing.runtime.clock())


async def test_nothing_of_the_person_is_left_anywhere_and_his_orders_stay(
    importing: Import, database: Database, source_database: Database
) -> None:
    tx = importing.runtime.tx
    await fill(source_database, everything())
    await importing.run()
    await people_live(importing)
    person = await find_person(tx, PHONE)
    values = ("Asha", "Verma", PHONE, "12 MG Road")
    assert await places_of(database, *values)
    orders = await database[ORDERS].find({"user_id": person.user.id}).to_list()
    assert orders

    await close(importing, person.user.id)

    assert await places_of(database, *values) == []
    assert await database[ORDERS].find({"user_id": person.user.id}).to_list() == orders
    closed = await find_person(tx, str(person.user.id))
    assert (closed.user.status, closed.user.name, closed.user.roles) == ("closed", "", ())
    tombstones = await database[SOURCE_DOCUMENTS].find({"erased_at": {"$exists": True}}).to_list()
    assert tombstones
    assert all(len(one["sha256"]) == 32 and "sealed" not in one for one in tombstones)


async def test_verification_stays_green_and_the_source_does_not_bring_him_back(
    importing: Import, database: Database, source_database: Database
) -> None:
    tx = importing.runtime.tx
    await fill(source_database, with_opaque_ids(everything()))
    await importing.run()
    await people_live(importing)
    person = await find_person(tx, PHONE)
    await close(importing, person.user.id)

    for verification in (await importing.verify(), await verify_without_source(tx, importing.means().seal)):
        assert [f"{one.check}: {one.examples}" for one in verification.checks if not one.passed] == []
    assert sum(account.classes.get("erased", 0) for account in (await importing.verify()).accounts) >= 3

    await source_database["users"].update_many({"name": "Asha Verma"}, {"$set": {"name": "Asha V. Verma"}})
    await source_database["users"].insert_one(account("fresh", "Zoya Begum", phone="9731145699"))
    done = await compare_all(tx, importing.source, EARLYBIRD, importing.means())

    assert (done.arrived, done.changed, done.gone) == (1, 0, 0)
    assert await places_of(database, "Asha", "12 MG Road", PHONE) == []
    assert (await importing.verify()).passed


async def test_whatever_is_left_of_him_anywhere_is_named(
    importing: Import, database: Database, source_database: Database
) -> None:
    tx = importing.runtime.tx
    await fill(source_database, everything())
    await importing.run()
    await people_live(importing)
    user_id = (await find_person(tx, PHONE)).user.id
    await close(importing, user_id)
    assert (await check_erasure(tx)).passed

    for collection, owner, left in (
        (USERS, "_id", {"name": "Asha", "status": "closed"}),
        (CUSTOMERS, "user_id", {"phone": PHONE}),
        (CREDENTIALS, "_id", {"hash": "any"}),
        (ADDRESSES, "user_id", {"line": "12 MG Road"}),
        (IDENTIFIERS, "user_id", {"_id": f"phone:+91{PHONE}"}),
        (SOURCE_DOCUMENTS, "user_id", {"sealed": b"any"}),
    ):
        before = await database[collection].find({}).to_list()
        await database[collection].delete_many({})
        await database[collection].insert_one({owner: user_id} | left, bypass_document_validation=True)

        assert [one.partition(" ")[0] for one in (await check_erasure(tx)).examples] == [collection]

        await database[collection].delete_many({})
        if before:
            await database[collection].insert_many(before)


async def test_what_humans_decided_about_him_is_silent_and_verifies(
    importing: Import, database: Database, source_database: Database
) -> None:
    runtime = importing.runtime
    await fill(source_database, everything())
    await importing.run()
    seal = Seal(runtime.sealing_key)
    (review, *_) = (await list_reviews(runtime.tx)).reviews
    answer = Answer(Decision.MERGE, "they are one household")
    await decide(runtime.tx, review.id, answer, actor=SYSTEM, opener=Opener(seal, EARLYBIRD), now=runtime.clock())
    await people_live(importing)
    assert await database[MERGES].count_documents({}) == 1
    person = await find_person(runtime.tx, HELD_PHONE)

    await close(importing, person.user.id)

    assert await places_of(database, "Farida", "Gurpreet", "Sheikh", HELD_PHONE) == []
    assert await database[MERGES].count_documents({}) == 0
    assert (await importing.verify()).passed


async def test_the_journal_of_write_back_forgets_him_and_undoes_the_others(
    importing: Import, back: Back, database: Database, source_database: Database
) -> None:
    world = people()
    (dangling,) = [one for one in world["customers_v2"] if one.get("user_id") == "gone long ago"]
    dangling["user_id"] = "joseph@example.in"
    await fill(source_database, world)
    await importing.run()
    await people_live(importing)
    before = {one["_id"]: one async for one in source_database["customers_v2"].find({})}
    await back.write()
    assert await places_of(database, "joseph@example.in")
    person = await find_person(back.tx, OTHER_PHONE)

    await close(importing, person.user.id)

    values = ("Joseph", "Mathew", OTHER_PHONE, "joseph@example.in")
    assert await places_of(database, *values) == []
    assert (await importing.verify()).passed
    await back.write()
    assert await places_of(database, *values) == []
    await back.undo()
    after = {one["_id"]: one async for one in source_database["customers_v2"].find({})}
    assert [key for key in before if before[key] != after[key]] == [dangling["_id"]]


async def test_a_crash_before_the_plans_is_made_good(
    importing: Import, database: Database, source_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tx = importing.runtime.tx
    await fill(source_database, everything())
    await importing.run()
    await people_live(importing)
    person = await find_person(tx, PHONE)

    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("roundsman.migration.closing._erase_from_plans", killed)
    with pytest.raises(KeyboardInterrupt):
        await close(importing, person.user.id)
    monkeypatch.undo()
    assert await places_of(database, "Asha")
    assert not (await importing.verify()).passed

    assert await finish_erasures(tx) == 1
    assert await places_of(database, "Asha") == []
    assert (await importing.verify()).passed


async def test_of_two_last_admins_who_close_at_once_one_stays(importing: Import) -> None:
    tx = importing.runtime.tx
    admins = [
        await create_admin_with_password(tx, NewAdmin(name, phone), "a fine password", now=importing.runtime.clock())
        for name, phone in [("First", "9820098200"), ("Second", "9820098201")]
    ]
    outcomes = await asyncio.gather(*(close(importing, one.id) for one in admins), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["LastAdmin", "NoneType"]
    (left,) = await list_active_admins(tx)
    with pytest.raises(LastAdmin):
        await close(importing, left.id)
    (gone,) = {one.id for one in admins} - {left.id}
    with pytest.raises(NotOpen):
        await close(importing, gone)


async def test_the_export_tells_everything_and_no_secret(
    importing: Import, database: Database, source_database: Database
) -> None:
    tx = importing.runtime.tx
    await fill(source_database, everything())
    await importing.run()
    person = await find_person(tx, PHONE)

    file = await export_person(
        tx, person.user.id, Seal(importing.runtime.sealing_key), actor=SYSTEM, now=importing.runtime.clock()
    )

    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    data = json.loads(texts["data.json"])
    assert data["user"][0]["name"] == "Asha Verma"
    assert data["orders"][0]["total_rupees"] == "57.00"
    assert data["orders"][0]["total_paise"] == 5700
    assert data["orders"][0]["placed_at"] == "2026-10-19T20:15:00+00:00"
    assert data["sign_in"][0]["has_password"]
    assert "57.00" in texts["csv/orders.csv"]
    old = [text for name, text in texts.items() if name.startswith("old documents/")]
    copies = await database[SOURCE_DOCUMENTS].count_documents({"user_id": person.user.id})
    assert len(old) == copies >= 3
    assert any("12 MG Road" in text for text in old)
    assert not any(PASSWORD_HASH in text or "$argon2" in text for text in texts.values())
    assert "Farida" not in "".join(texts.values())
