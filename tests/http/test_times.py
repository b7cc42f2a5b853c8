"""Failed sign-ins tell nothing of the account, neither in words nor in time.

Times are looked at in `make proof` only, and there by a test that has the machine to itself: what a busy machine delays
says nothing about accounts.
"""

import asyncio
import hashlib
import os
import random
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import product

import bcrypt
import httpx
from fastapi import FastAPI

from roundsman.app import create_app
from roundsman.auth.passwords import hash_password, imported_hash
from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime
from tests.builders import a_user
from tests.depth import IS_PROOF, depth
from tests.http.people import log_in, settle

_EACH = depth(test=3, proof=300)
_TRIES_OF_AN_ACCOUNT = 4  # One fewer than begin to be slowed down.
_AT_ONCE = depth(test=12, proof=1)  # Times are compared one after the other: a queue for the processor is no account's.
_IS_ALONE = "PYTEST_XDIST_WORKER" not in os.environ
_UNKNOWN = "unknown"
_KINDS = ("argon2id", "bcrypt", "sha256", _UNKNOWN)


@dataclass(frozen=True, slots=True)
class Refused:
    """How a sign-in was refused, and how long it took."""

    status: int
    said: object
    seconds: float


async def test_how_a_sign_in_fails_does_not_tell_whether_there_is_an_account(runtime: Runtime) -> None:
    """Accounts of every kind of hash and unknown ones, in random order, each request from an address of its own."""
    unlimited = runtime.settings.model_copy(update={"sign_in_failures_in_all": 1_000_000})
    app = create_app(lambda: nullcontext(replace(runtime, settings=unlimited)))
    tries = list(product(_KINDS, range(_EACH)))
    random.Random(4).shuffle(tries)  # noqa: S311  no secret
    async with app.router.lifespan_context(app):
        phones = await _phones(runtime.tx)
        at_once = asyncio.Semaphore(_AT_ONCE)
        refused = await asyncio.gather(
            *(_guess(app, phones[kind][number], nth, at_once) for nth, (kind, number) in enumerate(tries))
        )

    by_kind = {kind: [one for one, (of, _) in zip(refused, tries, strict=True) if of == kind] for kind in _KINDS}
    assert [one.said for one in refused if one.said != refused[0].said] == []
    assert refused[0].status == 401
    if IS_PROOF and _IS_ALONE:
        unknown = [one.seconds for one in by_kind[_UNKNOWN]]
        told = {kind: _told_apart([one.seconds for one in by_kind[kind]], unknown) for kind in _KINDS[:-1]}
        assert max(told.values()) < 0.65, told


def test_a_rank_tells_apart_what_differs() -> None:
    assert _told_apart([1, 2, 3], [4, 5, 6]) == _told_apart([4, 5, 6], [1, 2, 3]) == 1
    assert _told_apart([1, 2, 3, 4], [1, 2, 3, 4]) == _told_apart([1, 1], [1, 1]) == 0.5


async def _phones(tx: Tx) -> dict[str, list[str]]:
    """For each kind as many phones as guesses, several guesses for each account."""
    password = "a password that nobody guesses"
    hashes = {
        "argon2id": hash_password(password),
        "bcrypt": imported_hash(bcrypt.hashpw(password.encode(), bcrypt.gensalt(depth(test=4, proof=12))).decode()),
        "sha256": imported_hash(hashlib.sha256(password.encode()).hexdigest()),
    }
    phones = {
        kind: [f"+9198200{place}{number // _TRIES_OF_AN_ACCOUNT:04}" for number in range(_EACH)]
        for place, kind in enumerate(_KINDS)
    }
    for kind, stored in hashes.items():
        for phone in sorted(set(phones[kind])):
            await settle(tx, a_user(), phone=phone, password_hash=stored)
    return phones


async def _guess(app: FastAPI, phone: str, number: int, at_once: asyncio.Semaphore) -> Refused:
    transport = httpx.ASGITransport(app, client=(f"198.51.{number // 250}.{number % 250}", 4711))
    async with at_once, httpx.AsyncClient(transport=transport, base_url="http://roundsman.test") as client:
        began = time.perf_counter()
        answer = await log_in(client, phone, "a wrong guess")
        seconds = time.perf_counter() - began
    body = {key: value for key, value in answer.json().items() if key != "request_id"}
    headers = {key: value for key, value in answer.headers.items() if key != "x-request-id"}
    return Refused(answer.status_code, (answer.status_code, body, headers), seconds)


def _told_apart(some: Sequence[float], others: Sequence[float]) -> float:
    """How well one number tells the two groups apart: 0.5 is not at all, 1 always (AUC of Mann and Whitney)."""
    wins = sum((one > other) + (one == other) / 2 for one in some for other in others)
    share = wins / (len(some) * len(others))
    return max(share, 1 - share)
