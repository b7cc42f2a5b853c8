"""Making accounts for the people of the office."""

from dataclasses import dataclass
from datetime import datetime

from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.audit_log.entries import Actor
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import InvalidInput
from roundsman.ids import UserId
from roundsman.operations.accounts.new_accounts import new_account, open_account


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
    account = new_account(staff.name, staff.role, phone=staff.phone, email=staff.email, actor=actor, now=now)

    async def work(tx: Tx) -> UserId:
        await open_account(tx, account, actor=actor)
        return account.user.id

    return await in_transaction(tx, work)
