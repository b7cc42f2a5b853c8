"""What remains of a customer whose account was closed: the profile his orders belong to, without anything personal."""

from collections.abc import Sequence

from roundsman.customers.customers import CustomerStatus
from roundsman.customers.store import address_from
from roundsman.database.bulk import EDITED
from roundsman.database.collections import ADDRESSES, CUSTOMERS
from roundsman.database.transaction import Document, Tx
from roundsman.ids import DeliveryBoyId, SourceRef, UserId

_PERSONAL = ("phone", "email", "address", "area", "note", EDITED)


async def erase_customers(tx: Tx, users: Sequence[UserId]) -> list[SourceRef]:
    """Empty the profiles of these users, and remove their addresses; gives what those addresses were made from."""
    his = {"user_id": {"$in": list(users)}}
    blank = {
        "$set": {"name": "", "status": CustomerStatus.STOPPED.value},
        "$unset": dict.fromkeys(_PERSONAL, ""),
    }
    await tx.database[CUSTOMERS].update_many(his, blank, session=tx.session)
    addresses = [address_from(one) async for one in tx.database[ADDRESSES].find(his, session=tx.session)]
    await tx.database[ADDRESSES].delete_many(his, session=tx.session)
    return [address.source for address in addresses if address.source is not None]


async def release_customers(tx: Tx, boys: Sequence[DeliveryBoyId]) -> int:
    """Have nobody deliver to the customers of these delivery boys, whatever a source says; counts them."""
    nobody: Document = {"$unset": {"delivery_boy_id": "", "stop": ""}, "$addToSet": {EDITED: "delivery_boy_id"}}
    released = await tx.database[CUSTOMERS].update_many(
        {"delivery_boy_id": {"$in": list(boys)}}, nobody, session=tx.session
    )
    return released.modified_count
