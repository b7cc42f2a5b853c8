"""Taking an account by a proved phone: claims, restores, registrations at once, recycled numbers, a changed phone."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from roundsman.access.principal import SignedInBy
from roundsman.access.roles import Role
from roundsman.activation.policy import ActivationPolicy
from roundsman.audit_log.entries import Actor
from roundsman.audit_log.log import entries_about
from roundsman.auth.otp import Purpose
from roundsman.auth.proofs import Proof, ProofInvalid, keep_proof
from roundsman.auth.sessions import Opening
from roundsman.customers.registration import register_customer
from roundsman.database.collections import CUSTOMERS, IDENTIFIERS, OUTBOX, SESSIONS, USERS
from roundsman.database.transaction import Tx
from roundsman.errors import RoundsmanError
from roundsman.identity.identifiers import phone_key
from roundsman.identity.importing import insert_users
from roundsman.identity.lookup import get_user, identifiers_of_user
from roundsman.identity.mode import Mode, OperationsMode, PeopleManagedElsewhere, PeopleMode, set_mode
from roundsman.identity.registration import IdentifierTaken
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.operations.accounts.contact_change import (
    ContactChange,
    WhichContact,
    ask_to_change_contact,
    change_contact,
)
from roundsman.operations.accounts.self_sign_up import Joined, SelfSignUp, register_oneself
from roundsman.operations.signing_in.code_sign_in import CodeAttempt, sign_in_by_code
from roundsman.operations.signing_in.proving import WrongCode, ask_for_code
from roundsman.operations.signing_in.session_opening import SignedIn
from tests.builders import NOW, a_customer, a_user
from tests.codes import BY, PROVING, SECRET_KEY, newest_code
from tests.http.people import settle

PHONE = "+919820012345"
OTHER = "+919820067890"
OPENING = Opening(SignedInBy.OTP, address="203.0.113.7")
POLICY = ActivationPolicy()
AT_ONCE = 50


async def a_proof(tx: Tx, phone: str = PHONE, purpose: Purpose = Purpose.REGISTER) -> str:
    proof, lifetime = Proof(phone_key(phone), purpose), timedelta(minutes=15)
    return await keep_proof(tx, proof, secret_key=SECRET_KEY, lifetime=lifetime, now=NOW)


async def register(tx: Tx, proof: str, *, is_new_owner: bool = False) -> Joined:
    said = SelfSignUp(proof, "Meera Shah", email="meera@example.in", is_new_owner=is_new_owner)
    return await register_oneself(tx, said, OPENING, by=BY, policy=POLICY, now=NOW)


async def sign_in(tx: Tx, phone: str = PHONE) -> SignedIn:
    await ask_for_code(tx, phone, Purpose.SIGN_IN, by=PROVING, address=None, now=NOW)
    code = await newest_code(tx, phone)
    return await sign_in_by_code(tx, CodeAttempt(phone, code or "000000"), by=BY, now=NOW)


def outcomes_of(results: Sequence[Joined | SignedIn | BaseException]) -> Counter[str]:
    return Counter(one.code if isinstance(one, RoundsmanError) else type(one).__name__ for one in results)


async def count(tx: Tx, collection: str) -> int:
    return await tx.database[collection].count_documents({})


async def actions_about(tx: Tx, user: User) -> list[str]:
    return [entry.action for entry in await entries_about(tx, f"user:{user.id}")]


async def test_who_registers_is_a_customer_signed_in_and_found_by_his_proved_phone(tx: Tx) -> None:
    joined = await register(tx, await a_proof(tx))

    user = joined.signed_in.user
    assert (user.roles, user.claim, user.created_by) == ((Role.CUSTOMER,), Claim.CLAIMED, "self")
    [identifier] = await identifiers_of_user(tx, user.id)
    assert (identifier.key, identifier.verified_at) == (phone_key(PHONE), NOW)
    customer = await tx.database[CUSTOMERS].find_one({"_id": joined.ids.customer_id})
    assert customer is not None
    assert (customer["user_id"], customer["phone"], customer["email"]) == (user.id, PHONE, "meera@example.in")
    assert joined.signed_in.session.signed_in_by is SignedInBy.OTP


async def test_of_fifty_registrations_of_one_phone_one_wins(tx: Tx) -> None:
    proofs = [await a_proof(tx) for _ in range(AT_ONCE)]
    results = await asyncio.gather(*(register(tx, proof) for proof in proofs), return_exceptions=True)
    assert outcomes_of(results) == {"Joined": 1, "identifier_taken": AT_ONCE - 1}
    assert [await count(tx, name) for name in (USERS, IDENTIFIERS, CUSTOMERS, SESSIONS)] == [1, 1, 1, 1]


async def test_one_proof_registers_once(tx: Tx) -> None:
    proof = await a_proof(tx)
    results = await asyncio.gather(*(register(tx, proof) for _ in range(AT_ONCE)), return_exceptions=True)
    assert outcomes_of(results) == {"Joined": 1, "proof_invalid": AT_ONCE - 1}


async def test_a_proof_is_for_its_purpose_and_time(tx: Tx) -> None:
    late = await a_proof(tx)
    with pytest.raises(ProofInvalid):
        await register(tx, await a_proof(tx, purpose=Purpose.RESET))
    with pytest.raises(ProofInvalid):
        await register_oneself(
            tx, SelfSignUp(late, "Late"), OPENING, by=BY, policy=POLICY, now=NOW + timedelta(minutes=15)
        )


async def test_of_fifty_claims_of_one_imported_customer_one_wins_and_keeps_his_profile(tx: Tx) -> None:
    user = await settle(tx, a_user(claim=Claim.CLAIMABLE), password_hash=None)
    await register_customer(tx, a_customer(user.id), actor=Actor("import:1"))
    proofs = [await a_proof(tx) for _ in range(AT_ONCE)]
    results = await asyncio.gather(*(register(tx, proof) for proof in proofs), return_exceptions=True)
    assert outcomes_of(results) == {"Joined": 1, "identifier_taken": AT_ONCE - 1}
    [joined] = [one for one in results if isinstance(one, Joined)]
    assert joined.ids.user_id == user.id
    assert [await count(tx, name) for name in (USERS, CUSTOMERS)] == [1, 1]
    assert (await actions_about(tx, user)).count("user.claimed") == 1


async def test_signing_in_claims_and_fifty_uses_of_the_code_open_one_session(tx: Tx) -> None:
    user = await settle(tx, a_user(claim=Claim.CLAIMABLE), password_hash=None)
    await ask_for_code(tx, PHONE, Purpose.SIGN_IN, by=PROVING, address=None, now=NOW)
    code = await newest_code(tx, PHONE)
    assert code is not None
    attempt = CodeAttempt("98200 12345", code)
    results = await asyncio.gather(
        *(sign_in_by_code(tx, attempt, by=BY, now=NOW) for _ in range(AT_ONCE)), return_exceptions=True
    )
    assert outcomes_of(results)["SignedIn"] == 1
    assert await count(tx, SESSIONS) == 1
    assert (await get_user(tx, user.id)).claim is Claim.CLAIMED


async def test_an_archived_customer_is_restored_but_nobody_who_was_more(tx: Tx) -> None:
    archived = replace(a_user(status=UserStatus.ARCHIVED), former_identifiers=(phone_key(PHONE),))
    powerful = replace(a_user(status=UserStatus.ARCHIVED, roles=(Role.ADMIN,)), former_identifiers=(phone_key(OTHER),))
    await insert_users(tx, [archived, powerful])

    signed_in = await sign_in(tx)
    assert (signed_in.user.id, signed_in.user.status) == (archived.id, UserStatus.ACTIVE)
    assert "user.restored" in await actions_about(tx, archived)
    with pytest.raises(WrongCode):
        await sign_in(tx, OTHER)


async def test_a_recycled_number_begins_anew_and_leaves_the_old_account_behind(tx: Tx) -> None:
    born = NOW - timedelta(days=400)
    silent = replace(a_user(last_sign_in_at=NOW - timedelta(days=90)), created_at=born)
    await settle(tx, silent)
    await register_customer(tx, a_customer(silent.id), actor=Actor("self"))
    with pytest.raises(IdentifierTaken):
        await register(tx, await a_proof(tx))

    joined = await register(tx, await a_proof(tx), is_new_owner=True)

    assert joined.ids.user_id != silent.id
    identifier = await tx.database[IDENTIFIERS].find_one({"_id": phone_key(PHONE)})
    assert identifier is not None
    assert (identifier["user_id"], identifier["epoch"]) == (joined.ids.user_id, 1)
    old = await get_user(tx, silent.id)
    assert (old.status, old.claim, old.session_version) == (UserStatus.ACTIVE, Claim.UNCLAIMABLE, 1)
    assert await tx.database[CUSTOMERS].count_documents({"user_id": silent.id}) == 1
    assert (await sign_in(tx)).user.id == joined.ids.user_id


@pytest.mark.parametrize(
    ("days", "role"), [(89, Role.CUSTOMER), (400, Role.ADMIN)], ids=["heard of lately", "of the staff"]
)
async def test_a_number_is_not_taken_from_who_still_has_it(tx: Tx, days: int, role: Role) -> None:
    holder = replace(
        a_user(roles=(role,), last_sign_in_at=NOW - timedelta(days=days)), created_at=NOW - timedelta(days=500)
    )
    await settle(tx, holder)
    with pytest.raises(IdentifierTaken):
        await register(tx, await a_proof(tx), is_new_owner=True)


async def test_before_cutover_nobody_registers(tx: Tx) -> None:
    await set_mode(tx, Mode(PeopleMode.SHADOW, OperationsMode.SOURCE))
    with pytest.raises(PeopleManagedElsewhere):
        await register(tx, await a_proof(tx))


async def change(tx: Tx, user: User, contact: str = OTHER, *, instead_of: str | None = None) -> None:
    await ask_to_change_contact(tx, user.id, contact, by=PROVING, address=None, now=NOW)
    code = await newest_code(tx, contact)
    assert code is not None
    wanted = ContactChange(contact, code, instead_of)
    await change_contact(tx, user.id, wanted, by=PROVING, actor=Actor(str(user.id)), now=NOW)


async def test_a_changed_phone_finds_the_user_and_the_old_one_is_told(tx: Tx) -> None:
    user = await settle(tx)
    await register_customer(tx, replace(a_customer(user.id), phone=PHONE), actor=Actor("self"))
    await change(tx, user)

    assert [one.key for one in await identifiers_of_user(tx, user.id)] == [phone_key(OTHER)]
    assert await tx.database[CUSTOMERS].count_documents({"phone": OTHER, "edited_fields": "phone"}) == 1
    notice = await tx.database[OUTBOX].find_one({"template": "contact_changed"})
    assert notice is not None
    assert notice["to"] == PHONE
    assert "contact.changed" in await actions_about(tx, user)

    await change(tx, user, "asha@example.in")
    assert len(await identifiers_of_user(tx, user.id)) == 2


async def test_a_phone_of_somebody_else_is_not_taken_and_a_code_is_of_who_asked(tx: Tx) -> None:
    user, other = await settle(tx), await settle(tx, phone=OTHER)
    with pytest.raises(IdentifierTaken):
        await change(tx, user)
    assert [one.key for one in await identifiers_of_user(tx, user.id)] == [phone_key(PHONE)]

    new = "+919820054321"
    await ask_to_change_contact(tx, user.id, new, by=PROVING, address=None, now=NOW)
    code = await newest_code(tx, new)
    assert code is not None
    with pytest.raises(WrongCode):
        await change_contact(tx, other.id, ContactChange(new, code), by=PROVING, actor=Actor("x"), now=NOW)
    wanted = ContactChange(new, code, instead_of=OTHER)
    with pytest.raises(WhichContact):
        await change_contact(tx, user.id, wanted, by=PROVING, actor=Actor("x"), now=NOW)
