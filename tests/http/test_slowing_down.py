"""Sign-ins that fail, by the hundred, and honest people among them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from roundsman.auth.attempts import attempt_id
from roundsman.auth.credential_storage import find_credential
from roundsman.auth.hashing import HashingBusy, PasswordHashing
from roundsman.auth.limits import window_end, window_start
from roundsman.auth.throttle import SignInThrottle
from roundsman.clock import utc_now
from roundsman.database.collections import ATTEMPTS, AUDIT_LOG
from roundsman.database.transaction import Tx
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, set_mode
from roundsman.identity.users import UserStatus
from roundsman.runtime import Runtime
from roundsman.web import pacing
from tests.builders import a_user
from tests.http.people import PASSWORD, PHONE, log_in, settle
from tests.http.serving import Stage

pytestmark = pytest.mark.whole

OFFICE = "203.0.113.7"
ELSEWHERE = "198.51.100.9"


class StandingClock:
    """A clock that a test moves on. It begins with a window that is still to come: MongoDB removes what is over."""

    def __init__(self) -> None:
        self.now = window_end(SignInThrottle().per_address, now=utc_now())

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.now


@pytest.fixture
def clock() -> StandingClock:
    """A clock that stands until it is moved."""
    return StandingClock()


@pytest.fixture
def app(stage: Stage, runtime: Runtime, clock: StandingClock) -> FastAPI:
    """The application, by that clock."""
    patient = runtime.settings.model_copy(update={"sign_in_patience_seconds": 300})
    return stage.app_on(replace(runtime, clock=clock, settings=patient))


@pytest.fixture(autouse=True)
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer failures at once: when they are answered is another test's business."""
    monkeypatch.setattr(pacing, "seconds_to_wait", lambda _: 0)


@pytest.fixture(autouse=True)
async def running(app: FastAPI) -> AsyncIterator[None]:
    """The application runs, whoever talks to it."""
    async with app.router.lifespan_context(app):
        yield


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it."""
    async with _from(app, "127.0.0.1") as client:
        yield client


@asynccontextmanager
async def _from(app: FastAPI, address: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://roundsman.test") as client:
        yield client


def _phone(number: int) -> str:
    return f"+9198200{number:05}"


async def _settle_many(tx: Tx, count: int) -> list[str]:
    phones = [_phone(number) for number in range(count)]
    for phone in phones:
        await settle(tx, a_user(), phone=phone)
    return phones


def _statuses(answers: Sequence[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


async def test_of_many_simultaneous_guesses_five_are_compared_for_any_kind_of_account(app: FastAPI, tx: Tx) -> None:
    await settle(tx)
    await settle(tx, a_user(status=UserStatus.DISABLED), phone="+919820000002")
    answers = {}
    for number, who in enumerate((PHONE, "+919820000002", "nobody@example.in", "+919820099999", "\x00")):
        async with _from(app, f"192.0.2.{number}") as client:
            guesses = await asyncio.gather(*(log_in(client, who, f"guess {n}") for n in range(20)))
        answers[who] = guesses

    for guesses in answers.values():
        assert _statuses(guesses) == {401: 5, 429: 15}
        refused = next(guess for guess in guesses if guess.status_code == 429)
        assert refused.headers["Retry-After"] == "1"
        assert {key: value for key, value in refused.json().items() if key != "request_id"} == {
            "type": "about:blank",
            "title": "Too Many Requests",
            "status": 429,
            "detail": "Too many sign-ins have failed. Wait a little, or sign in by a code sent to your phone.",
            "code": "too_often",
            "errors": [],
        }


async def test_an_account_waits_longer_each_time_and_a_right_password_ends_the_row(
    api: httpx.AsyncClient, app: FastAPI, tx: Tx, clock: StandingClock
) -> None:
    await settle(tx)
    waits = [await _guess_and_wait(app, clock, number) for number in range(17)]
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]

    refused = await log_in(api)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
    clock.now += timedelta(minutes=15)
    assert (await log_in(api)).status_code == 200

    assert [await _guess_and_wait(app, clock, number) for number in range(6)] == [0, 0, 0, 0, 0, 1]


async def test_a_guess_that_came_a_moment_before_another_and_is_counted_after_it_is_not_held_up(
    api: httpx.AsyncClient, tx: Tx, clock: StandingClock
) -> None:
    await settle(tx, a_user())
    first = await log_in(api, PHONE, "a wrong guess")
    clock.now -= timedelta(milliseconds=5)
    second = await log_in(api, PHONE, "another wrong guess")
    assert _statuses([first, second]) == {401: 2}


async def test_a_hundred_failures_in_a_row_disable_the_password_and_say_so_in_the_audit_log_alone(
    api: httpx.AsyncClient, app: FastAPI, tx: Tx, clock: StandingClock
) -> None:
    user = await settle(tx)
    for number in range(99):
        await _guess_and_wait(app, clock, number)
    credential = await find_credential(tx, user.id)
    assert credential is not None
    assert credential.disabled_at is None

    await _guess_and_wait(app, clock, 99)

    clock.now += timedelta(minutes=15)
    answer = await log_in(api)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    row = await tx.database[AUDIT_LOG].find_one({"action": "password.disabled"})
    assert row is not None
    assert row["target"] == f"user:{user.id}"
    clock.now += timedelta(days=31)
    assert (await log_in(api)).status_code == 401, "it does not end by itself"


async def test_of_simultaneous_guesses_behind_one_address_ten_are_compared(
    app: FastAPI, tx: Tx, clock: StandingClock
) -> None:
    phones = await _settle_many(tx, 40)
    async with _from(app, OFFICE) as office, _from(app, ELSEWHERE) as elsewhere:
        guesses = await asyncio.gather(*(log_in(office, phone, "spring 2026") for phone in phones))
        assert _statuses(guesses) == {401: 10, 429: 30}
        assert (await log_in(office, phones[0])).status_code == 429
        assert (await log_in(elsewhere, phones[0])).status_code == 200
        clock.now += timedelta(minutes=5)
        assert (await log_in(office, phones[0])).status_code == 200


async def test_two_hundred_honest_sign_ins_behind_one_address_pass_while_others_are_attacked(
    app: FastAPI, tx: Tx
) -> None:
    phones = await _settle_many(tx, 240)
    honest, attacked = Counter[int](), Counter[int]()
    async with _from(app, OFFICE) as office, _from(app, ELSEWHERE) as elsewhere:
        # All at once would wait longer for their turn than a request may take on a slow machine.
        for first in range(0, 200, 50):
            victims = phones[200 + first // 5 :][:10]
            answers = await asyncio.gather(
                *(log_in(office, phone) for phone in phones[first : first + 50]),
                *(log_in(elsewhere, victim, f"guess {n}") for victim in victims for n in range(5)),
            )
            honest += _statuses(answers[:50])
            attacked += _statuses(answers[50:])
    assert honest == {200: 200}
    assert attacked == {401: 10, 429: 190}


async def test_who_is_familiar_at_an_address_is_not_held_up_by_an_attack_from_the_next_desk_or_from_everywhere(
    app: FastAPI, tx: Tx, clock: StandingClock
) -> None:
    familiar, *victims = await _settle_many(tx, 21)
    async with _from(app, OFFICE) as office:
        assert (await log_in(office, familiar)).status_code == 200
        assert 429 in _statuses([await log_in(office, victim, "guess") for victim in victims])
        assert (await log_in(office, familiar)).status_code == 200

        window = window_start(SignInThrottle().in_all, now=clock.now)
        everybody = attempt_id("sign_in_all", "everybody", window)
        await tx.database[ATTEMPTS].update_one({"_id": everybody}, {"$set": {"taken": 1000}})
        async with _from(app, ELSEWHERE) as elsewhere:
            assert (await log_in(elsewhere, victims[0])).status_code == 429
            assert (await log_in(elsewhere, familiar)).status_code == 429
        assert (await log_in(office, familiar)).status_code == 200


async def test_one_user_who_signs_in_twenty_times_at_once_always_succeeds(api: httpx.AsyncClient, tx: Tx) -> None:
    await settle(tx)
    answers = await asyncio.gather(*(log_in(api) for _ in range(20)))
    assert _statuses(answers) == {200: 20}


async def test_a_busy_server_is_no_failure_of_the_user(
    api: httpx.AsyncClient, tx: Tx, monkeypatch: pytest.MonkeyPatch
) -> None:
    await settle(tx)

    async def busy(*_: object) -> bool:
        raise HashingBusy("Too many sign-ins at this moment.")

    with monkeypatch.context() as patch:
        patch.setattr(PasswordHashing, "verify", busy)
        refusals = [await log_in(api, PHONE, "wrong") for _ in range(15)]
    assert {(one.status_code, one.headers["Retry-After"]) for one in refusals} == {(503, "5")}

    assert (await log_in(api)).status_code == 200


async def test_a_right_password_without_the_right_to_sign_in_is_no_failure(api: httpx.AsyncClient, tx: Tx) -> None:
    await set_mode(tx, Mode(PeopleMode.SHADOW, OperationsMode.SOURCE))
    await settle(tx)
    answers = [await log_in(api) for _ in range(12)]
    assert {one.json()["code"] for one in answers} == {"sign_in_closed"}


async def test_no_count_names_whom_or_what_it_is_about(api: httpx.AsyncClient, tx: Tx) -> None:
    user = await settle(tx)
    await log_in(api, PHONE, "wrong password")
    await log_in(api, "nobody@example.in", "wrong password")
    await log_in(api)
    stored = str([count async for count in tx.database[ATTEMPTS].find({})])
    for secret in (PHONE, PHONE[3:], "nobody@example.in", "wrong password", PASSWORD, str(user.id), "127.0.0.1"):
        assert secret not in stored


async def _guess_and_wait(app: FastAPI, clock: StandingClock, number: int) -> int:
    """Wait as long as one is told, then guess once, from an address of one's own; gives the seconds waited."""
    async with _from(app, f"192.0.{number // 200}.{number % 200}") as client:
        answer = await log_in(client, PHONE, f"guess {number}")
        waited = 0
        if answer.status_code == 429:
            waited = int(answer.headers["Retry-After"])
            clock.now += timedelta(seconds=waited)
            answer = await log_in(client, PHONE, f"guess {number}")
        assert answer.status_code == 401
        return waited
