"""The contacts of customer profiles, where they follow what their user signs in with."""

from typing import Literal

from roundsman.database.bulk import EDITED
from roundsman.database.collections import CUSTOMERS
from roundsman.database.transaction import Tx
from roundsman.ids import UserId


async def change_contact_of_user(
    tx: Tx, user_id: UserId, field: Literal["phone", "email"], *, before: str, after: str
) -> int:
    """Replace a contact wherever the user's customer profiles have the old one; count them. The source is not followed there."""
    changed = await tx.database[CUSTOMERS].update_many(
        {"user_id": user_id, field: before},
        {"$set": {field: after}, "$addToSet": {EDITED: field}},
        session=tx.session,
    )
    return changed.modified_count
