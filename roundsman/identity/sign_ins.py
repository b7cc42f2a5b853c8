"""When a user signed in."""

from datetime import datetime

from roundsman.database.collections import USERS
from roundsman.database.transaction import Tx
from roundsman.identity.users import User, UserStatus
from roundsman.ids import UserId


async def record_sign_in(tx: Tx, user: User, *, now: datetime) -> bool:
    """Note that the user signs in now; False when he was disabled or his sessions were ended since he was read."""
    noted = await tx.database[USERS].update_one(
        {"_id": user.id, "status": UserStatus.ACTIVE.value, "session_version": user.session_version},
        [{"$set": {"first_sign_in_at": {"$ifNull": ["$first_sign_in_at", now]}, "last_sign_in_at": now}}],
        session=tx.session,
    )
    return noted.matched_count == 1


async def forget_sign_ins(tx: Tx, user_id: UserId) -> None:
    """Let no session and no token that the user was given before count any more."""
    await tx.database[USERS].update_one({"_id": user_id}, {"$inc": {"session_version": 1}}, session=tx.session)
