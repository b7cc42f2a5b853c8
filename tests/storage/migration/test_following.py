"""After cutover: what a change in the source does to people who are managed here."""

import dataclasses
import hashlib

import pytest

from roundsman.access.roles import Role
from roundsman.audit_log.entries import SYSTEM, Actor
from roundsman.auth.credential_storage import find_credential, set_password
from roundsman.auth.passwords import hash_password, verify
from roundsman.auth.sessions import open_session
from roundsman.database.bulk import EDITED
from roundsman.database.collections import CREDENTIALS, CUSTOMERS, IDENTIFIERS, REVIEWS, SESSIONS, USERS
from roundsman.database.transaction import Document
from roundsman.identity.lookup import UnknownIdentifier, find_user, get_user
from roundsman.identity.mode import PeopleMode, get_mode, set_mode, with_people
from roundsman.identity.registration import IdentifierTaken
from roundsman.identity.role_grants import create_admin
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.migration import documents
from roundsman.migration.cutover import cut_over
from roundsman.migration.deciding import AnswerDoesNotFit, Outcome, ReviewNotOpen, decide, take_answer_back
from roundsman.migration.freshness import PlanOutdated
from roundsman.migration.members import Opener
from roundsman.migration.plan import PlanHeader
from roundsman.migration.reviews import Answer, Decision, Review, ReviewStatus, list_reviews
from roundsman.migration.side_by_side import show_review
from roundsman.migration.sync import Round, compare_all, take_changes
from tests.builders import a_session
from tests.imports import Database, Import, contents, fill
from tests.migration_builders import AS_OF, EARLYBIRD, OTHER_PHONE, PASSWORD_HASH, PHONE, THIRD_PHONE, account, doc

pytestmark = pytest.mark.whole

FREE_PHONE = "9886012345"
SECOND_HASH = hashlib.sha256(b"another password").hexdigest()
ASHA = account("asha", "Asha Verma", phone=PHONE, email="asha@gmail.com", password_hash=PASSWORD_HASH)
WORLD = {
    "users": [
        ASHA,
        account("ravi", "Ravi Menon", "marketing_staff", phone=OTHER_PHONE, password_hash=PASSWORD_HASH),
    ],
    "customers_v2": [doc("cust-asha", "Asha Verma", phone=PHONE, user_id="asha", address="12 MG Road", area="MG Road")],
}


class Killed(Exception):
    """The process ended here."""


@pytest.fixture
async def live(importing: Import, source_database: Database) -> Import:
    """An import of a small business whose people are live."""
    await fill(source_database, WORLD)
    await compare(importing)
    await go_live(importing)
    return importing


async def go_live(importing: Import) -> None:
    tx = importing.runtime.tx
    await set_mode(tx, with_people(await get_mode(tx), PeopleMode.LIVE, since=AS_OF))


async def compare(importing: Import) -> Round:
    return await compare_all(importing.runtime.tx, importing.source, importing.profile, importing.means())


async def change(importing: Import, database: Database, fields: Document, *, of: str = "asha") -> Round:
    """Let the source change an account, and take that."""
    await database["users"].update_one({"id": of}, {"$set": fields})
    return await compare(importing)


async def asha(importing: Import) -> User:
    return await get_user(importing.runtime.tx, ASHA["_id"])


async def asked(importing: Import, status: ReviewStatus = ReviewStatus.OPEN) -> dict[str, Review]:
    """The questions about changed values, by rule."""
    found = (await list_reviews(importing.runtime.tx, "conflict", status=status, limit=0)).reviews
    return {review.rule: review for review in found if review.asked}


async def answer(importing: Import, review: Review, decision: Decision, *, by: Actor = SYSTEM) -> Outcome:
    runtime = importing.runtime
    opener = Opener(importing.means().seal, EARLYBIRD)
    given = Answer(decision, "he called")
    return await decide(runtime.tx, review.id, given, actor=by, opener=opener, now=runtime.clock())


async def take_back(importing: Import, review: Review) -> None:
    runtime = importing.runtime
    await take_answer_back(
        runtime.tx,
        review.id,
        reason="a mistake",
        actor=SYSTEM,
        opener=Opener(importing.means().seal, EARLYBIRD),
        now=runtime.clock(),
    )


async def settled(importing: Import) -> None:
    """Everything is proved, and planning again would do nothing."""
    verification = await importing.verify()
    assert [(one.check, one.examples) for one in verification.checks if not one.passed] == []
    again: PlanHeader = await importing.plan()
    assert again.automatic_actions == 0


async def owner_of(importing: Import, identifier: str) -> object:
    try:
        return (await find_user(importing.runtime.tx, identifier)).id
    except UnknownIdentifier:
        return None


async def test_what_would_let_somebody_in_is_asked_and_moves_nothing(live: Import, source_database: Database) -> None:
    tx = live.runtime.tx
    before = await contents(tx.database)

    taken = await change(
        live,
        source_database,
        {"phone": FREE_PHONE, "email": "other@gmail.com", "role": "admin", "password_hash": SECOND_HASH},
    )

    after = await contents(tx.database)
    assert all(before[name] == after[name] for name in (USERS, IDENTIFIERS, CREDENTIALS, CUSTOMERS))
    questions = await asked(live)
    assert sorted(questions) == ["S1", "S2", "S3", "S4"]
    assert taken.questions == len(questions)
    assert {one.members for one in questions.values()} == {(f"users:{ASHA['_id']}",)}
    await settled(live)
    assert (await compare(live)).did_nothing


async def test_no_question_tells_a_password(live: Import, source_database: Database) -> None:
    await change(live, source_database, {"password_hash": SECOND_HASH})
    review = (await asked(live))["S4"]

    stored = await live.runtime.tx.database[REVIEWS].find_one({"_id": review.id})
    opener = Opener(live.means().seal, EARLYBIRD)
    shown = await show_review(live.runtime.tx, review.id, opener, now=AS_OF)

    assert SECOND_HASH not in f"{stored} {shown}"
    assert PASSWORD_HASH not in f"{stored} {shown}"
    assert shown.change
    assert review.asked
    assert review.asked.value not in f"{shown.change}"
    assert list(shown.answers) == ["accept", "reject", "defer"]


async def test_an_accepted_phone_takes_the_place_of_the_one_before_and_can_be_taken_back(
    live: Import, source_database: Database
) -> None:
    user = await asha(live)
    await source_database["customers_v2"].update_one({"id": "cust-asha"}, {"$set": {"phone": FREE_PHONE}})
    await change(live, source_database, {"phone": FREE_PHONE})
    await settled(live)
    review = (await asked(live))["S1"]
    shown = await show_review(live.runtime.tx, review.id, Opener(live.means().seal, EARLYBIRD), now=AS_OF)
    assert shown.change
    assert (shown.change.was, shown.change.value) == (f"+91{PHONE}", f"+91{FREE_PHONE}")
    assert shown.change.here == (f"+91{PHONE}",)

    await answer(live, review, Decision.ACCEPT)

    assert (await owner_of(live, PHONE), await owner_of(live, FREE_PHONE)) == (None, user.id)
    assert await asked(live) == {}, "two documents said the same, and one answer is enough"
    await settled(live)

    await take_back(live, review)

    assert (await owner_of(live, PHONE), await owner_of(live, FREE_PHONE)) == (user.id, None)
    assert await asha(live) == user
    await settled(live)


async def test_a_phone_that_another_document_names_stays_his(live: Import, source_database: Database) -> None:
    await change(live, source_database, {"phone": FREE_PHONE})

    await answer(live, (await asked(live))["S1"], Decision.ACCEPT)

    assert await owner_of(live, PHONE) == await owner_of(live, FREE_PHONE) == ASHA["_id"]
    await settled(live)


async def test_a_phone_that_somebody_has_is_not_taken_from_him(live: Import, source_database: Database) -> None:
    await change(live, source_database, {"email": "other@gmail.com", "phone": OTHER_PHONE})

    with pytest.raises(IdentifierTaken):
        await answer(live, (await asked(live))["S1"], Decision.ACCEPT)

    assert await owner_of(live, OTHER_PHONE) != ASHA["_id"]
    assert "S1" in await asked(live)
    await settled(live)


async def test_what_was_rejected_is_never_asked_again_and_what_is_not_said_any_more_is_withdrawn(
    live: Import, source_database: Database
) -> None:
    await change(live, source_database, {"phone": FREE_PHONE})
    await answer(live, (await asked(live))["S1"], Decision.REJECT)
    await settled(live)

    await change(live, source_database, {"phone": PHONE})
    await change(live, source_database, {"phone": FREE_PHONE})
    assert await asked(live) == {}

    await change(live, source_database, {"phone": THIRD_PHONE})
    third = (await asked(live))["S1"]
    await change(live, source_database, {"phone": PHONE})
    assert await asked(live) == {}
    with pytest.raises(ReviewNotOpen):
        await answer(live, third, Decision.ACCEPT)
    await change(live, source_database, {"phone": THIRD_PHONE})
    assert (await asked(live))["S1"].id == third.id
    assert await owner_of(live, PHONE) == ASHA["_id"]
    await settled(live)


async def test_a_role_of_the_staff_needs_two_admins_and_goes_at_once_when_it_is_lowered(
    live: Import, source_database: Database
) -> None:
    tx, now = live.runtime.tx, live.runtime.clock()
    admins = [await create_admin(tx, name="Meera", phone=f"973110000{number}", now=now) for number in (1, 2)]
    first, second = (Actor(str(admin.id)) for admin in admins)
    await open_session(tx, a_session(ASHA["_id"], now=now), refresh_digest=b"x")
    await change(live, source_database, {"role": "admin"})
    review = (await asked(live))["S3"]

    assert (await answer(live, review, Decision.ACCEPT, by=first)).is_proposal
    assert (await asha(live)).roles == (Role.CUSTOMER,)
    await settled(live)
    await answer(live, review, Decision.ACCEPT, by=second)

    assert (await asha(live)).roles == (Role.ADMIN, Role.CUSTOMER)
    assert await tx.database[SESSIONS].count_documents({}) == 0, "a customer's session is no admin's"
    await settled(live)

    await change(live, source_database, {"role": "customer"})

    assert (await asha(live)).roles == (Role.CUSTOMER,)
    await settled(live)
    await change(live, source_database, {"role": "admin"})
    assert (await asked(live))["S3"].id != review.id, "what was accepted once and lost is asked anew"


async def test_an_accepted_password_replaces_an_imported_one_and_never_an_own_one(
    live: Import, source_database: Database
) -> None:
    tx = live.runtime.tx
    await change(live, source_database, {"password_hash": SECOND_HASH})
    review = (await asked(live))["S4"]

    await answer(live, review, Decision.ACCEPT)

    credential = await find_credential(tx, ASHA["_id"])
    assert credential
    assert verify("another password", credential.password_hash)
    await settled(live)
    await take_back(live, review)
    credential = await find_credential(tx, ASHA["_id"])
    assert credential
    assert verify("not a default", credential.password_hash)

    await set_password(tx, ASHA["_id"], hash_password("a password of his own"), now=live.runtime.clock())
    with pytest.raises(Exception, match="set a password here"):
        await answer(live, review, Decision.ACCEPT)
    await change(live, source_database, {"password_hash": PASSWORD_HASH})
    assert await asked(live) == {}
    await settled(live)


async def test_who_is_not_active_there_is_disabled_and_comes_back_by_nothing_there(
    live: Import, source_database: Database
) -> None:
    tx = live.runtime.tx
    await open_session(tx, a_session(ASHA["_id"], now=live.runtime.clock()), refresh_digest=b"x")
    before = await asha(live)

    await change(live, source_database, {"is_active": False})

    disabled = dataclasses.replace(before, status=UserStatus.DISABLED, session_version=before.session_version + 1)
    assert await asha(live) == disabled
    assert await tx.database[SESSIONS].count_documents({}) == 0
    await settled(live)

    await change(live, source_database, {"is_active": True})

    assert await asha(live) == disabled
    await settled(live)


async def test_a_new_account_with_the_phone_and_name_of_a_claimed_user_is_asked_about(
    live: Import, source_database: Database
) -> None:
    twin = account("twin", "Asha Verma", phone=PHONE, password_hash=SECOND_HASH)
    await source_database["users"].insert_one(twin)

    await compare(live)

    tx = live.runtime.tx
    own = await get_user(tx, twin["_id"])
    assert (own.status, own.claim) == (UserStatus.ACTIVE, Claim.CLAIMABLE_CONFLICT)
    assert await owner_of(live, PHONE) == ASHA["_id"]
    (review,) = [one for one in (await list_reviews(tx, "unsure")).reviews if one.rule == "V5"]
    assert set(review.members) == {f"users:{ASHA['_id']}", f"users:{twin['_id']}"}
    await settled(live)
    with pytest.raises(AnswerDoesNotFit):
        await answer(live, review, Decision.ACCEPT)
    await answer(live, review, Decision.MERGE)
    assert (await get_user(tx, twin["_id"])).merged_into == ASHA["_id"]
    assert (await list_reviews(tx, "unsure")).reviews == ()
    await settled(live)


async def test_a_plan_that_would_join_who_claimed_his_account_since_is_refused(
    live: Import, source_database: Database
) -> None:
    users = live.runtime.tx.database[USERS]
    await users.update_one({"_id": ASHA["_id"]}, {"$set": {"claim": Claim.CLAIMABLE.value}})
    await source_database["users"].insert_one(account("twin", "Asha Verma", phone=PHONE, password_hash=SECOND_HASH))
    plan = await live.plan()
    assert plan.counts["fate.merged"] == 1
    await users.update_one({"_id": ASHA["_id"]}, {"$set": {"claim": Claim.CLAIMED.value}})

    with pytest.raises(PlanOutdated):
        await live.apply(plan.digest)

    await compare(live)
    assert await users.count_documents({"status": UserStatus.MERGED.value}) == 0
    await settled(live)


async def test_a_plan_made_before_cutover_is_not_applied_after_it(importing: Import, source_database: Database) -> None:
    await fill(source_database, WORLD)
    await compare(importing)
    await source_database["users"].insert_one(account("twin", "Asha Verma", phone=PHONE, password_hash=SECOND_HASH))
    plan = await importing.plan()

    await cut_over(importing.runtime.tx, now=importing.runtime.clock())

    with pytest.raises(PlanOutdated):
        await importing.apply(plan.digest)


async def test_a_profile_is_a_claimed_user_s_if_it_is_linked_to_him_and_asked_about_if_it_only_resembles_him(
    live: Import, source_database: Database
) -> None:
    await source_database["customers_v2"].insert_many(
        [doc("linked", "Asha Verma", phone=PHONE, user_id="asha"), doc("alike", "Asha Verma", phone=PHONE)]
    )

    await compare(live)

    # The two resemble each other as well, so neither becomes his by way of the other.
    owners = {name: await owner_of(live, name) for name in ("linked", "alike")}
    assert owners["alike"] != ASHA["_id"]
    assert (await list_reviews(live.runtime.tx, "unsure")).reviews
    await settled(live)

    await source_database["customers_v2"].insert_one(doc("next", "Asha V.", phone=THIRD_PHONE, user_id="asha"))
    await compare(live)
    assert await owner_of(live, "next") == ASHA["_id"]
    assert await owner_of(live, THIRD_PHONE) is None
    await settled(live)


async def test_names_and_addresses_follow_until_they_are_edited_here(live: Import, source_database: Database) -> None:
    customers = live.runtime.tx.database[CUSTOMERS]
    await change(live, source_database, {"name": "Asha Menon"})
    assert (await asha(live)).name == "Asha Menon"

    await customers.update_one({}, {"$set": {"address": "1 New Street", EDITED: ["address"]}})
    await source_database["customers_v2"].update_one(
        {"id": "cust-asha"}, {"$set": {"address": "13 MG Road", "area": "Hebbal"}, "$unset": {"phone": ""}}
    )
    await compare(live)

    stored = await customers.find_one({})
    assert stored
    assert (stored["address"], stored["area"], "phone" in stored) == ("1 New Street", "Hebbal", False)
    await settled(live)


@pytest.mark.parametrize("killed_after", [1, 2])
async def test_a_round_that_is_killed_before_the_copies_are_renewed_is_finished_by_the_next(
    killed_after: int, live: Import, source_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dying(*_: object) -> None:
        raise Killed

    fields = {"phone": FREE_PHONE, "role": "delivery_boy", "is_active": False, "name": "Asha Menon"}
    with monkeypatch.context() as patch:
        patch.setattr(documents, "renew_copy", dying)
        for _ in range(killed_after):
            with pytest.raises(Killed):
                await change(live, source_database, fields)

    await compare(live)

    user = await asha(live)
    assert (user.status, user.session_version, user.name) == (UserStatus.DISABLED, 1, "Asha Menon")
    assert sorted(await asked(live)) == ["S1", "S3"]
    assert (await compare(live)).did_nothing
    await settled(live)


async def test_the_worker_s_rounds_do_the_same(live: Import, source_database: Database) -> None:
    await source_database["users"].update_one({"id": "asha"}, {"$set": {"phone": FREE_PHONE, "is_active": False}})

    changed = {"users": [str(ASHA["_id"])]}
    await take_changes(live.runtime.tx, live.source, live.profile, changed, live.means())

    assert sorted(await asked(live)) == ["S1"]
    assert (await asha(live)).status is UserStatus.DISABLED
    await settled(live)


async def test_before_cutover_nothing_is_asked(importing: Import, source_database: Database) -> None:
    await fill(source_database, WORLD)
    await compare(importing)

    await change(
        importing, source_database, {"phone": FREE_PHONE, "role": "delivery_boy", "password_hash": SECOND_HASH}
    )

    assert (await asha(importing)).roles == (Role.CUSTOMER, Role.DELIVERY_BOY)
    assert await asked(importing) == {}
    assert await owner_of(importing, FREE_PHONE) == ASHA["_id"]
    assert await importing.runtime.tx.database[REVIEWS].count_documents({}) == 0
