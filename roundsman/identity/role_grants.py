"""Giving roles to people, and who has them."""

from datetime import datetime

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.audit_log.entries import SYSTEM
from roundsman.database.collections import USERS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Tx
from roundsman.errors import InvalidInput
from roundsman.identity.logins import login_email, login_identifiers, login_phone
from roundsman.identity.registration import register_user
from roundsman.identity.store import user_from
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.ids import UserId


class NothingToSignInWith(InvalidInput):
    """Neither a phone nor an e-mail was given."""

    code = "nothing_to_sign_in_with"


async def create_admin(tx: Tx, *, name: str, phone: str | None = None, email: str | None = None, now: datetime) -> User:
    """Register an admin on the word of the operator at the command line; he has no password yet.

    Works in any mode, since cutover asks for an admin. Raises NothingToSignInWith, UnusablePhone, UnusableEmail or
    IdentifierTaken.
    """
    admin = User(
        id=UserId(ObjectId()),
        name=name,
        status=UserStatus.ACTIVE,
        claim=Claim.CLAIMED,
        roles=(Role.ADMIN,),
        created_at=now,
        created_by=SYSTEM.who,
    )
    identifiers = login_identifiers(
        admin.id,
        phone=None if phone is None else login_phone(phone),
        email=None if email is None else login_email(email),
    )
    if not identifiers:
        raise NothingToSignInWith("An admin needs a phone or an e-mail to sign in with")
    await register_user(tx, admin, identifiers, actor=SYSTEM)
    return admin


async def list_active_admins(tx: Tx) -> list[User]:
    """Those who may decide about everybody, by id."""
    criteria = {"roles": Role.ADMIN.value, "status": UserStatus.ACTIVE.value}
    found = [user async for user in iterate(tx, USERS, user_from, criteria)]
    return sorted([user for user in found if Role.ADMIN in user.effective_roles], key=lambda user: user.id)
