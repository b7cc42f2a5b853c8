"""Codes that were sent and wait to be named. One document a phone or e-mail, so only the newest code counts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pymongo import ReturnDocument

from roundsman.auth.attempts import TooOften
from roundsman.auth.otp import OtpPolicy, Purpose
from roundsman.database.collections import OTP_CHALLENGES
from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.ids import UserId

_SCHEDULE_KEPT = timedelta(hours=1)


class TooSoon(TooOften):
    """The last code was asked for a moment ago."""

    code = "too_soon"


@dataclass(frozen=True, slots=True)
class Challenge:
    """A code that may be named: for which identifier and purpose, and by whom where only one user may.

    A decoy is for somebody who is not known: it is kept like any other and nothing fits it, so that both look alike.
    """

    key: str
    purpose: Purpose
    digest: bytes = field(repr=False)
    is_decoy: bool = False
    for_user: UserId | None = None


async def issue(tx: Tx, challenge: Challenge, policy: OtpPolicy, *, now: datetime) -> None:
    """Let this code of the phone count and no older one. Raises TooSoon."""

    async def work(tx: Tx) -> None:
        before = await tx.database[OTP_CHALLENGES].find_one({"_id": challenge.key}, session=tx.session)
        if before is not None and before["resend_at"] > now:
            raise TooSoon(
                "A code was asked for a moment ago; wait before the next.", retry_after=before["resend_at"] - now
            )
        # The time it is forgotten is looked at here too: MongoDB is late with it.
        sent = before["sent"] + 1 if before is not None and before["forget_at"] > now else 1
        document = _document(challenge, policy, sent=sent, now=now)
        await tx.database[OTP_CHALLENGES].replace_one({"_id": challenge.key}, document, upsert=True, session=tx.session)

    await in_transaction(tx, work)


async def spend_try(tx: Tx, key: str, purpose: Purpose, *, for_user: UserId | None, now: datetime) -> Challenge | None:
    """Spend one try of the code that counts; None where there is none, or no try is left.

    Spent before anything is compared, so that tries at the same time are not more than tries one after another.
    """
    document = await tx.database[OTP_CHALLENGES].find_one_and_update(
        {
            "_id": key,
            "purpose": purpose.value,
            "for_user": for_user,
            "expires_at": {"$gt": now},
            "tries_left": {"$gt": 0},
        },
        {"$inc": {"tries_left": -1}},
        return_document=ReturnDocument.AFTER,
    )
    if document is None:
        return None
    return Challenge(key, purpose, bytes(document["code"]), is_decoy=document["is_decoy"], for_user=for_user)


async def use_up(tx: Tx, challenge: Challenge) -> bool:
    """Let the code count no more; of any number at the same time one gets True. The resend schedule starts anew."""
    used = await tx.database[OTP_CHALLENGES].delete_one({"_id": challenge.key, "code": challenge.digest})
    return used.deleted_count == 1


def _document(challenge: Challenge, policy: OtpPolicy, *, sent: int, now: datetime) -> Document:
    resend_at = now + policy.pause_after(sent)
    return without_absent(
        {
            "_id": challenge.key,
            "purpose": challenge.purpose.value,
            "code": challenge.digest,
            "is_decoy": challenge.is_decoy,
            "for_user": challenge.for_user,
            "tries_left": policy.tries,
            "sent": sent,
            "resend_at": resend_at,
            "expires_at": now + policy.lifetime,
            "forget_at": max(resend_at, now + policy.lifetime) + _SCHEDULE_KEPT,
        }
    )
