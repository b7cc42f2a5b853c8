"""Taking on a supplier: his user and his profile, all or nothing; and finding profiles."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.audit_log.entries import Actor, AuditEntry, digest
from roundsman.audit_log.log import record
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict, NotFound
from roundsman.identity.logins import login_email, login_phone
from roundsman.identity.lookup import find_user, get_user
from roundsman.identity.mode import require_people_managed_here
from roundsman.identity.standing import change_roles, confirm_role
from roundsman.identity.users import User
from roundsman.ids import SupplierId, UserId
from roundsman.operations.accounts.new_accounts import new_account, open_account
from roundsman.operations.accounts.standing import NotLive
from roundsman.suppliers.linkage import (
    SupplierNotFound,
    find_supplier_of_user,
    get_supplier,
    register_supplier,
    require_gstin_free,
)
from roundsman.suppliers.suppliers import Supplier, SupplierStatus


class NoSupplierProfile(NotFound):
    """Who asks is no supplier: there is nothing of his."""

    code = "no_supplier_profile"


class SupplierAlready(Conflict):
    """The user has a supplier's profile."""

    code = "supplier_already"


@dataclass(frozen=True, slots=True)
class SupplierDetails:
    """What a supplier's profile says; phone and e-mail in any spelling."""

    name: str
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    gstin: str | None = None
    payment_terms: str | None = None


async def onboard_supplier(tx: Tx, details: SupplierDetails, *, actor: Actor, now: datetime) -> Supplier:
    """Make the account and the profile of a supplier, who signs in by a code to his phone or e-mail, or sets a password.

    Raises NothingToSignInWith, UnusablePhone, UnusableEmail, IdentifierTaken, GstinTaken, PeopleManagedElsewhere.
    """
    account = new_account(details.name, Role.SUPPLIER, phone=details.phone, email=details.email, actor=actor, now=now)
    supplier = _profile(account.user.id, details, actor=actor, now=now)

    async def work(tx: Tx) -> Supplier:
        await open_account(tx, account, actor=actor)
        return await _registered(tx, supplier, actor=actor)

    return await in_transaction(tx, work)


async def onboard_user(tx: Tx, user_id: UserId, details: SupplierDetails, *, actor: Actor, now: datetime) -> Supplier:
    """Make somebody a supplier who is registered as something else; he signs in as before.

    Raises UnknownUser, NotLive, SupplierAlready, UnusablePhone, UnusableEmail, GstinTaken, ChangedMeanwhile,
    PeopleManagedElsewhere.
    """
    supplier = _profile(user_id, details, actor=actor, now=now)

    async def work(tx: Tx) -> Supplier:
        await require_people_managed_here(tx)
        user = await get_user(tx, user_id)
        if not user.is_live:
            raise NotLive("The user was merged or archived")
        if await find_supplier_of_user(tx, user_id) is not None:
            raise SupplierAlready(f"{user.name} is a supplier already")
        await _grant(tx, user, actor=actor, now=now)
        return await _registered(tx, supplier, actor=actor)

    return await in_transaction(tx, work)


def _profile(user_id: UserId, details: SupplierDetails, *, actor: Actor, now: datetime) -> Supplier:
    return Supplier(
        id=SupplierId(ObjectId()),
        user_id=user_id,
        name=details.name,
        status=SupplierStatus.ACTIVE,
        created_at=now,
        created_by=actor.who,
        phone=None if details.phone is None else login_phone(details.phone),
        email=None if details.email is None else login_email(details.email),
        address=details.address,
        gstin=details.gstin,
        payment_terms=details.payment_terms,
    )


async def _registered(tx: Tx, supplier: Supplier, *, actor: Actor) -> Supplier:
    await require_gstin_free(tx, supplier)
    stored = digest(await register_supplier(tx, supplier))
    target = f"supplier:{supplier.id}"
    await record(tx, AuditEntry(supplier.created_at, actor, "supplier.onboarded", target, after_digest=stored))
    return supplier


async def _grant(tx: Tx, user: User, *, actor: Actor, now: datetime) -> None:
    """Give the user the role, if he does not have it."""
    if Role.SUPPLIER in user.effective_roles:
        return
    waits = Role.SUPPLIER in user.roles
    await (
        confirm_role(tx, user, Role.SUPPLIER) if waits else change_roles(tx, user, roles=(*user.roles, Role.SUPPLIER))
    )
    reason = f"{Role.SUPPLIER}: taken on as one"
    await record(tx, AuditEntry(now, actor, "role.granted", f"user:{user.id}", reason=reason))


async def find_supplier(tx: Tx, text: str) -> Supplier:
    """Find the supplier whom his id, or any identifier of his user, names.

    Raises SupplierNotFound, MalformedIdentifier, UnknownIdentifier or AmbiguousIdentifier.
    """
    if ObjectId.is_valid(text):
        with suppress(SupplierNotFound):
            return await get_supplier(tx, SupplierId(ObjectId(text)))
    user = await find_user(tx, text)
    supplier = await find_supplier_of_user(tx, user.id)
    if supplier is None:
        raise SupplierNotFound(f"{user.name} is no supplier")
    return supplier


async def own_supplier(tx: Tx, user_id: UserId) -> Supplier:
    """Read the supplier a user is. Raises NoSupplierProfile."""
    supplier = await find_supplier_of_user(tx, user_id)
    if supplier is None:
        raise NoSupplierProfile("You are not registered as a supplier")
    return supplier
