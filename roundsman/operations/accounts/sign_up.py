"""Registering a customer: the user, what he is found by and his customer profile, all or nothing."""

from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.activation.policy import ActivationPolicy
from roundsman.audit_log.entries import Actor
from roundsman.customers.customers import Customer, CustomerStatus
from roundsman.customers.registration import register_customer
from roundsman.database.transaction import Tx, in_transaction
from roundsman.identity.logins import login_email, login_identifiers, login_phone
from roundsman.identity.mode import require_people_managed_here
from roundsman.identity.registration import register_user
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.ids import CustomerId, UserId
from roundsman.operations.facts.fact_intake import tell
from roundsman.operations.facts.fact_matching import tell_parked


@dataclass(frozen=True, slots=True)
class SignUp:
    """What is known of a new customer; the phone in any spelling."""

    name: str
    phone: str
    email: str | None = None
    address: str | None = None
    area: str | None = None


@dataclass(frozen=True, slots=True)
class SignedUp:
    """The user and his customer profile, linked."""

    user_id: UserId
    customer_id: CustomerId


async def sign_up_customer(
    tx: Tx, sign_up: SignUp, *, actor: Actor, policy: ActivationPolicy, now: datetime
) -> SignedUp:
    """Register a customer for somebody who stands at the door or on the phone; he claims it later by his phone.

    What was told of him before, by his phone or e-mail, is his from now on. Of simultaneous registrations of one phone exactly one succeeds (spec: identity). Raises UnusablePhone,
    UnusableEmail, IdentifierTaken, or PeopleManagedElsewhere before cutover.
    """
    phone = login_phone(sign_up.phone)
    email = None if sign_up.email is None else login_email(sign_up.email)
    user = _user(sign_up, actor=actor, now=now)
    customer = _customer(sign_up, user, phone=phone, email=email)
    identifiers = login_identifiers(user.id, phone=phone, email=email)

    async def work(tx: Tx) -> SignedUp:
        await require_people_managed_here(tx)
        await register_user(tx, user, identifiers, actor=actor)
        await register_customer(tx, customer, actor=actor)
        await tell(tx, user.id, [], policy=policy, now=now)
        await tell_parked(tx, user.id, policy=policy, now=now)
        return SignedUp(user.id, customer.id)

    return await in_transaction(tx, work)


def _user(sign_up: SignUp, *, actor: Actor, now: datetime) -> User:
    return User(
        id=UserId(ObjectId()),
        name=sign_up.name,
        status=UserStatus.ACTIVE,
        claim=Claim.CLAIMABLE,
        roles=(Role.CUSTOMER,),
        created_at=now,
        created_by=actor.who,
    )


def _customer(sign_up: SignUp, user: User, *, phone: str, email: str | None) -> Customer:
    return Customer(
        id=CustomerId(ObjectId()),
        user_id=user.id,
        name=sign_up.name,
        status=CustomerStatus.ACTIVE,
        created_at=user.created_at,
        created_by=user.created_by,
        phone=phone,
        email=email,
        address=sign_up.address,
        area=sign_up.area,
    )
