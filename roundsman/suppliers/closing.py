"""What remains of a supplier whose account was closed: the profile that products and purchases belong to."""

from collections.abc import Sequence

from roundsman.database.bulk import EDITED
from roundsman.database.collections import SUPPLIERS
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.suppliers.suppliers import SupplierStatus

_PERSONAL = ("phone", "email", "address", "gstin", "payment_terms", EDITED)


async def erase_suppliers(tx: Tx, users: Sequence[UserId]) -> None:
    """Empty the profiles of these users."""
    blank = {
        "$set": {"name": "", "status": SupplierStatus.INACTIVE.value},
        "$unset": dict.fromkeys(_PERSONAL, ""),
    }
    await tx.database[SUPPLIERS].update_many({"user_id": {"$in": list(users)}}, blank, session=tx.session)
