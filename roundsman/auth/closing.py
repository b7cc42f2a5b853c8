"""Everything by which somebody could prove who he is, gone with his account."""

from collections.abc import Sequence

from roundsman.database.collections import CREDENTIALS, OTP_CHALLENGES, PROOFS, SECOND_FACTORS, SESSIONS
from roundsman.database.transaction import Tx
from roundsman.ids import UserId


async def erase_credentials(tx: Tx, users: Sequence[UserId], *, keys: Sequence[str]) -> None:
    """Remove the passwords, authenticators and sessions of these users, and codes that were sent to these identifiers."""
    ids = list(users)
    for collection in (CREDENTIALS, SECOND_FACTORS):
        await tx.database[collection].delete_many({"_id": {"$in": ids}}, session=tx.session)
    await tx.database[SESSIONS].delete_many({"user_id": {"$in": ids}}, session=tx.session)
    await tx.database[OTP_CHALLENGES].delete_many({"_id": {"$in": list(keys)}}, session=tx.session)
    await tx.database[PROOFS].delete_many({"key": {"$in": list(keys)}}, session=tx.session)
