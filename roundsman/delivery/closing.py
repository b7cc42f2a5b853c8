"""What remains of a delivery boy whose account was closed: the profile that what he earned belongs to."""

from collections.abc import Sequence

from roundsman.database.bulk import EDITED
from roundsman.database.collections import DELIVERY_BOYS
from roundsman.database.transaction import Tx
from roundsman.delivery.delivery_boys import DeliveryBoyStatus
from roundsman.ids import UserId


async def erase_delivery_boys(tx: Tx, users: Sequence[UserId]) -> None:
    """Empty the profiles of these users."""
    blank = {
        "$set": {"name": "", "status": DeliveryBoyStatus.LEFT.value, "areas": []},
        "$unset": {"phone": "", "email": "", EDITED: ""},
    }
    await tx.database[DELIVERY_BOYS].update_many({"user_id": {"$in": list(users)}}, blank, session=tx.session)
