"""Both switches: what must hold before, what they change, and the way back while nothing was written live."""

import asyncio
import hashlib
import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bson import ObjectId

from roundsman.activation.policy import ActivationPolicy
from roundsman.audit_log.entries import SYSTEM, Actor, AuditEntry
from roundsman.audit_log.log import entries_about, record
from roundsman.auth.credential_storage import insert_credentials, set_password
from roundsman.auth.credentials import Credential, CredentialOrigin
from roundsman.auth.sessions import find_live_session_with_user, open_session
from roundsman.auth.wrapping import Means, wrap_passwords
from roundsman.catalog.listing import insert_products
from roundsman.catalog.products import Product
from roundsman.customers.linkage import insert_customers
from roundsman.database.backup import take_backup
from roundsman.database.backup_folder import KeyFolder
from roundsman.database.collections import CUSTOMERS, ORDERS, USERS
from roundsman.database.lease import MIGRATION, LeaseTaken, take_turn
from roundsman.database.transaction import Tx, in_transaction
from roundsman.identity.lookup import find_user
from roundsman.identity.mode import Mode, OperationsMode, PeopleManagedElsewhere, PeopleMode, get_mode
from roundsman.identity.sign_ins import record_sign_in
from roundsman.ids import ProductId, UserId
from roundsman.migration.cutover import (
    ChangedSinceProof,
    Condition,
    NotReadyForCutover,
    SwitchedAlready,
    cut_over,
    cut_over_as_proved,
    cut_over_operations,
    cut_over_operations_as_proved,
    find_standing,
    require_ready_for_operations,
    require_ready_for_people,
)
from roundsman.migration.going_back import (
    NothingToTakeBack,
    OperationsFirst,
    WrittenLive,
    take_operations_back,
    take_people_back,
)
from roundsman.migration.gone import note_gone
from roundsman.migration.jobs import JobKind, Outcome, end_job, start_job
from roundsman.migration.live_writes import WRITTEN_IN_OPERATIONS, WRITTEN_LIVE
from roundsman.migration.runs import open_run
from roundsman.migration.sync import compare_all
from roundsman.migration.verify.verification import Check, CheckResult
from roundsman.operations.accounts.admins import NewAdmin, create_admin_with_password
from roundsman.operations.accounts.sign_up import SignUp, sign_up_customer
from roundsman.orders.history import insert_orders
from tests.builders import a_customer, a_session, an_order
from tests.imports import Database, Import, contents, fill
from tests.migration_builders import AS_OF, EARLYBIRD, PHONE, Fields, account, doc, object_id
from tests.storage.migration import worlds

pytestmark = pytest.mark.whole

PEOPLE_LIVE = Mode(PeopleMode.LIVE, OperationsMode.SOURCE)
SHADOW = Mode(PeopleMode.SHADOW, OperationsMode.SOURCE)
NEW = SignUp(name="Zoya Khan", phone="9845011199")
Write = Callable[[Tx], Awaitable[object]]


@pytest.fixture
async def imported(importing: Import, source_database: Database) -> Import:
    """An imported business."""
    await fill(source_database, worlds.everything())
    await importing.run()
    return importing


@pytest.fixture
async def backup(imported: Import, tmp_path: Path) -> Path:
    """Its backup."""
    await back_up(imported, tmp_path / "backup")
    return tmp_path / "backup"


@pytest.fixture
async def live(imported: Import) -> datetime:
    """Its people are live since this moment."""
    now = imported.runtime.clock()
    await cut_over(imported.runtime.tx, now=now)
    return now


async def back_up(imported: Import, folder: Path) -> None:
    keys = KeyFolder(folder / "no keys", included=False)
    now = imported.runtime.clock()
    await take_backup(imported.runtime.tx.database, folder, keys=keys, program="0.1.0", now=now)


async def unmet(imported: Import) -> dict[Condition, str]:
    """What cutover waits for."""
    try:
        await require_ready_for_people(imported.runtime.tx, await imported.verify())
    except NotReadyForCutover as error:
        return {one.condition: one.said for one in error.unmet}
    return {}


async def make_admin(tx: Tx) -> None:
    await create_admin_with_password(tx, NewAdmin("Owner", "9820098200"), "a long enough one", now=AS_OF)


async def test_everything_that_is_missing_is_said_at_once(imported: Import) -> None:
    tx = imported.runtime.tx
    await tx.database[ORDERS].update_one({"_id": worlds.ORDER_ID}, {"$inc": {"total_paise": 1}})
    await tx.database["reviews"].insert_one(
        {"_id": "r", "status": "open", "rule": "V4", "list": "unsure", "members": ["a"], "user_ids": [], "evidence": []}
    )

    with pytest.raises(NotReadyForCutover) as refused:
        await require_ready_for_people(tx, await imported.verify())

    assert {one.condition for one in refused.value.unmet} == {
        Condition.VERIFICATION,
        Condition.STAFF_REVIEWS,
        Condition.ADMIN,
        Condition.BACKUP,
    }
    assert all(f"{one.said}\n  {one.command}" in refused.value.message for one in refused.value.unmet)


async def test_a_backup_must_be_younger_than_the_import_and_still_be_there(
    imported: Import, source_database: Database, backup: Path, tmp_path: Path
) -> None:
    await make_admin(imported.runtime.tx)
    assert await unmet(imported) == {}

    (backup / "users.bson").write_bytes(b"")
    assert "users.bson has 0 bytes" in (await unmet(imported))[Condition.BACKUP]
    shutil.move(backup, tmp_path / "moved")
    assert "holds no finished backup" in (await unmet(imported))[Condition.BACKUP]

    await back_up(imported, tmp_path / "second")
    assert await unmet(imported) == {}
    await fill(source_database, {"users": [account("late", "Late Comer", phone="9845090001")]})
    await imported.run(as_of=AS_OF + timedelta(days=1))
    assert "older than the last import" in (await unmet(imported))[Condition.BACKUP]


async def ask_about_staff(imported: Import) -> None:
    await imported.runtime.tx.database["reviews"].insert_one(
        {"_id": "r", "status": "open", "rule": "V4", "list": "unsure", "members": ["a"], "user_ids": [], "evidence": []}
    )


async def dismiss_admin(imported: Import) -> None:
    await imported.runtime.tx.database[USERS].update_one({"name": "Owner"}, {"$set": {"status": "disabled"}})


async def break_off(imported: Import) -> None:
    await open_run(imported.runtime.tx, "broken", plan="a" * 64, writer={"fencing": 9}, now=imported.runtime.clock())


async def import_more(imported: Import) -> None:
    database = imported.runtime.tx.database.client[imported.source.locator.rpartition("/")[2]]
    await fill(database, {"users": [account("late", "Late Comer", phone="9845090001")]})
    await imported.run(as_of=AS_OF + timedelta(days=1))


async def lose_people(imported: Import) -> None:
    """A round that finds nobody new, and one who is gone."""
    database = imported.runtime.tx.database.client[imported.source.locator.rpartition("/")[2]]
    await database["customers_v2"].delete_one({"id": "cust-new"})
    done = await compare_all(imported.runtime.tx, imported.source, imported.profile, imported.means())
    assert (done.gone, done.run_id) == (1, None)


async def answer(imported: Import) -> None:
    """Whatever is answered or taken back takes its turn."""
    await in_transaction(imported.runtime.tx, lambda tx: take_turn(tx, MIGRATION, now=imported.runtime.clock()))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (ask_about_staff, "1 open reviews are about staff"),
        (dismiss_admin, "no admin was made here"),
        (break_off, "was broken off"),
        (import_more, "since everything was proved"),
        (lose_people, "since everything was proved"),
        (answer, "since everything was proved"),
    ],
)
async def test_what_changes_between_the_proof_and_the_word_is_noticed(
    imported: Import, change: Callable[[Import], Awaitable[None]], said: str
) -> None:
    tx = imported.runtime.tx
    await make_admin(tx)
    proved = await find_standing(tx)

    await change(imported)

    with pytest.raises((NotReadyForCutover, ChangedSinceProof), match=said):
        await cut_over_as_proved(tx, proved, now=imported.runtime.clock())
    assert await get_mode(tx) == SHADOW


async def test_who_is_gone_ends_his_profile_before_cutover_or_not_at_all(
    imported: Import, source_database: Database
) -> None:
    tx, clock = imported.runtime.tx, imported.runtime.clock
    leaving = [doc(f"z{number}", "Zoya Khan", phone=f"98450111{number:02}") for number in range(8)]
    await fill(source_database, {"customers_v2": leaving})
    await imported.run(as_of=AS_OF + timedelta(days=1))
    await make_admin(tx)

    async def switch(after: float) -> bool:
        proved = await find_standing(tx)
        await asyncio.sleep(after)
        try:
            await cut_over_as_proved(tx, proved, now=clock())
        except (ChangedSinceProof, LeaseTaken):
            return False
        return True

    for moment, one in enumerate(leaving):
        switched, noted = await asyncio.gather(
            switch(moment / 200), note_gone(tx, EARLYBIRD, [f"customers_v2:{one['_id']}"], clock)
        )
        stopped = await tx.database[CUSTOMERS].count_documents({"status": "stopped"})
        assert (noted, stopped > 0) == (1, not switched)
        await tx.database[CUSTOMERS].update_many({}, {"$set": {"status": "active"}})
        if switched:
            await take_people_back(tx, now=clock())


async def test_both_switches_happen_as_proved_and_the_second_not_without_the_first(imported: Import) -> None:
    tx, now = imported.runtime.tx, imported.runtime.clock()
    await make_admin(tx)
    with pytest.raises(NotReadyForCutover, match="people are not live yet"):
        await cut_over_operations_as_proved(tx, await find_standing(tx), now=now)

    await cut_over_as_proved(tx, await find_standing(tx), now=now)
    await cut_over_operations_as_proved(tx, await find_standing(tx), now=now)

    assert await get_mode(tx) == Mode(PeopleMode.LIVE, OperationsMode.ROUNDSMAN)


async def test_without_any_import_there_is_nothing_to_cut_over_to(importing: Import) -> None:
    with pytest.raises(SwitchedAlready):
        await require_ready_for_people(importing.runtime.tx, await importing.verify())


async def test_people_go_back_and_forth_while_nothing_is_written(imported: Import) -> None:
    tx, now = imported.runtime.tx, imported.runtime.clock()
    await make_admin(tx)
    before = await contents(tx.database)
    with pytest.raises(NothingToTakeBack):
        await take_people_back(tx, now=now)

    await cut_over(tx, now=imported.runtime.clock())
    assert await get_mode(tx) == PEOPLE_LIVE
    with pytest.raises(SwitchedAlready):
        await require_ready_for_people(tx, await imported.verify())
    asha = await find_user(tx, PHONE)
    await record_sign_in(tx, asha, now=now)
    session = a_session(asha.id, now=now)
    await open_session(tx, session, refresh_digest=b"x")
    await record(tx, AuditEntry(imported.runtime.clock(), Actor(str(asha.id)), "session.opened", f"user:{asha.id}"))
    await take_people_back(tx, now=imported.runtime.clock())

    assert await get_mode(tx) == SHADOW
    assert (await get_mode(tx)).people_since is None
    assert await find_live_session_with_user(tx, session.id, now=now) is None
    await tx.database[USERS].update_one({"_id": asha.id}, {"$unset": {"first_sign_in_at": "", "last_sign_in_at": ""}})
    after = await contents(tx.database)
    del before["system"], after["system"]
    assert after == before
    assert [one.action for one in await entries_about(tx, "system:mode")] == ["mode.cut_over", "mode.taken_back"]


async def sign_up(tx: Tx) -> None:
    await sign_up_customer(tx, NEW, actor=SYSTEM, policy=ActivationPolicy(), now=datetime.now(UTC))  # noqa: TID251 - after the switch


async def add_customer(tx: Tx) -> None:
    customer = a_customer(UserId((await find_user(tx, PHONE)).id))
    await insert_customers(tx, [customer])
    later = datetime.now(UTC) + timedelta(seconds=1)  # noqa: TID251 - after the switch
    await tx.database[CUSTOMERS].update_one({"_id": customer.id}, {"$set": {"created_at": later}})


async def choose_password(tx: Tx) -> None:
    user = await find_user(tx, PHONE)
    await set_password(tx, user.id, "$argon2id$", now=datetime.now(UTC))  # noqa: TID251 - after the switch


async def take_order(tx: Tx) -> None:
    await insert_orders(tx, [an_order((await find_user(tx, PHONE)).id)])


async def disable(tx: Tx) -> None:
    user = await find_user(tx, PHONE)
    now = datetime.now(UTC)  # noqa: TID251 - after the switch
    await record(tx, AuditEntry(now, Actor(str(ObjectId())), "user.disabled", f"user:{user.id}"))


async def add_product(tx: Tx) -> None:
    # Its id must be of a later second than the switch.
    later = ObjectId.from_datetime(datetime.now(UTC) + timedelta(seconds=2))  # noqa: TID251 - after the switch
    await insert_products(tx, [Product(ProductId(later), "Curd", "cup", (), active=True)])


@pytest.mark.parametrize(
    ("write", "what"),
    [
        (sign_up, {"users made here", "phones and e-mails of users made here", "customers made here"}),
        (add_customer, {"customers made here"}),
        (choose_password, {"passwords set here"}),
        (take_order, {"orders taken here"}),
        (add_product, {"products made here"}),
        (disable, {"other changes in the audit log"}),
    ],
)
async def test_what_was_written_live_closes_the_way_back_and_is_named(
    imported: Import, live: datetime, write: Write, what: set[str]
) -> None:
    tx = imported.runtime.tx
    assert live
    await write(tx)

    with pytest.raises(WrittenLive) as refused:
        await take_people_back(tx, now=imported.runtime.clock())

    assert {one.what for one in refused.value.written} == what
    assert all(one.count == len(one.examples) == 1 for one in refused.value.written)
    assert all(f"1 {one.what}: {one.examples[0]}" in refused.value.message for one in refused.value.written)
    assert await get_mode(tx) == PEOPLE_LIVE


async def test_what_is_begun_on_the_page_of_the_migration_leaves_the_way_back_open(
    imported: Import, live: datetime
) -> None:
    tx, now = imported.runtime.tx, imported.runtime.clock()
    assert live
    lease = await start_job(tx, JobKind.PLAN, "", actor=Actor(str(ObjectId())), now=now)
    await end_job(tx, lease, Outcome(0, "", ""), now=now)
    assert len(await entries_about(tx, "migration:plan")) == 1

    await take_people_back(tx, now=now)


async def test_of_going_back_and_of_registrations_at_the_same_moment_only_one_happens(imported: Import) -> None:
    tx, clock = imported.runtime.tx, imported.runtime.clock

    async def go_back(after: float) -> bool:
        await asyncio.sleep(after)
        try:
            await take_people_back(tx, now=clock())
        except WrittenLive:
            return False
        return True

    async def register(number: int) -> bool:
        await asyncio.sleep(number / 200)
        try:
            await sign_up_customer(
                tx, SignUp("Zoya Khan", f"98450111{number:02}"), actor=SYSTEM, policy=ActivationPolicy(), now=clock()
            )
        except PeopleManagedElsewhere:
            return False
        return True

    for moment in range(6):
        await cut_over(tx, now=clock())
        went_back, *registered = await asyncio.gather(go_back(moment / 60), *map(register, range(20)))
        assert went_back is not any(registered)
        if not went_back:
            people = {"created_by": SYSTEM.who}
            users = [one["_id"] async for one in tx.database[USERS].find(people)]
            await tx.database["identifiers"].delete_many({"user_id": {"$in": users}})
            for name in (USERS, CUSTOMERS):
                await tx.database[name].delete_many(people)
            await tx.database["audit_log"].delete_many({})
            await take_people_back(tx, now=clock())


async def test_people_who_arrive_in_the_source_meanwhile_keep_nobody_from_going_back(
    imported: Import, live: datetime, source_database: Database
) -> None:
    assert live
    late: Fields = {"created_at": datetime.now(UTC) + timedelta(hours=1)}  # noqa: TID251 - after the switch
    await fill(
        source_database,
        {
            "users": [account("late", "Late Comer", phone="9845090001", **late)],
            "customers_v2": [doc("late-c", "Late Comer", phone="9845090001", marketing_boy_id="staff", **late)],
            "products": [doc("late-p", "Curd", unit="cup", price=20, _id=ObjectId())],
        },
    )
    await imported.run(as_of=imported.runtime.clock() + timedelta(hours=2))
    await take_people_back(imported.runtime.tx, now=imported.runtime.clock())
    assert await get_mode(imported.runtime.tx) == SHADOW


async def test_wrapping_passwords_keeps_nobody_from_going_back(imported: Import, live: datetime) -> None:
    tx = imported.runtime.tx
    assert live
    await insert_credentials(
        tx, [Credential(UserId(ObjectId()), "{SHA256}" + "a" * 64, CredentialOrigin.IMPORTED, live)]
    )
    assert (await wrap_passwords(tx, Means(imported.runtime.clock, threads=1))).wrapped

    await take_people_back(tx, now=imported.runtime.clock())

    assert await get_mode(tx) == SHADOW


def test_what_counts_as_written_is_told_once() -> None:
    assert len({one.what for one in WRITTEN_LIVE}) == len(WRITTEN_LIVE)
    assert {one.collection for one in WRITTEN_IN_OPERATIONS} <= {one.collection for one in WRITTEN_LIVE}


async def ready_for_operations(imported: Import) -> dict[Condition, str]:
    try:
        await require_ready_for_operations(imported.runtime.tx, await imported.verify(), EARLYBIRD)
    except NotReadyForCutover as error:
        return {one.condition: one.said for one in error.unmet}
    return {}


async def test_operations_follow_when_people_are_live_and_no_order_waits(
    imported: Import, source_database: Database
) -> None:
    tx = imported.runtime.tx
    later = ObjectId.from_datetime(imported.runtime.clock() + timedelta(hours=1))
    await source_database["orders"].insert_one(worlds.an_order("order-4", "asha", _id=later))
    assert set(await ready_for_operations(imported)) == {Condition.PEOPLE_LIVE, Condition.NOTHING_WAITS}

    await cut_over(tx, now=imported.runtime.clock())
    await imported.run(as_of=AS_OF + timedelta(days=1))
    assert await ready_for_operations(imported) == {}


async def test_orders_of_the_source_are_only_a_finding_after_the_second_switch(
    imported: Import, live: datetime, source_database: Database, database: Database
) -> None:
    assert live
    tx = imported.runtime.tx
    await cut_over_operations(tx, now=imported.runtime.clock())
    with pytest.raises(SwitchedAlready):
        await ready_for_operations(imported)
    before = (await contents(database))[ORDERS]
    later = ObjectId.from_datetime(imported.runtime.clock() + timedelta(hours=1))
    text_id = hashlib.sha256(b"text").hexdigest()
    await source_database["orders"].insert_many(
        [worlds.an_order("order-4", "asha", _id=later), worlds.an_order("order-5", "asha", _id=text_id)]
    )
    await source_database["orders"].update_one({"_id": worlds.ORDER_ID}, {"$set": {"total_amount": 99.0}})
    await source_database["users"].insert_one(account("late", "Late Comer", phone="9845090001"))

    applied = await imported.run(as_of=AS_OF + timedelta(days=1))
    verification = await imported.verify()

    assert applied.findings["source_writes_after_switch"] == 3
    assert (await contents(database))[ORDERS] == before
    (orders,) = [one for one in verification.accounts if one.collection == "orders"]
    assert (orders.classes, orders.lost) == ({"kept": 2, "after_switch": 3}, 0)
    assert verification.passed, [one for one in verification.checks if not one.passed]


async def test_an_order_from_before_the_second_switch_that_is_not_here_is_lost(
    imported: Import, live: datetime, database: Database
) -> None:
    assert live
    await cut_over_operations(imported.runtime.tx, now=imported.runtime.clock())
    await database[ORDERS].delete_one({"_id": object_id("order-2")})
    verification = await imported.verify()
    assert (verification.lost, verification.passed) == (1, False)


async def money_of(imported: Import) -> CheckResult:
    return next(one for one in (await imported.verify()).checks if one.check is Check.MONEY)


async def test_after_the_second_switch_the_money_knows_what_was_taken_and_changed_here(
    imported: Import, live: datetime, database: Database
) -> None:
    assert live
    tx = imported.runtime.tx
    await take_order(tx)
    assert "though the source manages orders" in (await money_of(imported)).examples[0]
    await cut_over_operations(tx, now=imported.runtime.clock())
    await database[ORDERS].update_one({"_id": worlds.ORDER_ID}, {"$inc": {"total_paise": 100}})
    by_a_hand = await money_of(imported)
    assert not by_a_hand.passed

    now, admin = imported.runtime.clock(), Actor(str(ObjectId()))
    await record(tx, AuditEntry(now, admin, "order.corrected", f"order:{worlds.ORDER_ID}"))
    corrected = await money_of(imported)
    await database[ORDERS].update_one({"_id": object_id("order-2")}, {"$inc": {"total_paise": 1}})
    tampered = await money_of(imported)

    assert corrected.passed
    assert "1 changed here since the switch, 1 orders of 64.00 rupees taken here" in corrected.said
    assert [example.partition(":")[0] for example in tampered.examples[:1]] == [f"order {object_id('order-2')}"]


async def test_operations_go_back_before_people_and_only_without_orders_of_our_own(
    imported: Import, live: datetime, source_database: Database
) -> None:
    assert live
    tx = imported.runtime.tx
    with pytest.raises(NothingToTakeBack):
        await take_operations_back(tx, now=imported.runtime.clock())
    await cut_over_operations(tx, now=imported.runtime.clock())
    with pytest.raises(OperationsFirst):
        await take_people_back(tx, now=imported.runtime.clock())
    await source_database["orders"].insert_one(worlds.an_order("order-4", "asha", _id=ObjectId()))

    await sign_up(tx)  # People who are made here do not keep operations from going back.
    await take_operations_back(tx, now=imported.runtime.clock())
    await imported.run(as_of=AS_OF + timedelta(days=1))

    assert await get_mode(tx) == PEOPLE_LIVE
    assert await tx.database[ORDERS].count_documents({}) == 4
    await cut_over_operations(tx, now=imported.runtime.clock())
    await take_order(tx)
    with pytest.raises(WrittenLive, match="1 orders taken here"):
        await take_operations_back(tx, now=imported.runtime.clock())
