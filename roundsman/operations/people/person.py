"""One person seen whole: the user and everything he is to the business."""

from dataclasses import dataclass
from datetime import datetime

from roundsman.customers.customers import Customer
from roundsman.customers.linkage import customers_of_user
from roundsman.database.transaction import Tx
from roundsman.delivery.delivery_boys import DeliveryBoy
from roundsman.delivery.linkage import find_delivery_boy_of_user
from roundsman.identity.lookup import find_user, get_user, identifiers_of_user
from roundsman.identity.users import Identifier, User
from roundsman.ids import UserId
from roundsman.orders.history import find_latest_order_of_user
from roundsman.suppliers.linkage import find_supplier_of_user
from roundsman.suppliers.suppliers import Supplier


@dataclass(frozen=True, slots=True)
class Person:
    """A user with his identifiers and profiles. `last_activity` is his latest sign-in or order, as far as known."""

    user: User
    identifiers: tuple[Identifier, ...]
    customers: tuple[Customer, ...]
    delivery_boy: DeliveryBoy | None
    supplier: Supplier | None
    last_activity: datetime | None


async def find_person(tx: Tx, text: str) -> Person:
    """Find the person whom any identifier leads to: phone, e-mail, old id or own id.

    Raises MalformedIdentifier, UnknownIdentifier or AmbiguousIdentifier.
    """
    return await _whole(tx, await find_user(tx, text))


async def get_person(tx: Tx, user_id: UserId) -> Person:
    """Read the person a user is. Raises UnknownUser."""
    return await _whole(tx, await get_user(tx, user_id))


async def _whole(tx: Tx, user: User) -> Person:
    latest_order = await find_latest_order_of_user(tx, user.id)
    moments = (user.last_sign_in_at, None if latest_order is None else latest_order.placed_at)
    return Person(
        user=user,
        identifiers=tuple(await identifiers_of_user(tx, user.id)),
        customers=tuple(await customers_of_user(tx, user.id)),
        delivery_boy=await find_delivery_boy_of_user(tx, user.id),
        supplier=await find_supplier_of_user(tx, user.id),
        last_activity=max((moment for moment in moments if moment is not None), default=None),
    )
