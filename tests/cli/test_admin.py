import re
from datetime import timedelta

from roundsman.access.roles import Role
from roundsman.auth.credential_storage import find_credential
from roundsman.auth.credentials import CredentialOrigin
from roundsman.auth.factor_seal import FactorSeal
from roundsman.auth.passwords import verify
from roundsman.auth.second_factors import (
    Authenticators,
    FactorRules,
    begin_enrolment,
    confirm_enrolment,
    has_second_factor,
)
from roundsman.auth.totp import code_at, step_of
from roundsman.database.collections import CREDENTIALS, USERS
from roundsman.database.transaction import Tx
from roundsman.identity.lookup import find_user
from tests.builders import NOW
from tests.commands import RoundsmanCommand


async def test_a_new_admin_gets_a_password_that_is_shown_once(roundsman: RoundsmanCommand, tx: Tx) -> None:
    made = roundsman("admin", "create", "--name", "Meera Rao", "--phone", "98200 12345")

    assert made.returncode == 0, made.stderr
    shown = re.search(r"Password, shown this once: (\S{20,})", made.stdout)
    assert shown is not None
    user = await find_user(tx, "+919820012345")
    credential = await find_credential(tx, user.id)
    assert user.roles == (Role.ADMIN,)
    assert credential is not None
    assert credential.origin is CredentialOrigin.OWN
    assert credential.counts_until == credential.changed_at + timedelta(hours=72)
    assert "72 hours" in made.stdout
    assert verify(shown[1], credential.password_hash)


async def test_a_given_password_is_taken_and_not_shown(roundsman: RoundsmanCommand, tx: Tx) -> None:
    password = "three cows and a bicycle"

    made = roundsman(
        "admin", "create", "--name", "Meera", "--email", "Meera@Example.in", "--password-stdin",
        standard_input=f"{password}\n",
    )  # fmt: skip

    assert made.returncode == 0, made.stderr
    assert password not in made.stdout
    credential = await find_credential(tx, (await find_user(tx, "meera@example.in")).id)
    assert credential is not None
    assert credential.counts_until is None
    assert verify(password, credential.password_hash)


async def test_what_cannot_be_an_admin_leaves_nothing_behind(roundsman: RoundsmanCommand, tx: Tx) -> None:
    short = roundsman(
        "admin", "create", "--name", "M", "--phone", "9820012345", "--password-stdin", standard_input="short\n"
    )
    nothing = roundsman("admin", "create", "--name", "M")
    landline = roundsman("admin", "create", "--name", "M", "--phone", "022 2345 6789")

    assert [answer.returncode for answer in (short, nothing, landline)] == [2, 2, 2]
    assert "15 to 128 characters" in short.stderr
    assert "landline" in landline.stderr
    for collection in (USERS, CREDENTIALS):
        assert await tx.database[collection].count_documents({}) == 0


async def test_a_taken_phone_is_one_sentence_and_changes_no_password(roundsman: RoundsmanCommand, tx: Tx) -> None:
    roundsman("admin", "create", "--name", "Meera", "--phone", "9820012345")
    before = await tx.database[CREDENTIALS].find().to_list()

    again = roundsman("admin", "create", "--name", "Other", "--phone", "+91 98200 12345")

    assert again.returncode == 4
    assert again.stderr.count("\n") == 1
    assert await tx.database[CREDENTIALS].find().to_list() == before


async def test_the_last_admin_who_lost_his_authenticator_is_helped_at_the_machine(
    roundsman: RoundsmanCommand, tx: Tx
) -> None:
    roundsman("admin", "create", "--name", "Meera Rao", "--phone", "98200 12345")
    user = await find_user(tx, "+919820012345")
    by = Authenticators(FactorSeal(b"k" * 32), FactorRules())
    secret = await begin_enrolment(tx, user.id, by=by, now=NOW)
    await confirm_enrolment(tx, user.id, code_at(secret, step_of(NOW)), by=by, now=NOW)

    forgotten = roundsman("admin", "forget-authenticator", "98200 12345", "--reason", "lost his phone")

    assert forgotten.returncode == 0, forgotten.stderr
    assert not await has_second_factor(tx, user.id)
    again = roundsman("admin", "forget-authenticator", "98200 12345", "--reason", "lost his phone")
    assert "no authenticator" in again.stdout
