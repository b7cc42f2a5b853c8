"""Registering oneself with a phone one has proved. Only who proved it learns whether somebody is registered with it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bson import ObjectId

from roundsman.access.principal import SignedInBy
from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.activation.policy import ActivationPolicy
from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.otp import Purpose
from roundsman.auth.proofs import use_proof
from roundsman.auth.sessions import Opening, end_sessions
from roundsman.customers.customers import Customer, CustomerStatus
from roundsman.customers.linkage import customers_of_user
from roundsman.customers.registration import register_customer
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict
from roundsman.identity.claiming import begin_epoch, find_holder, lose_number
from roundsman.identity.following import sign_in_identifiers
from roundsman.identity.mode import require_people_managed_here
from roundsman.identity.registration import IdentifierTaken, register_user
from roundsman.identity.users import Claim, Identifier, User, UserStatus
from roundsman.ids import CustomerId, UserId
from roundsman.operations.accounts.sign_up import SignedUp
from roundsman.operations.facts.fact_intake import signups_of, tell
from roundsman.operations.facts.fact_matching import tell_parked
from roundsman.operations.people.person import get_person
from roundsman.operations.signing_in.code_sign_in import CodeSignIn
from roundsman.operations.signing_in.session_opening import SignedIn, open_session_of
from roundsman.operations.signing_in.taking_hold import take_hold

_SELF = "self"


class SignedOutMeanwhile(Conflict):
    """The account was disabled while it was being claimed."""

    code = "signed_out_meanwhile"


@dataclass(frozen=True, slots=True)
class SelfSignUp:
    """What somebody says of himself, with the proof of his phone.

    An e-mail is a contact only, for it was not proved. `is_new_owner` says that the number was somebody else's before.
    """

    proof: str = field(repr=False)
    name: str
    email: str | None = None
    address: str | None = None
    area: str | None = None
    is_new_owner: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """The user and his customer profile, and the session in which he goes on."""

    ids: SignedUp
    signed_in: SignedIn


async def register_oneself(
    tx: Tx, sign_up: SelfSignUp, opening: Opening, *, by: CodeSignIn, policy: ActivationPolicy, now: datetime
) -> Joined:
    """Register a customer who has proved his phone, and sign him in; a claimable user of the phone is claimed instead.

    Of simultaneous registrations of one phone exactly one succeeds. A new owner of a number gets it when the one before
    was silent for 90 days: the number moves, the old account and its data stay where they are. What was told of the phone
    before anybody had it is his. Raises ProofInvalid,
    IdentifierTaken or PeopleManagedElsewhere.
    """
    opening = Opening(SignedInBy.OTP, device=opening.device, address=opening.address)

    async def work(tx: Tx) -> Joined:
        await require_people_managed_here(tx)
        secret_key = by.proving.secret_key
        proof = await use_proof(tx, sign_up.proof, Purpose.REGISTER, secret_key=secret_key, now=now)
        silence = by.proving.policy.silence
        user = await _become_user(tx, sign_up, proof.key, silence=silence, address=opening.address, now=now)
        existing = await customers_of_user(tx, user.id)
        new = [] if existing else [_customer(sign_up, user, proof.key, now=now)]
        for customer in new:
            await register_customer(tx, customer, actor=_self(opening.address))
        await tell(tx, user.id, signups_of(user, new) if new else [], policy=policy, now=now)
        await tell_parked(tx, user.id, policy=policy, now=now)
        signed_in = await open_session_of(tx, user, opening, by=by.sessions, now=now)
        if signed_in is None:
            raise SignedOutMeanwhile("The account was disabled at this moment")
        return Joined(SignedUp(user.id, (existing or new)[0].id), signed_in)

    return await in_transaction(tx, work)


async def _become_user(
    tx: Tx, sign_up: SelfSignUp, key: str, *, silence: timedelta, address: str | None, now: datetime
) -> User:
    holder = await find_holder(tx, key)
    if holder is not None and sign_up.is_new_owner:
        return await _succeed(tx, sign_up, holder, key, silence=silence, address=address, now=now)
    if holder is not None and (holder.claim is not Claim.CLAIMABLE or holder.status is not UserStatus.ACTIVE):
        raise IdentifierTaken(key)
    held = None if sign_up.is_new_owner else await take_hold(tx, key, address=address, now=now)
    if held is not None:
        return held
    user = _user(sign_up, now=now)
    await register_user(tx, user, [Identifier(key, (user.id,), verified_at=now)], actor=_self(address))
    return user


async def _succeed(
    tx: Tx, sign_up: SelfSignUp, holder: User, key: str, *, silence: timedelta, address: str | None, now: datetime
) -> User:
    """Take over a recycled number: another epoch, nothing of the old account."""
    person = await get_person(tx, holder.id)
    last_seen = max(holder.created_at, person.last_activity or holder.created_at)
    if now - last_seen < silence or not STAFF_ROLES.isdisjoint(holder.roles):
        raise IdentifierTaken(key)
    user, actor = _user(sign_up, now=now), _self(address)
    await register_user(tx, user, [], actor=actor)
    if not await begin_epoch(tx, key, before=holder.id, after=user.id, now=now):
        raise IdentifierTaken(key)
    await lose_number(tx, holder, can_sign_in=bool(await sign_in_identifiers(tx, [holder.id])))
    await end_sessions(tx, holder.id)
    await record(tx, AuditEntry(now, actor, "identifier.recycled", f"user:{holder.id}", reason=f"now of {user.id}"))
    return user


def _customer(sign_up: SelfSignUp, user: User, key: str, *, now: datetime) -> Customer:
    return Customer(
        id=CustomerId(ObjectId()),
        user_id=user.id,
        name=sign_up.name,
        status=CustomerStatus.ACTIVE,
        created_at=now,
        created_by=_SELF,
        phone=key.removeprefix("phone:"),
        email=sign_up.email,
        address=sign_up.address,
        area=sign_up.area,
    )


def _user(sign_up: SelfSignUp, *, now: datetime) -> User:
    return User(
        id=UserId(ObjectId()),
        name=sign_up.name,
        status=UserStatus.ACTIVE,
        claim=Claim.CLAIMED,
        roles=(Role.CUSTOMER,),
        created_at=now,
        created_by=_SELF,
    )


def _self(address: str | None) -> Actor:
    return Actor(_SELF, address=address)
