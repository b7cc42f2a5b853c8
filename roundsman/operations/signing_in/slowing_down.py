"""Holding sign-ins back where too many have failed: of an account, from an address, and in all.

The account is counted before its secret is compared. What is compared and fails stays counted; what never came to be
compared, because the server was busy or at fault, is taken back.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from roundsman.audit_log.entries import SYSTEM, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.attempts import asking_for_count, count, take
from roundsman.auth.credential_storage import disable_password
from roundsman.auth.limits import window_end
from roundsman.auth.queues import Queues, StillWaiting
from roundsman.auth.reservations import (
    Answer,
    FailedRow,
    confirm_account,
    confirm_address,
    failed_row_of,
    forgive_account,
    is_familiar,
    patiently,
    release_account,
    release_address,
    remember_familiar,
    reserve_account,
    reserve_address,
    settle,
    too_often,
)
from roundsman.auth.throttle import SignInThrottle, subscriber_of
from roundsman.database.together import Question
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import InvalidInput, NotAuthenticated
from roundsman.identity.identifiers import identifier_candidates
from roundsman.identity.users import User
from roundsman.ids import UserId

_EVERYBODY: Final = "everybody"
RECENT_SECONDS: Final = 1.0
"""For so long what was read counts while somebody waits in line for his turn."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who is said to sign in, and from where; `user_id` is absent where nobody is found.

    `failures_in_all` is there where it was read just now, together with him; who waits in line longer than a second asks anew.
    """

    account: str
    user_id: UserId | None
    address: str
    failures_in_all: int | None = None


@dataclass(frozen=True, slots=True)
class Slowing:
    """The rules, and the lines in which this process lets people wait."""

    throttle: SignInThrottle = field(default_factory=SignInThrottle)
    queues: Queues = field(default_factory=Queues)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A try that may go on: what was counted for it."""

    tx: Tx
    claimed: Claimed
    throttle: SignInThrottle
    now: datetime
    address_counts: bool
    number: int


def asking_for_failures(slowing: Slowing, *, now: datetime) -> Question:
    """Ask how many sign-ins of all have failed, together with something else; `count_asked` reads the answer."""
    return asking_for_count(slowing.throttle.in_all, _EVERYBODY, now=now)


def claimed_account(user: User | None, identifier: str, *, address: str | None) -> Claimed:
    """Name the account by its user, however he is called; what nobody is found by is an account of its own."""
    if user is not None:
        return Claimed(f"user:{user.id}", user.id, subscriber_of(address))
    try:
        account: str = identifier_candidates(identifier)[0]
    except InvalidInput:
        account = identifier
    return Claimed(account, None, subscriber_of(address))


async def failed_sign_ins_of(tx: Tx, user: User, *, now: datetime) -> FailedRow:
    """Read how many sign-ins of a user have failed in a row, and until when he waits."""
    return await failed_row_of(tx, claimed_account(user, "", address=None).account, now=now)


@asynccontextmanager
async def slowed_down(tx: Tx, claimed: Claimed, slowing: Slowing, *, now: datetime) -> AsyncIterator[None]:
    """Compare a secret within this. NotAuthenticated is a failure; anything else that goes wrong is none.

    Raises TooOften before anything is compared.
    """
    throttle = slowing.throttle
    in_line = slowing.queues.turn(claimed.address, at_once=throttle.per_address.most, patience=throttle.patience)
    clock = asyncio.get_running_loop().time
    begun = clock()
    try:
        async with in_line:
            if clock() - begun > RECENT_SECONDS:
                claimed = replace(claimed, failures_in_all=None)
            turn = await _turn(tx, claimed, throttle, now=now)
            try:
                yield
            except NotAuthenticated:
                await _failed(turn)
                raise
            except Exception:
                await _undone(turn)
                raise
            await _succeeded(turn)
    except StillWaiting as error:
        raise too_often(now, now=now) from error


async def _turn(tx: Tx, claimed: Claimed, throttle: SignInThrottle, *, now: datetime) -> _Turn:
    address_counts = await _reserve_address(tx, claimed, throttle, now=now)
    account = await patiently(
        lambda: reserve_account(tx, claimed.account, throttle, now=now), patience=throttle.patience
    )
    if account.answer is Answer.GRANTED:
        return _Turn(tx, claimed, throttle, now, address_counts, account.number)
    if address_counts:
        await settle(tx, release_address(throttle.per_address, claimed.address, now=now))
    raise too_often(account.allowed_at, now=now)


async def _reserve_address(tx: Tx, claimed: Claimed, throttle: SignInThrottle, *, now: datetime) -> bool:
    """Whether the try counts for its address: it does not for who is familiar there. Raises TooOften."""
    in_all = claimed.failures_in_all
    if in_all is None:
        in_all = await count(tx, throttle.in_all, _EVERYBODY, now=now)
    if in_all >= throttle.in_all.most:
        if await is_familiar(tx, claimed.account, claimed.address, now=now):
            return False
        raise too_often(window_end(throttle.in_all, now=now), now=now)
    reserved = await patiently(
        lambda: reserve_address(tx, throttle.per_address, claimed.address, now=now), patience=throttle.patience
    )
    if reserved.answer is Answer.GRANTED:
        return True
    if await is_familiar(tx, claimed.account, claimed.address, now=now):
        return False
    raise too_often(reserved.allowed_at, now=now)


async def _failed(turn: _Turn) -> None:
    tx, claimed, now = turn.tx, turn.claimed, turn.now
    await take(tx, turn.throttle.in_all, _EVERYBODY, now=now)
    changes = [confirm_account(claimed.account)]
    if turn.address_counts:
        changes.append(confirm_address(turn.throttle.per_address, claimed.address, now=now))
    await settle(tx, *changes)
    if claimed.user_id is not None and turn.number >= turn.throttle.backoff.until_disabled:
        await _disable(tx, claimed.user_id, failures=turn.number, now=now)


async def _undone(turn: _Turn) -> None:
    changes = [release_account(turn.claimed.account)]
    if turn.address_counts:
        changes.append(release_address(turn.throttle.per_address, turn.claimed.address, now=turn.now))
    await settle(turn.tx, *changes)


async def _succeeded(turn: _Turn) -> None:
    tx, claimed, now = turn.tx, turn.claimed, turn.now
    familiar_until = now + turn.throttle.familiar
    changes = [
        forgive_account(claimed.account),
        remember_familiar(claimed.account, claimed.address, until=familiar_until),
    ]
    if turn.address_counts:
        changes.append(release_address(turn.throttle.per_address, claimed.address, now=now))
    await settle(tx, *changes)


async def _disable(tx: Tx, user_id: UserId, *, failures: int, now: datetime) -> None:
    async def work(tx: Tx) -> None:
        if await disable_password(tx, user_id, now=now):
            why = f"{failures} sign-ins in a row have failed"
            await record(tx, AuditEntry(now, SYSTEM, "password.disabled", f"user:{user_id}", reason=why))

    await in_transaction(tx, work)
