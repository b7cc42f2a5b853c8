"""When a user signed in."""

from datetime import datetime

from roundsman.database.collections import USERS
from roundsman.database.transaction import Tx
from roundsman.identity.users import User, UserStatus


async def record_sign_in(tx: Tx, user: User, *, now: datetime) -> bool:
    """Note that the user signs in now; False when he was disabled or his sessions were ended since he was read."""
    noted = await tx.database[USERS].update_one(
        {"_id": user.id, "status": UserStatus.ACTIVE.value, "session_version": user.session_version},
        [{"$set": {"first_sign_in_at": {"$ifNull": ["$first_sign_in_at", now]}, "last_sign_in_at": now}}],
        session=tx.session,
    )
    return noted.matched_count == 1
