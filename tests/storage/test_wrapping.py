"""Wrapping unsalted hashes while people sign in, reset their passwords, and processes die."""

import asyncio
import hashlib
import signal
import subprocess

import pytest
from bson import ObjectId

from roundsman.auth.credential_storage import count_forms, find_credential, insert_credentials, set_password
from roundsman.auth.credentials import Credential, CredentialOrigin
from roundsman.auth.passwords import HashForm, form_of, hash_password, imported_hash, verify, wrap
from roundsman.auth.wrapping import JOB, Means, Wrapped, WrappingInterrupted, wrap_passwords
from roundsman.clock import utc_now
from roundsman.database.collections import AUDIT_LOG, CREDENTIALS, LEASES
from roundsman.database.lease import LeaseLost, LeaseTaken, held_lease
from roundsman.database.transaction import Document, Tx
from roundsman.ids import UserId
from tests.builders import NOW
from tests.commands import RoundsmanCommand
from tests.holding import wrapping_held_up

MEANS = Means(utc_now, threads=1)
BCRYPT = "$2b$04$QgQ0umOTYoWBx7s5UjeC0.8Fr6H5pvUIqPQFPUbZhVPf0Y5nvvHRq"


def password_of(number: int) -> str:
    return f"milk at dawn {number}"


def unsalted(number: int) -> Credential:
    stored = imported_hash(hashlib.sha256(password_of(number).encode()).hexdigest())
    assert stored is not None
    return Credential(UserId(ObjectId()), stored, CredentialOrigin.IMPORTED, NOW)


async def carry(tx: Tx, number: int) -> list[Credential]:
    """Store so many credentials as an import carries them."""
    credentials = [unsalted(one) for one in range(number)]
    await insert_credentials(tx, credentials)
    return credentials


async def stored_hash(tx: Tx, user_id: UserId) -> str:
    found = await find_credential(tx, user_id)
    assert found is not None
    return found.password_hash


async def log(tx: Tx) -> list[Document]:
    return [row async for row in tx.database[AUDIT_LOG].find()]


async def assert_all_wrapped(tx: Tx, credentials: list[Credential], *, first: int = 0) -> None:
    """Every one is wrapped, keeps origin and date, and (of every tenth) fits the password that it came with."""
    for number, before in enumerate(credentials, first):
        after = await find_credential(tx, before.user_id)
        assert after is not None
        assert form_of(after.password_hash) is HashForm.WRAPPED_SHA256
        assert number % 10 or verify(password_of(number), after.password_hash)
        assert (after.origin, after.changed_at) == (before.origin, before.changed_at)


async def test_all_unsalted_hashes_are_wrapped_and_others_left_alone(tx: Tx) -> None:
    credentials = await carry(tx, 40)
    others = [
        Credential(UserId(ObjectId()), stored, CredentialOrigin.IMPORTED, NOW)
        for stored in (BCRYPT, hash_password("a long enough one"), wrap(unsalted(0).password_hash), "else")
    ]
    await insert_credentials(tx, others)
    told: list[tuple[int, int]] = []

    done = await wrap_passwords(tx, Means(utc_now, 1, lambda now, total: told.append((now, total))))

    assert done == Wrapped(wrapped=40)
    assert told == [(0, 40), (32, 40), (8, 40)]
    await assert_all_wrapped(tx, credentials)
    assert [await find_credential(tx, one.user_id) for one in others] == others
    assert await count_forms(tx) == {
        HashForm.WRAPPED_SHA256: 41,
        HashForm.BCRYPT: 1,
        HashForm.ARGON2ID: 1,
        None: 1,
    }


async def test_a_run_leaves_one_entry_with_counts_and_no_hash_in_the_audit_log(tx: Tx) -> None:
    await carry(tx, 3)
    await wrap_passwords(tx, MEANS)

    (row,) = await log(tx)

    assert (row["action"], row["target"]) == ("passwords.wrapped", "system:passwords")
    assert row["reason"] == "3 wrapped, 0 replaced meanwhile, 0 left"


async def test_a_second_run_changes_nothing(tx: Tx) -> None:
    await carry(tx, 3)
    await wrap_passwords(tx, MEANS)
    before = [document async for document in tx.database[CREDENTIALS].find()]

    assert await wrap_passwords(tx, MEANS) == Wrapped()

    assert [document async for document in tx.database[CREDENTIALS].find()] == before
    assert len(await log(tx)) == 1


async def test_a_password_set_during_the_job_wins(tx: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = await carry(tx, 3)
    chosen = hash_password("three cows and a bicycle")
    with wrapping_held_up(monkeypatch) as (begun, go):
        job = asyncio.create_task(wrap_passwords(tx, MEANS))
        await asyncio.to_thread(begun.wait)
        await set_password(tx, credentials[1].user_id, chosen, now=NOW)
        go.set()
        done = await job

    assert done == Wrapped(wrapped=2, replaced_meanwhile=1)
    assert await stored_hash(tx, credentials[1].user_id) == chosen


async def test_two_runners_do_not_work_at_once(tx: Tx) -> None:
    credentials = await carry(tx, 1)
    async with held_lease(tx, JOB, utc_now):
        with pytest.raises(LeaseTaken):
            await wrap_passwords(tx, MEANS)
    assert await stored_hash(tx, credentials[0].user_id) == credentials[0].password_hash


async def test_who_lost_the_lease_writes_nothing_more(tx: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = await carry(tx, 1)
    with wrapping_held_up(monkeypatch) as (begun, go):
        job = asyncio.create_task(wrap_passwords(tx, MEANS))
        await asyncio.to_thread(begun.wait)
        await tx.database[LEASES].update_one({"_id": JOB}, {"$inc": {"fencing": 1}})
        go.set()
        with pytest.raises(LeaseLost):
            await job
    assert await stored_hash(tx, credentials[0].user_id) == credentials[0].password_hash
    assert await log(tx) == []


async def test_a_job_told_to_end_does_so_between_batches_and_says_how_far_it_came(tx: Tx) -> None:
    credentials = await carry(tx, 40)
    done: list[int] = []
    means = Means(utc_now, 1, lambda now, _total: done.append(now), stop=lambda: sum(done) > 0)

    with pytest.raises(WrappingInterrupted, match="32 wrapped, 0 replaced meanwhile, 8 left"):
        await wrap_passwords(tx, means)
    assert await wrap_passwords(tx, MEANS) == Wrapped(wrapped=8)

    await assert_all_wrapped(tx, credentials)
    assert [row["reason"][:10] for row in await log(tx)] == ["32 wrapped", "8 wrapped,"]


async def begun(command: RoundsmanCommand, tx: Tx) -> subprocess.Popen[str]:
    """Start the command, and come back when it has wrapped some."""
    process = command.start("passwords", "wrap", "--threads", "1")
    while not (await count_forms(tx))[HashForm.WRAPPED_SHA256]:
        assert process.poll() is None, process.communicate()
        await asyncio.sleep(0.02)
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 130)])
async def test_a_job_that_was_ended_or_killed_in_the_middle_is_taken_up_where_it_was(
    number: signal.Signals, code: int, tx: Tx, roundsman: RoundsmanCommand
) -> None:
    # So many that it cannot come to its end before it is told.
    credentials = await carry(tx, 400)
    process = await begun(roundsman, tx)
    process.send_signal(number)
    output, errors = await asyncio.to_thread(process.communicate)
    assert process.returncode == code, errors
    left = (await count_forms(tx))[HashForm.SHA256]
    assert 0 < left < len(credentials)
    # Taking up all of them would take long: some of the first and some of the last are enough.
    spare = [one.user_id for one in credentials[40:340]]
    await tx.database[CREDENTIALS].delete_many({"_id": {"$in": spare}})
    left = (await count_forms(tx))[HashForm.SHA256]

    assert await wrap_passwords(tx, MEANS) == Wrapped(wrapped=left)

    await assert_all_wrapped(tx, credentials[:40])
    await assert_all_wrapped(tx, credentials[340:], first=340)
    assert not any(one.password_hash[-64:] in output + errors for one in credentials)
