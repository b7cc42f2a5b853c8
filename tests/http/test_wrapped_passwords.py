"""Signing in while `roundsman passwords wrap` is at work, and afterwards."""

import asyncio
import hashlib

import httpx
import pytest

from roundsman.auth.credential_storage import count_forms, find_credential
from roundsman.auth.credentials import Credential
from roundsman.auth.hashing import PasswordHashing
from roundsman.auth.passwords import HashForm, form_of, imported_hash
from roundsman.auth.wrapping import Means, Wrapped, wrap_passwords
from roundsman.clock import utc_now
from roundsman.database.transaction import Tx
from roundsman.identity.users import User
from tests.holding import wrapping_held_up
from tests.http.people import PASSWORD, log_in, settle

MEANS = Means(utc_now, threads=1)
DEFAULT_PASSWORD = "delivery123"


def unsalted(password: str = PASSWORD) -> str | None:
    return imported_hash(hashlib.sha256(password.encode()).hexdigest())


async def credential_of(tx: Tx, user: User) -> Credential:
    found = await find_credential(tx, user.id)
    assert found is not None
    return found


async def test_a_wrapped_password_signs_in_and_is_hashed_anew(api: httpx.AsyncClient, tx: Tx) -> None:
    user = await settle(tx, password_hash=unsalted())
    assert await wrap_passwords(tx, MEANS) == Wrapped(wrapped=1)

    wrong, right = await log_in(api, password="two cows"), await log_in(api)

    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_credentials")
    assert right.status_code == 200
    assert form_of((await credential_of(tx, user)).password_hash) is HashForm.ARGON2ID
    assert (await log_in(api)).status_code == 200


async def test_the_digits_of_a_wrapped_password_do_not_sign_in(api: httpx.AsyncClient, tx: Tx) -> None:
    await settle(tx, password_hash=unsalted())
    await wrap_passwords(tx, MEANS)

    answer = await log_in(api, password=hashlib.sha256(PASSWORD.encode()).hexdigest())

    assert answer.status_code == 401


async def test_a_wrapped_default_password_must_change(api: httpx.AsyncClient, tx: Tx) -> None:
    await settle(tx, password_hash=unsalted(DEFAULT_PASSWORD))
    await wrap_passwords(tx, MEANS)

    answer = await log_in(api, password=DEFAULT_PASSWORD)

    assert (answer.status_code, answer.json()["code"]) == (403, "password_must_change")


async def test_a_sign_in_during_the_job_wins(api: httpx.AsyncClient, tx: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    user = await settle(tx, password_hash=unsalted())
    with wrapping_held_up(monkeypatch) as (begun, go):
        job = asyncio.create_task(wrap_passwords(tx, MEANS))
        await asyncio.to_thread(begun.wait)
        answer = await log_in(api)
        renewed = await credential_of(tx, user)
        go.set()
        done = await job

    assert answer.status_code == 200
    assert done == Wrapped(replaced_meanwhile=1)
    assert form_of(renewed.password_hash) is HashForm.ARGON2ID
    assert await credential_of(tx, user) == renewed


async def test_a_hash_that_is_wrapped_during_a_sign_in_does_not_hinder_it(
    api: httpx.AsyncClient, tx: Tx, monkeypatch: pytest.MonkeyPatch
) -> None:
    await settle(tx, password_hash=unsalted())
    hash_anew = PasswordHashing.hash

    async def after_wrapping(hashing: PasswordHashing, password: str) -> str:
        assert await wrap_passwords(tx, MEANS) == Wrapped(wrapped=1)
        return await hash_anew(hashing, password)

    monkeypatch.setattr(PasswordHashing, "hash", after_wrapping)
    answer = await log_in(api)

    assert answer.status_code == 200
    assert await count_forms(tx) == {HashForm.WRAPPED_SHA256: 1}
    monkeypatch.undo()
    assert (await log_in(api)).status_code == 200
    assert await count_forms(tx) == {HashForm.ARGON2ID: 1}
