"""Second factors: one row for each user who has an authenticator app. The collection is known here and nowhere else.

They stand apart from passwords, which an import and a merge of people replace as whole rows. An attempt is counted in
one atomic update before anything is compared, so that however many come at once, no more than allowed are looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pymongo import ReturnDocument

from roundsman.auth.factor_seal import FactorSeal
from roundsman.auth.totp import (
    matching_step,
    new_recovery_codes,
    new_secret,
    recovery_code_as_made,
)
from roundsman.database.collections import SECOND_FACTORS
from roundsman.database.transaction import Document, Tx
from roundsman.errors import Conflict, NotPermitted, RateLimited
from roundsman.ids import UserId

_NEVER: Final = -1
_JOINED: Final = "joined_second_factor"


@dataclass(frozen=True, slots=True)
class FactorRules:
    """How often a code may be wrong before none counts for a while, and how many recovery codes there are."""

    most_failures: int = 5
    pause: timedelta = timedelta(minutes=15)
    recovery_codes: int = 10


@dataclass(frozen=True, slots=True)
class Authenticators:
    """What second factors are set up and used with."""

    seal: FactorSeal
    rules: FactorRules


class WrongCode(NotPermitted):
    """The code is not the one that counts now, or it counted already."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__("This code does not count: it is wrong, used already, or too old.")


class NoSecondFactor(Conflict):
    """The user has no authenticator app here, or began no enrolment."""

    code = "no_second_factor"

    def __init__(self) -> None:
        super().__init__("No authenticator app is set up here. Begin with POST /api/v1/auth/totp/enrol.")


class TooManyWrongCodes(RateLimited):
    """Too many codes were wrong; none counts until the pause is over."""

    code = "too_many_wrong_codes"


async def begin_enrolment(tx: Tx, user_id: UserId, *, by: Authenticators, now: datetime) -> bytes:
    """Give the user a new secret, which counts once he confirms it; an authenticator he has counts until then."""
    secret = new_secret()
    update = {"$set": {"pending": by.seal.close(user_id, secret), "pending_at": now}, "$setOnInsert": {"failures": 0}}
    await tx.database[SECOND_FACTORS].update_one({"_id": user_id}, update, upsert=True, session=tx.session)
    return secret


async def confirm_enrolment(
    tx: Tx, user_id: UserId, code: str, *, by: Authenticators, now: datetime
) -> tuple[str, ...]:
    """Let the pending secret count, which the code proves; gives recovery codes, which are never shown again.

    Raises NoSecondFactor, WrongCode or TooManyWrongCodes. Not to be called in a transaction: attempts count even where
    nothing else comes of them.
    """
    row = await _take_attempt(tx, user_id, rules=by.rules, now=now)
    if "pending" not in row:
        raise NoSecondFactor
    step = matching_step(by.seal.open(user_id, row["pending"]), code, newer_than=_NEVER, now=now)
    if step is None:
        raise WrongCode
    codes = new_recovery_codes(by.rules.recovery_codes)
    update = {
        "$set": {
            "secret": row["pending"],
            "confirmed_at": now,
            "last_step": step,
            "failures": 0,
            "recovery": _digests(user_id, codes, by.seal),
        },
        "$unset": {"pending": "", "pending_at": "", "paused_until": ""},
    }
    confirmed = await tx.database[SECOND_FACTORS].update_one({"_id": user_id, "pending": row["pending"]}, update)
    if not confirmed.modified_count:
        raise WrongCode
    return codes


async def has_second_factor(tx: Tx, user_id: UserId) -> bool:
    """Whether the user has confirmed an authenticator."""
    confirmed = {"_id": user_id, "confirmed_at": {"$exists": True}}
    return await tx.database[SECOND_FACTORS].find_one(confirmed, {"_id": 1}, session=tx.session) is not None


async def second_factor_paused_until(tx: Tx, user_id: UserId, *, now: datetime) -> datetime | None:
    """Until when no code of the user counts, because too many were wrong; None where they count."""
    row = await tx.database[SECOND_FACTORS].find_one({"_id": user_id}, {"paused_until": 1}, session=tx.session) or {}
    until: datetime | None = row.get("paused_until")
    return until if until is not None and until > now else None


def joining_second_factor(field: str) -> Document:
    """The step of an aggregation that joins to each document the authenticator of the user whose id is in its field."""
    return {"$lookup": {"from": SECOND_FACTORS, "localField": field, "foreignField": "_id", "as": _JOINED}}


def is_second_factor_joined(document: Document) -> bool:
    """Whether one that was confirmed was joined to a document."""
    return any("confirmed_at" in row for row in document[_JOINED])


async def use_code(tx: Tx, user_id: UserId, code: str, *, by: Authenticators, now: datetime) -> None:
    """Use up a code of the authenticator; of several uses of one code exactly one succeeds.

    Raises NoSecondFactor, WrongCode or TooManyWrongCodes. Not to be called in a transaction.
    """
    row = await _take_attempt(tx, user_id, rules=by.rules, now=now)
    if "secret" not in row:
        raise NoSecondFactor
    step = matching_step(by.seal.open(user_id, row["secret"]), code, newer_than=row["last_step"], now=now)
    if step is None:
        raise WrongCode
    newest = {"_id": user_id, "secret": row["secret"], "last_step": {"$lt": step}}
    await _count_as_right(tx, newest, {"$set": {"last_step": step}})


async def use_recovery_code(tx: Tx, user_id: UserId, code: str, *, by: Authenticators, now: datetime) -> int:
    """Use up a recovery code, each of which counts once; says how many are left.

    Raises NoSecondFactor, WrongCode or TooManyWrongCodes. Not to be called in a transaction.
    """
    row = await _take_attempt(tx, user_id, rules=by.rules, now=now)
    if "secret" not in row:
        raise NoSecondFactor
    digest = by.seal.recovery_digest(user_id, recovery_code_as_made(code))
    # The digest is keyed, so how long it takes to find it tells nothing about the codes.
    await _count_as_right(tx, {"_id": user_id, "recovery": digest}, {"$pull": {"recovery": digest}})
    return len([one for one in row["recovery"] if one != digest])


async def renew_recovery_codes(tx: Tx, user_id: UserId, *, by: Authenticators) -> tuple[str, ...]:
    """Give the user new recovery codes in place of the old ones. Raises NoSecondFactor."""
    codes = new_recovery_codes(by.rules.recovery_codes)
    confirmed = {"_id": user_id, "confirmed_at": {"$exists": True}}
    update = {"$set": {"recovery": _digests(user_id, codes, by.seal)}}
    if not (await tx.database[SECOND_FACTORS].update_one(confirmed, update, session=tx.session)).matched_count:
        raise NoSecondFactor
    return codes


async def forget_second_factor(tx: Tx, user_id: UserId) -> bool:
    """Let the user have no authenticator, so that he enrols anew; False if he had none."""
    return (await tx.database[SECOND_FACTORS].delete_one({"_id": user_id}, session=tx.session)).deleted_count == 1


async def _take_attempt(tx: Tx, user_id: UserId, *, rules: FactorRules, now: datetime) -> Document:
    """Count an attempt before it is looked at; the row as it is then."""
    allowed = {"_id": user_id, "$or": [{"paused_until": {"$exists": False}}, {"paused_until": {"$lte": now}}]}
    paused = {"$cond": [{"$gte": ["$failures", rules.most_failures]}, now + rules.pause, "$$REMOVE"]}
    counted = {"$cond": [{"$gte": ["$failures", rules.most_failures]}, 0, "$failures"]}
    update = [
        {"$set": {"failures": {"$add": ["$failures", 1]}}},
        {"$set": {"paused_until": paused, "failures": counted}},
    ]
    row = await tx.database[SECOND_FACTORS].find_one_and_update(allowed, update, return_document=ReturnDocument.AFTER)
    if row is not None:
        return row
    stored = await tx.database[SECOND_FACTORS].find_one({"_id": user_id})
    if stored is None:
        raise NoSecondFactor
    seconds = max(1, int((stored["paused_until"] - now).total_seconds()))
    raise TooManyWrongCodes("Too many codes were wrong. None counts for a while.", retry_after_seconds=seconds)


async def _count_as_right(tx: Tx, expected: Document, change: Document) -> None:
    """Use the code up where nobody has meanwhile, and begin to count failures anew. Raises WrongCode."""
    right = {"failures": 0}
    update = change | {"$set": change.get("$set", {}) | right, "$unset": {"paused_until": ""}}
    if not (await tx.database[SECOND_FACTORS].update_one(expected, update)).modified_count:
        raise WrongCode


def _digests(user_id: UserId, codes: Sequence[str], seal: FactorSeal) -> list[bytes]:
    return [seal.recovery_digest(user_id, code) for code in codes]
