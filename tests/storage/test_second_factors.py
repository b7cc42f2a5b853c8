import asyncio
from datetime import datetime, timedelta

import pytest
from bson import ObjectId

from roundsman.auth.factor_seal import FactorSeal
from roundsman.auth.second_factors import (
    Authenticators,
    FactorRules,
    NoSecondFactor,
    TooManyWrongCodes,
    WrongCode,
    begin_enrolment,
    confirm_enrolment,
    has_second_factor,
    renew_recovery_codes,
    use_code,
    use_recovery_code,
)
from roundsman.auth.totp import code_at, step_of
from roundsman.database.collections import SECOND_FACTORS
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from tests.builders import NOW

RULES = FactorRules()
BY = Authenticators(FactorSeal(b"k" * 32), RULES)
LATER = NOW + timedelta(minutes=1)


async def enrolled(tx: Tx) -> tuple[UserId, bytes, tuple[str, ...]]:
    user = UserId(ObjectId())
    secret = await begin_enrolment(tx, user, by=BY, now=NOW)
    codes = await confirm_enrolment(tx, user, code_at(secret, step_of(NOW)), by=BY, now=NOW)
    return user, secret, codes


async def outcome(tx: Tx, user: UserId, code: str, *, recovery: bool = False, now: datetime = LATER) -> str:
    use = use_recovery_code if recovery else use_code
    try:
        await use(tx, user, code, by=BY, now=now)
    except (WrongCode, TooManyWrongCodes, NoSecondFactor) as error:
        return error.code
    return "right"


async def test_nothing_counts_before_it_is_confirmed(tx: Tx) -> None:
    user = UserId(ObjectId())
    assert await outcome(tx, user, "123456") == "no_second_factor"
    secret = await begin_enrolment(tx, user, by=BY, now=NOW)
    assert not await has_second_factor(tx, user)
    assert await outcome(tx, user, code_at(secret, step_of(LATER))) == "no_second_factor"


async def test_a_new_enrolment_leaves_the_old_authenticator_until_it_is_confirmed(tx: Tx) -> None:
    user, secret, _ = await enrolled(tx)
    await begin_enrolment(tx, user, by=BY, now=NOW)
    assert await outcome(tx, user, code_at(secret, step_of(LATER))) == "right"


async def test_of_a_hundred_uses_of_one_code_one_succeeds(tx: Tx) -> None:
    user, secret, codes = await enrolled(tx)
    lenient = Authenticators(BY.seal, FactorRules(most_failures=1000))

    async def use(code: str, *, recovery: bool) -> bool:
        try:
            if recovery:
                await use_recovery_code(tx, user, code, by=lenient, now=LATER)
            else:
                await use_code(tx, user, code, by=lenient, now=LATER)
        except WrongCode:
            return False
        return True

    code = code_at(secret, step_of(LATER))
    assert sum(await asyncio.gather(*(use(code, recovery=False) for _ in range(100)))) == 1
    assert sum(await asyncio.gather(*(use(codes[0].upper(), recovery=True) for _ in range(100)))) == 1
    assert await outcome(tx, user, codes[1], recovery=True) == "right"


async def test_five_failures_pause_for_fifteen_minutes_however_many_come_at_once(tx: Tx) -> None:
    user, secret, codes = await enrolled(tx)
    answers = await asyncio.gather(*(outcome(tx, user, "000000") for _ in range(40)))
    assert sorted(answers) == ["too_many_wrong_codes"] * 35 + ["wrong_code"] * 5

    right = code_at(secret, step_of(LATER))
    assert await outcome(tx, user, right) == "too_many_wrong_codes"
    assert await outcome(tx, user, codes[0], recovery=True) == "too_many_wrong_codes"
    over = LATER + RULES.pause
    assert await outcome(tx, user, code_at(secret, step_of(over)), now=over) == "right"


async def test_a_right_code_forgives_the_wrong_ones(tx: Tx) -> None:
    user, secret, _ = await enrolled(tx)
    for round_ in range(1, 4):
        now = NOW + round_ * timedelta(minutes=1)
        for _ in range(4):
            assert await outcome(tx, user, "000000", now=now) == "wrong_code"
        assert await outcome(tx, user, code_at(secret, step_of(now)), now=now) == "right"


async def test_nothing_stored_is_a_secret_or_a_code(tx: Tx) -> None:
    user, secret, codes = await enrolled(tx)
    stored = repr(await tx.database[SECOND_FACTORS].find_one({"_id": user}))
    assert repr(secret)[2:-1] not in stored
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


async def test_new_recovery_codes_replace_the_old(tx: Tx) -> None:
    user, _, codes = await enrolled(tx)
    new = await renew_recovery_codes(tx, user, by=BY)
    assert await outcome(tx, user, codes[0], recovery=True) == "wrong_code"
    assert await outcome(tx, user, new[0], recovery=True) == "right"
    with pytest.raises(NoSecondFactor):
        await renew_recovery_codes(tx, UserId(ObjectId()), by=BY)
