"""Making delivery boys of people: those who are new here, and those who are somebody already."""

from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.audit_log.entries import Actor
from roundsman.database.transaction import Tx, in_transaction
from roundsman.delivery.delivery_boys import DeliveryBoy, DeliveryBoyStatus
from roundsman.delivery.registration import register_delivery_boy
from roundsman.errors import Conflict
from roundsman.identity.lookup import get_user
from roundsman.identity.mode import require_people_managed_here
from roundsman.identity.users import User
from roundsman.ids import DeliveryBoyId, UserId
from roundsman.operations.accounts.new_accounts import new_account, open_account


class RoleNeeded(Conflict):
    """The user does not have the role of what he is to become."""

    code = "role_needed"


@dataclass(frozen=True, slots=True)
class NewDeliveryBoy:
    """Who is to deliver: a new person with a phone in any spelling, or a user who has the role."""

    name: str
    phone: str
    email: str | None = None
    areas: tuple[str, ...] = ()


async def sign_up_delivery_boy(tx: Tx, new: NewDeliveryBoy, *, actor: Actor, now: datetime) -> DeliveryBoy:
    """Register a delivery boy, who signs in by a code to his phone and sets a password if he likes.

    Raises UnusablePhone, UnusableEmail, IdentifierTaken, PeopleManagedElsewhere.
    """
    account = new_account(new.name, Role.DELIVERY_BOY, phone=new.phone, email=new.email, actor=actor, now=now)
    boy = _boy(account.user, new.areas, phone=account.phone, email=account.email)

    async def work(tx: Tx) -> DeliveryBoy:
        await open_account(tx, account, actor=actor)
        await register_delivery_boy(tx, boy, actor=actor)
        return boy

    return await in_transaction(tx, work)


async def make_delivery_boy(
    tx: Tx, user_id: UserId, areas: tuple[str, ...], *, actor: Actor, now: datetime
) -> DeliveryBoy:
    """Give a user who has the role the profile of a delivery boy.

    Raises UnknownUser, RoleNeeded, DeliveryBoyAlready, PeopleManagedElsewhere.
    """

    async def work(tx: Tx) -> DeliveryBoy:
        await require_people_managed_here(tx)
        user = await get_user(tx, user_id)
        if Role.DELIVERY_BOY not in user.effective_roles:
            raise RoleNeeded("Give the user the role delivery_boy first: POST /api/v1/users/{user_id}/roles")
        boy = _boy(user, areas, created_by=actor.who, created_at=now)
        await register_delivery_boy(tx, boy, actor=actor)
        return boy

    return await in_transaction(tx, work)


def _boy(
    user: User,
    areas: tuple[str, ...],
    *,
    phone: str | None = None,
    email: str | None = None,
    created_by: str | None = None,
    created_at: datetime | None = None,
) -> DeliveryBoy:
    return DeliveryBoy(
        id=DeliveryBoyId(ObjectId()),
        user_id=user.id,
        name=user.name,
        status=DeliveryBoyStatus.ACTIVE,
        areas=areas,
        created_at=created_at or user.created_at,
        created_by=created_by or user.created_by,
        phone=phone,
        email=email,
    )
