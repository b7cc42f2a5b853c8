"""Codes: who gets one, which counts, how often; and what ten thousand hostile requests cost."""

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from roundsman.access.roles import Role
from roundsman.auth.attempts import TooOften
from roundsman.auth.challenges import TooSoon
from roundsman.auth.limits import window_start
from roundsman.auth.otp import OtpPolicy, Purpose
from roundsman.auth.proofs import Proof
from roundsman.database.collections import AUDIT_LOG, OTP_CHALLENGES, OUTBOX
from roundsman.database.transaction import Tx
from roundsman.errors import NotAuthenticated, RateLimited
from roundsman.identity.identifiers import phone_key
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.logins import UnusablePhone
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, set_mode
from roundsman.identity.users import Identifier, UserStatus
from roundsman.operations.signing_in.proving import WrongCode, ask_for_code, prove
from tests.builders import NOW, a_user
from tests.codes import PROVING, count_codes, newest_code
from tests.depth import depth
from tests.http.people import settle

PHONE = "+919820012345"
UNKNOWN = "+919820067890"
HOME = "203.0.113.7"


async def ask(
    tx: Tx, phone: str = PHONE, purpose: Purpose = Purpose.SIGN_IN, *, at: datetime = NOW, address: str = HOME
) -> str | None:
    await ask_for_code(tx, phone, purpose, by=PROVING, address=address, now=at)
    return await newest_code(tx, phone)


async def name(
    tx: Tx, code: str, phone: str = PHONE, purpose: Purpose = Purpose.SIGN_IN, *, at: datetime = NOW
) -> Proof:
    return await prove(tx, phone, code, purpose, by=PROVING, address=HOME, now=at)


async def refused(tx: Tx, code: str, *, at: datetime = NOW, purpose: Purpose = Purpose.SIGN_IN) -> None:
    with pytest.raises(WrongCode):
        await name(tx, code, at=at, purpose=purpose)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


async def test_a_code_counts_once_for_its_purpose_and_five_minutes(tx: Tx) -> None:
    await settle(tx)
    code = await ask(tx)
    assert code is not None
    assert (len(code), code.isdigit()) == (6, True)
    await refused(tx, code, purpose=Purpose.RESET)
    await refused(tx, code, at=NOW + timedelta(minutes=5))
    assert await name(tx, f" {code[:3]} {code[3:]}") == Proof(f"phone:{PHONE}", Purpose.SIGN_IN)
    await refused(tx, code)


async def test_of_a_hundred_uses_at_once_one_wins(tx: Tx) -> None:
    await settle(tx)
    code = await ask(tx)
    assert code is not None
    policy = replace(
        PROVING.policy,
        tries=100,
        failures_per_contact=replace(PROVING.policy.failures_per_contact, most=1000),
        failures_per_address=replace(PROVING.policy.failures_per_address, most=1000),
    )
    generous = replace(PROVING, policy=policy)
    uses = [
        prove(tx, PHONE, code, Purpose.SIGN_IN, by=by, address=HOME, now=NOW) for by in [generous] * 50 + [PROVING] * 50
    ]
    outcomes = await asyncio.gather(*uses, return_exceptions=True)
    assert sum(isinstance(one, Proof) for one in outcomes) == 1
    assert all(isinstance(one, Proof | WrongCode | TooOften) for one in outcomes)


async def test_after_five_tries_the_right_code_counts_no_more_even_at_the_same_time(tx: Tx) -> None:
    await settle(tx)
    code = await ask(tx)
    assert code is not None
    wrong = other_than(code)
    outcomes = await asyncio.gather(*(name(tx, wrong) for _ in range(10)), return_exceptions=True)
    assert all(isinstance(one, WrongCode) for one in outcomes)
    challenge = await tx.database[OTP_CHALLENGES].find_one()
    assert challenge is not None
    assert challenge["tries_left"] == 0
    await refused(tx, code)


async def test_only_the_newest_code_counts_and_the_next_comes_after_longer_and_longer(tx: Tx) -> None:
    await settle(tx)
    at, first = NOW, await ask(tx)
    assert first is not None
    for pause in (60, 120, 240, 240):
        with pytest.raises(TooSoon) as early:
            await ask(tx, at=at + timedelta(seconds=pause - 1))
        assert early.value.retry_after_seconds == 1
        at += timedelta(seconds=pause)
        newest = await ask(tx, at=at)
    assert newest is not None
    if first != newest:
        await refused(tx, first, at=at)
    await name(tx, newest, at=at)


async def test_staff_gets_eight_digits_and_nobody_a_code_on_a_landline(tx: Tx) -> None:
    await settle(tx, a_user(roles=(Role.MARKETING_STAFF,)))
    code = await ask(tx)
    assert code is not None
    assert len(code) == 8
    with pytest.raises(UnusablePhone, match="landline"):
        await ask(tx, "022 2345 6789", Purpose.REGISTER)


@pytest.mark.parametrize("status", [UserStatus.DISABLED, None])
async def test_who_cannot_sign_in_is_treated_alike_but_gets_no_message(tx: Tx, status: UserStatus | None) -> None:
    if status is not None:
        await settle(tx, a_user(status=status), phone=UNKNOWN)
    await settle(tx)
    for phone, address in ((PHONE, HOME), (UNKNOWN, "203.0.113.8")):
        await ask(tx, phone, address=address)
        with pytest.raises(TooSoon):
            await ask(tx, phone, at=NOW + timedelta(seconds=30), address=address)
        for _ in range(6):
            with pytest.raises(WrongCode):
                await name(tx, "000000", phone)
        for number in range(4):
            await ask(tx, phone, at=NOW + timedelta(minutes=3 + 5 * number), address=address)
        with pytest.raises(TooOften):
            await ask_for_code(
                tx, phone, Purpose.SIGN_IN, by=PROVING, address="198.51.100.1", now=NOW + timedelta(minutes=25)
            )
        kept = await tx.database[OTP_CHALLENGES].find_one({"_id": phone_key(phone)})
        assert kept is not None
        assert len(kept["code"]) == 32
    assert await tx.database[OUTBOX].distinct("to") == [PHONE]


async def test_before_cutover_only_staff_gets_codes(tx: Tx) -> None:
    await settle(tx)
    await settle(tx, a_user(roles=(Role.ADMIN,)), phone=UNKNOWN)
    await set_mode(tx, Mode(PeopleMode.SHADOW, OperationsMode.SOURCE))
    assert await ask(tx) is None
    assert await ask(tx, UNKNOWN) is not None


async def test_wrong_codes_are_counted_whatever_codes_are_new(tx: Tx) -> None:
    await settle(tx)
    midnight = window_start(PROVING.policy.failures_per_contact, now=NOW)
    wrong = 0
    for hour in range(1, 8):
        at = midnight + timedelta(hours=hour)
        code = await ask(tx, at=at)
        assert code is not None
        for _ in range(5):
            try:
                await name(tx, other_than(code), at=at)
            except WrongCode:
                wrong += 1
            except TooOften:
                break
    assert wrong == 15
    with pytest.raises(TooOften):
        await name(tx, "000000", at=at)


async def test_guessing_at_many_phones_stops_at_a_breaker_that_is_on_record(tx: Tx) -> None:
    policy = replace(PROVING.policy, failures_in_all=replace(PROVING.policy.failures_in_all, most=3))
    by = replace(PROVING, policy=policy)
    outcomes: Counter[str] = Counter()
    for number in range(6):
        phone = f"+91982001234{number}"
        await settle(tx, phone=phone)
        await ask(tx, phone)
        try:
            await prove(tx, phone, "0000000", Purpose.SIGN_IN, by=by, address=f"198.51.100.{number}", now=NOW)
        except NotAuthenticated as error:
            outcomes[error.code] += 1
        except RateLimited as error:
            outcomes[error.code] += 1
    assert outcomes == {"wrong_code": 3, "too_often": 3}
    with pytest.raises(TooOften):
        await prove(tx, UNKNOWN, "000000", Purpose.SIGN_IN, by=by, address="198.51.100.99", now=NOW)
    assert await tx.database[AUDIT_LOG].count_documents({"action": "otp.guessing_stopped"}) == 1


async def test_a_budget_that_is_spent_refuses_known_and_unknown_alike(tx: Tx) -> None:
    by = replace(PROVING, policy=replace(PROVING.policy, budget=replace(PROVING.policy.budget, most=1)))
    await settle(tx)
    await ask_for_code(tx, PHONE, Purpose.SIGN_IN, by=by, address=HOME, now=NOW)
    later = NOW + timedelta(minutes=2)
    for phone in (PHONE, UNKNOWN):
        with pytest.raises(TooOften, match="this hour"):
            await ask_for_code(tx, phone, Purpose.SIGN_IN, by=by, address=HOME, now=later)
    assert await count_codes(tx) == 1
    assert await tx.database[AUDIT_LOG].count_documents({"action": "otp.budget_spent"}) == 1


async def test_hostile_requests_cost_no_more_messages_than_the_budgets_say(tx: Tx) -> None:
    """An hour of many phones, blocks of numbers, addresses and purposes at once; every message is counted."""
    requests = depth(test=300, proof=10_000)
    policy = replace(PROVING.policy, budget=replace(PROVING.policy.budget, most=depth(test=60, proof=500)))
    by = replace(PROVING, policy=policy)
    chance = random.Random(4)  # noqa: S311  the same hour each time, and no secret
    hour = window_start(policy.budget, now=NOW)
    blocks = [f"+9198{number}" for number in range(20000, 20000 + depth(test=10, proof=60))]
    phones = [f"{block}{number}" for block in blocks for number in range(101, depth(test=113, proof=161))]
    addresses = [f"198.51.{third}.{fourth}" for third in range(depth(test=3, proof=10)) for fourth in range(60)]
    known = [(a_user(), phone) for phone in chance.sample(phones, len(phones) // 2)]
    await insert_users(tx, [user for user, _ in known])
    await insert_identifiers(tx, [Identifier(phone_key(phone), (user.id,)) for user, phone in known])
    sent: Counter[str] = Counter()
    at_once = asyncio.Semaphore(50)

    async def attack(number: int) -> None:
        phone, address = chance.choice(phones), chance.choice(addresses)
        purpose = chance.choice([Purpose.SIGN_IN, Purpose.REGISTER, Purpose.RESET])
        now = hour + timedelta(seconds=3599 * number / requests)
        async with at_once:
            try:
                await ask_for_code(tx, phone, purpose, by=by, address=address, now=now)
            except RateLimited as error:
                sent[error.code] += 1
            else:
                sent[address] += 1

    await asyncio.gather(*(attack(number) for number in range(requests)))

    messages = [document["to"] async for document in tx.database[OUTBOX].find({}, {"to": 1})]
    assert len(messages) == policy.budget.most
    assert max(Counter(messages).values()) <= policy.per_contact[0].most
    assert max(Counter(to[: -policy.prefix_omits] for to in messages).values()) <= policy.per_prefix.most
    assert max(number for address, number in sent.items() if address in addresses) <= policy.per_address[0].most
    assert sent["too_often"] > 0


async def test_one_address_or_one_block_of_numbers_gets_no_more_than_its_share(tx: Tx) -> None:
    policy, hour = PROVING.policy, window_start(PROVING.policy.budget, now=NOW)

    async def ask_from(address: str, number: int) -> bool:
        phone = f"+91982001{number:04d}"
        try:
            await ask_for_code(tx, phone, Purpose.REGISTER, by=PROVING, address=address, now=hour)
        except TooOften:
            return False
        return True

    from_one = await asyncio.gather(*(ask_from(HOME, 1000 + number) for number in range(100)))
    assert sum(from_one) == policy.per_address[0].most
    of_a_block = await asyncio.gather(*(ask_from(f"198.51.100.{number}", 2000 + number) for number in range(100)))
    assert sum(of_a_block) == policy.per_prefix.most
    assert await count_codes(tx) == sum(from_one) + sum(of_a_block)


def test_a_policy_pauses_longer_and_longer() -> None:
    policy = OtpPolicy()
    assert [policy.pause_after(sent).total_seconds() for sent in (1, 2, 3, 4, 50)] == [60, 120, 240, 240, 240]
