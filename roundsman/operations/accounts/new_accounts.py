"""Accounts that the office makes for others: their owners take them by a code, and set a password if they like."""

from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.audit_log.entries import Actor
from roundsman.database.transaction import Tx
from roundsman.identity.logins import login_email, login_identifiers, login_phone
from roundsman.identity.mode import require_people_managed_here
from roundsman.identity.registration import register_user
from roundsman.identity.role_grants import NothingToSignInWith
from roundsman.identity.users import Claim, Identifier, User, UserStatus
from roundsman.ids import UserId


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A user who is not stored yet, and his phone and e-mail, each in its one spelling."""

    user: User
    phone: str | None
    email: str | None

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """What he will sign in with."""
        return login_identifiers(self.user.id, phone=self.phone, email=self.email)


def new_account(
    name: str, role: Role, *, phone: str | None, email: str | None, actor: Actor, now: datetime
) -> NewAccount:
    """Prepare the account of somebody with a phone or an e-mail, in any spelling.

    Raises NothingToSignInWith, UnusablePhone, UnusableEmail.
    """
    if phone is None and email is None:
        raise NothingToSignInWith(f"{name} needs a phone or an e-mail to sign in with")
    user = User(
        id=UserId(ObjectId()),
        name=name,
        status=UserStatus.ACTIVE,
        claim=Claim.CLAIMABLE,
        roles=(role,),
        created_at=now,
        created_by=actor.who,
    )
    return NewAccount(
        user,
        phone=None if phone is None else login_phone(phone),
        email=None if email is None else login_email(email),
    )


async def open_account(tx: Tx, account: NewAccount, *, actor: Actor) -> None:
    """Within a transaction: store the account. Raises IdentifierTaken, PeopleManagedElsewhere."""
    await require_people_managed_here(tx)
    await register_user(tx, account.user, account.identifiers, actor=actor)
