"""Making accounts for the people of the office."""

from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.audit_log.entries import Actor
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import InvalidInput
from roundsman.identity.logins import login_email, login_identifiers, login_phone
from roundsman.identity.mode import require_people_managed_here
from roundsman.identity.registration import register_user
from roundsman.identity.role_grants import NothingToSignInWith
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.ids import UserId


class NoStaffRole(InvalidInput):
    """The role is none of the office; customers and partners are registered as what they are."""

    code = "no_staff_role"


@dataclass(frozen=True, slots=True)
class NewStaff:
    """Who is to work in the office; at least one of phone and e-mail, in any spelling."""

    name: str
    role: Role
    phone: str | None = None
    email: str | None = None


async def create_staff(tx: Tx, staff: NewStaff, *, actor: Actor, now: datetime) -> UserId:
    """Make an account that its owner takes by a code to his phone or e-mail; it has no password until he sets one.

    Raises NoStaffRole, NothingToSignInWith, UnusablePhone, UnusableEmail, IdentifierTaken, PeopleManagedElsewhere.
    """
    if staff.role not in STAFF_ROLES:
        raise NoStaffRole(f"{staff.role} is no role of the office.")
    user = User(
        id=UserId(ObjectId()),
        name=staff.name,
        status=UserStatus.ACTIVE,
        claim=Claim.CLAIMABLE,
        roles=(staff.role,),
        created_at=now,
        created_by=actor.who,
    )
    identifiers = login_identifiers(
        user.id,
        phone=None if staff.phone is None else login_phone(staff.phone),
        email=None if staff.email is None else login_email(staff.email),
    )
    if not identifiers:
        raise NothingToSignInWith("Staff needs a phone or an e-mail to sign in with")

    async def work(tx: Tx) -> UserId:
        await require_people_managed_here(tx)
        await register_user(tx, user, identifiers, actor=actor)
        return user.id

    return await in_transaction(tx, work)
