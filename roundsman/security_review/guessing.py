"""Codes and passwords as somebody would try them who has neither, within the limits and beyond."""

from collections.abc import Coroutine, Iterable
from typing import Any, Final

from roundsman.auth.otp import OtpPolicy
from roundsman.security_review.calling import Answer
from roundsman.security_review.checks import Check, Result
from roundsman.security_review.stage import Stage

_AUTH: Final = "/api/v1/auth"
_OK, _ACCEPTED, _UNAUTHENTICATED, _TOO_MANY = 200, 202, 401, 429
_REFUSED: Final = (_UNAUTHENTICATED, _TOO_MANY)
_MOST_PASSWORDS: Final = 30
_FURTHER_TRIES: Final = 5
_MOST_REQUESTS: Final = 70
_FEWEST_DIGITS, _LONGEST_MINUTES, _MOST_TRIES = 6, 10, 5


async def try_guessing(stage: Stage) -> list[Result]:
    """Try codes twice, too often and too soon, and passwords too often."""
    policy = stage.runtime.proving.policy
    return [
        _settings(policy),
        *await _replay(stage),
        await _guess_code(stage, policy),
        *await _from_one_address(stage),
        await _guess_password(stage),
    ]


def _settings(policy: OtpPolicy) -> Result:
    minutes = int(policy.lifetime.total_seconds() // 60)
    holds = (
        min(policy.digits, policy.staff_digits) >= _FEWEST_DIGITS
        and minutes <= _LONGEST_MINUTES
        and policy.tries <= _MOST_TRIES
    )
    evidence = (
        f"{policy.digits} digits, {policy.staff_digits} for staff; {minutes} minutes; {policy.tries} tries; the next after "
        f"{', '.join(str(int(pause.total_seconds())) for pause in policy.resend)} seconds"
    )
    return Result(Check.CODE_SETTINGS, "read the settings of codes", evidence, holds)


async def _replay(stage: Stage) -> list[Result]:
    phone = (await stage.customer("+919820000005")).phone
    sent, again = await _request(stage, phone), await _request(stage, phone)
    code = await stage.code_for(phone)
    first, second = await _name(stage, phone, code), await _name(stage, phone, code)
    used = Result(
        Check.CODE_REPLAY,
        "POST /auth/otp/verify twice with the same code",
        f"{first}, then {second}",
        first.status == _OK and second.status in _REFUSED,
    )
    flood = Result(
        Check.CODE_FLOOD,
        "POST /auth/otp/request twice for the same phone, from two addresses",
        f"{sent}, then {again}",
        sent.status == _ACCEPTED and again.status == _TOO_MANY,
    )
    return [used, flood]


async def _guess_code(stage: Stage, policy: OtpPolicy) -> Result:
    phone = (await stage.customer("+919820000006")).phone
    await _request(stage, phone)
    code = await stage.code_for(phone)
    for number in range(1, policy.tries + 1):
        await _name(stage, phone, f"{(int(code or 0) + number) % 10 ** len(code or '0'):0{len(code)}d}")
    answer = await _name(stage, phone, code)
    tried = f"POST /auth/otp/verify with {policy.tries} wrong codes, then with the right one"
    return Result(Check.CODE_GUESSING, tried, str(answer), bool(code) and answer.status in _REFUSED)


async def _guess_password(stage: Stage) -> Result:
    phone = (await stage.customer("+919820000007")).phone
    free = stage.runtime.settings.sign_in_free_failures
    most = min(free + 1, _MOST_PASSWORDS)
    # The first wait is short, and a busy machine outlasts it with its next guess; each further one is twice as long.
    tries = min(most + _FURTHER_TRIES, _MOST_PASSWORDS)
    answer = await _until_slowed(_guess(stage, phone, number) for number in range(tries))
    tried = f"POST /auth/login {most} times with wrong passwords for one account, each from another address"
    return _limited(Check.PASSWORD_GUESSING, tried, answer)


async def _from_one_address(stage: Stage) -> list[Result]:
    """Stay below the limits of each account and each phone, and try many of them.

    Attempts are counted by windows of time, so twice as many as one window allows are one too many for any two.
    """
    settings, address = stage.runtime.settings, "203.0.113.9"
    guesses = min(2 * settings.sign_in_failures_per_address + 1, _MOST_PASSWORDS)
    guessed = await _until_slowed(_guess(stage, f"+91983{1_234_567 + n}", n, address) for n in range(guesses))
    requests = min(2 * settings.otp_per_address_hour + 1, _MOST_REQUESTS)
    asked = await _until_slowed(_request(stage, f"+91984{1_234_567 + n * 10_000}", address) for n in range(requests))
    return [
        _limited(Check.ADDRESS_LIMITS, f"POST /auth/login from one address for up to {guesses} accounts", guessed),
        _limited(Check.ADDRESS_LIMITS, f"POST /auth/otp/request from one address for up to {requests} phones", asked),
    ]


async def _until_slowed(attempts: Iterable[Coroutine[Any, Any, Answer]]) -> Answer | None:
    """Make one attempt after the other until one is refused for being one too many; give the last answer."""
    answer = None
    for attempt in attempts:
        answer = await attempt
        if answer.status == _TOO_MANY:
            break
    return answer


def _limited(check: Check, tried: str, answer: Answer | None) -> Result:
    return Result(check, tried, f"{answer} in the end", answer is not None and answer.status == _TOO_MANY)


async def _guess(stage: Stage, phone: str, number: int, address: str | None = None) -> Answer:
    body = {"identifier": phone, "password": f"a wrong password, number {number}"}
    return await stage.ask("POST", f"{_AUTH}/login", body=body, address=address)


async def _request(stage: Stage, phone: str, address: str | None = None) -> Answer:
    body = {"contact": phone, "purpose": "sign_in"}
    return await stage.ask("POST", f"{_AUTH}/otp/request", body=body, address=address)


async def _name(stage: Stage, phone: str, code: str) -> Answer:
    body = {"contact": phone, "purpose": "sign_in", "code": code or "0"}
    return await stage.ask("POST", f"{_AUTH}/otp/verify", body=body)
