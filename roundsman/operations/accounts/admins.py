"""Making somebody an admin on the word of the operator, who holds the machine anyway."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from roundsman.auth.credential_storage import set_password
from roundsman.auth.passwords import hash_password
from roundsman.database.transaction import Tx, in_transaction
from roundsman.identity.role_grants import create_admin
from roundsman.identity.users import User


@dataclass(frozen=True, slots=True)
class NewAdmin:
    """Who becomes an admin; at least one of phone and e-mail, in any spelling."""

    name: str
    phone: str | None = None
    email: str | None = None


async def create_admin_with_password(
    tx: Tx, admin: NewAdmin, password: str, *, now: datetime, counts_for: timedelta | None = None
) -> User:
    """Register an admin who can sign in at once, with an initial password for a while if `counts_for` says how long.

    Raises NothingToSignInWith, UnusablePhone, UnusableEmail or IdentifierTaken.
    """
    password_hash = hash_password(password)
    counts_until = None if counts_for is None else now + counts_for

    async def work(tx: Tx) -> User:
        user = await create_admin(tx, name=admin.name, phone=admin.phone, email=admin.email, now=now)
        await set_password(tx, user.id, password_hash, now=now, counts_until=counts_until)
        return user

    return await in_transaction(tx, work)
