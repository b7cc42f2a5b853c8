"""What remains of a customer whose account was closed: the profile his orders belong to, without anything personal."""

from collections.abc import Sequence
from datetime import datetime

from roundsman.customers.customers import SERVED, CustomerStatus, assigned_to
from roundsman.customers.linkage import customers_of_delivery_boy, write_assignment
from roundsman.customers.store import address_from
from roundsman.database.bulk import EDITED
from roundsman.database.collections import ADDRESSES, CUSTOMERS
from roundsman.database.transaction import Tx
from roundsman.ids import DeliveryBoyId, SourceRef, UserId

_PERSONAL = ("phone", "email", "address", "area", "note", EDITED)


async def erase_customers(tx: Tx, users: Sequence[UserId], *, now: datetime) -> list[SourceRef]:
    """Empty the profiles of these users, and remove their addresses; gives what those addresses were made from."""
    his = {"user_id": {"$in": list(users)}}
    served = his | {"status": {"$in": [one.value for one in SERVED]}}
    # What was brought to them before may be told of later.
    await tx.database[CUSTOMERS].update_many(served, {"$set": {"served_until": now}}, session=tx.session)
    blank = {
        "$set": {"name": "", "status": CustomerStatus.STOPPED.value},
        "$unset": dict.fromkeys(_PERSONAL, ""),
    }
    await tx.database[CUSTOMERS].update_many(his, blank, session=tx.session)
    addresses = [address_from(one) async for one in tx.database[ADDRESSES].find(his, session=tx.session)]
    await tx.database[ADDRESSES].delete_many(his, session=tx.session)
    return [address.source for address in addresses if address.source is not None]


async def release_customers(tx: Tx, boys: Sequence[DeliveryBoyId], *, now: datetime) -> None:
    """Have nobody deliver to the customers of these delivery boys from now on, whatever a source says."""
    for boy in boys:
        for customer in (await customers_of_delivery_boy(tx, boy)).values():
            await write_assignment(tx, assigned_to(customer, None, None, now=now))
