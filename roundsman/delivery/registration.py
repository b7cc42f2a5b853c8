"""Registering delivery boys."""

from roundsman.audit_log.entries import Actor, AuditEntry, digest
from roundsman.audit_log.log import record
from roundsman.database.collections import DELIVERY_BOYS
from roundsman.database.transaction import Tx
from roundsman.delivery.delivery_boys import DeliveryBoy
from roundsman.delivery.linkage import find_delivery_boy_of_user
from roundsman.delivery.store import delivery_boy_document
from roundsman.errors import Conflict


class DeliveryBoyAlready(Conflict):
    """The user is a delivery boy already."""

    code = "delivery_boy_already"


async def register_delivery_boy(tx: Tx, boy: DeliveryBoy, *, actor: Actor) -> None:
    """Within a transaction: insert the profile of a user, and record it. Raises DeliveryBoyAlready."""
    if await find_delivery_boy_of_user(tx, boy.user_id) is not None:
        raise DeliveryBoyAlready("The user is registered as a delivery boy already")
    document = delivery_boy_document(boy)
    await tx.database[DELIVERY_BOYS].insert_one(document, session=tx.session)
    action, target = "delivery_boy.registered", f"delivery_boy:{boy.id}"
    await record(tx, AuditEntry(boy.created_at, actor, action, target, after_digest=digest(document)))
