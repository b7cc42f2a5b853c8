"""Links with which a new password is set: one use each, and the first use ends all others of the user.

Kept as digests, so that who reads the database has no link.
"""

import secrets
from datetime import datetime, timedelta
from typing import Final

from roundsman.auth.digests import digest_of
from roundsman.database.collections import PASSWORD_RESETS
from roundsman.database.transaction import Tx
from roundsman.ids import UserId

_TOKEN_BYTES: Final = 32
_PURPOSE: Final = "password-reset"


async def keep_reset(tx: Tx, user_id: UserId, *, secret_key: bytes, lifetime: timedelta, now: datetime) -> str:
    """Make a token of 256 bits that sets the user's password once; gives it, and keeps its digest."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    document = {"_id": _digest(secret_key, token), "user_id": user_id, "expires_at": now + lifetime}
    await tx.database[PASSWORD_RESETS].insert_one(document, session=tx.session)
    return token


async def find_reset(tx: Tx, token: str, *, secret_key: bytes, now: datetime) -> UserId | None:
    """Whose password the token sets, if it counts still."""
    criteria = {"_id": _digest(secret_key, token), "expires_at": {"$gt": now}}
    found = await tx.database[PASSWORD_RESETS].find_one(criteria, session=tx.session)
    return None if found is None else UserId(found["user_id"])


async def use_reset(tx: Tx, token: str, *, secret_key: bytes, now: datetime) -> UserId | None:
    """Use the token up, and with it all others of the user; None if it counts no more. Call it in a transaction."""
    criteria = {"_id": _digest(secret_key, token), "expires_at": {"$gt": now}}
    found = await tx.database[PASSWORD_RESETS].find_one_and_delete(criteria, session=tx.session)
    if found is None:
        return None
    await forget_resets(tx, found["user_id"])
    return UserId(found["user_id"])


async def forget_resets(tx: Tx, user_id: UserId) -> None:
    """Let no link of the user count any more."""
    await tx.database[PASSWORD_RESETS].delete_many({"user_id": user_id}, session=tx.session)


def _digest(secret_key: bytes, token: str) -> bytes:
    return digest_of(secret_key, _PURPOSE, token)
