"""Codes by SMS and e-mail: asking for one, signing in with it, registering oneself, changing one's phone."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field, SecretStr, StringConstraints

from roundsman.access.permissions import Permission
from roundsman.access.principal import SignedInBy
from roundsman.api.models import AnswerModel, Id, Line, RequestModel, problems
from roundsman.api.people import PersonView
from roundsman.api.sessions import LoggedIn, logged_in, logged_in_anew
from roundsman.audit_log.entries import acting
from roundsman.auth.otp import Purpose
from roundsman.auth.proofs import keep_proof
from roundsman.auth.sessions import Opening
from roundsman.operations.accounts.contact_change import ContactChange, ask_to_change_contact, change_contact
from roundsman.operations.accounts.self_sign_up import SelfSignUp, register_oneself
from roundsman.operations.people.person import get_person
from roundsman.operations.signing_in.code_sign_in import CodeAttempt, sign_in_by_code
from roundsman.operations.signing_in.proving import ask_for_code, prove
from roundsman.web.guards import only_where_people_are_managed, public, require
from roundsman.web.pacing import all_at_whole_steps, failures_at_whole_steps
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import client_address, client_device, services_of

router = APIRouter(prefix="/auth", tags=["auth"])

Contact = Annotated[
    str,
    StringConstraints(min_length=1, max_length=254),
    Field(description="A mobile in any spelling, or an e-mail address.", examples=["98200 12345"]),
]
Code = Annotated[
    SecretStr, Field(min_length=1, max_length=20, description="The digits of the message.", examples=["482915"])
]


class Wanted(StrEnum):
    """What a code of these routes is for."""

    SIGN_IN = "sign_in"
    REGISTER = "register"
    RESET = "reset"


class CodeRequest(RequestModel):
    """Where a code is to be sent, and what for."""

    contact: Contact
    purpose: Wanted = Wanted.SIGN_IN


class CodeRequested(AnswerModel):
    """A code was sent if it can be of use; whether it was does not show."""

    expires_in_seconds: int = Field(examples=[300])
    next_in_seconds: int = Field(description="The next code may be asked for after this, or later.", examples=[60])


class NamedCode(RequestModel):
    """The code that came, and what it was asked for."""

    contact: Contact
    code: Code
    purpose: Wanted = Wanted.SIGN_IN


class Proved(AnswerModel):
    """The phone is proved: with this one registers, or sets a new password."""

    proof: str = Field(description="Good for one registration or one new password.")
    expires_in_seconds: int = Field(examples=[900])


class SelfRegistration(RequestModel):
    """What somebody says of himself, with the proof of his phone."""

    proof: Annotated[SecretStr, Field(min_length=1, max_length=200, description="From `POST /auth/otp/verify`.")]
    name: Line = Field(examples=["Asha Patil"])
    email: Line | None = Field(None, description="A contact only: it is proved later, by changing one's e-mail.")
    address: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)] | None = None
    area: Line | None = None
    is_new_owner: bool = Field(
        default=False, description="The number was somebody else's before: it begins anew, and nothing of his is seen."
    )


class SelfRegistered(LoggedIn):
    """The new customer, signed in."""

    customer_id: Id


class ContactRequest(RequestModel):
    """The phone or e-mail one wants to be found by from now on."""

    contact: Contact


class NewContact(RequestModel):
    """The new phone or e-mail with the code that went there."""

    contact: Contact
    code: Code
    instead_of: Contact | None = None


@router.post(
    "/otp/request",
    status_code=202,
    dependencies=[Depends(public(reason="Whoever signs in or registers has no token yet."))],
    responses=problems(422, 429),
)
async def request_code(body: CodeRequest, request: Request) -> CodeRequested:
    """Send a code. Whether somebody is known shows neither in the answer nor in its time, a multiple of 400 ms."""
    services, address = services_of(request), client_address(request)
    by, runtime = services.proving, services.runtime
    async with all_at_whole_steps():
        await ask_for_code(runtime.tx, body.contact, Purpose(body.purpose), by=by, address=address, now=runtime.clock())
    return CodeRequested(
        expires_in_seconds=int(by.policy.lifetime.total_seconds()),
        next_in_seconds=int(by.policy.pause_after(1).total_seconds()),
    )


@router.post(
    "/otp/verify",
    dependencies=[Depends(public(reason="Whoever signs in or registers has no token yet."))],
    responses=problems(401, 403, 422, 429),
)
async def verify_code(body: NamedCode, request: Request) -> LoggedIn | Proved:
    """Use a code: sign in with it, or get the proof one registers with. Refusals come at a multiple of 400 ms."""
    async with failures_at_whole_steps():
        return await (_sign_in(body, request) if body.purpose is Wanted.SIGN_IN else _prove(body, request))


async def _sign_in(body: NamedCode, request: Request) -> LoggedIn:
    services = services_of(request)
    attempt = CodeAttempt(
        body.contact, body.code.get_secret_value(), device=client_device(request), address=client_address(request)
    )
    now = services.runtime.clock()
    signed_in = await sign_in_by_code(services.runtime.tx, attempt, by=services.code_sign_in, now=now)
    return await logged_in_anew(request, signed_in)


async def _prove(body: NamedCode, request: Request) -> Proved:
    services = services_of(request)
    runtime, by, now = services.runtime, services.proving, services.runtime.clock()
    code, address = body.code.get_secret_value(), client_address(request)
    proof = await prove(runtime.tx, body.contact, code, Purpose(body.purpose), by=by, address=address, now=now)
    lifetime = by.policy.proof_lifetime
    token = await keep_proof(runtime.tx, proof, secret_key=by.secret_key, lifetime=lifetime, now=now)
    return Proved(proof=token, expires_in_seconds=int(lifetime.total_seconds()))


@router.post(
    "/register",
    status_code=201,
    dependencies=[
        Depends(public(reason="Whoever registers has no token yet; he brings the proof of his phone.")),
        Depends(only_where_people_are_managed),
    ],
    responses=problems(401, 409, 422),
)
async def register_self(body: SelfRegistration, request: Request) -> SelfRegistered:
    """Register oneself as a customer with a proved phone, and be signed in. An account of it to be claimed is claimed."""
    services = services_of(request)
    runtime, by = services.runtime, services.code_sign_in
    said = body.model_dump() | {"proof": body.proof.get_secret_value()}
    opening = Opening(SignedInBy.OTP, device=client_device(request), address=client_address(request))
    async with failures_at_whole_steps():
        sign_up, now = SelfSignUp(**said), runtime.clock()
        joined = await register_oneself(runtime.tx, sign_up, opening, by=by, policy=runtime.activation, now=now)
    return SelfRegistered(**dict(logged_in(joined.signed_in)), customer_id=joined.ids.customer_id)


@router.post(
    "/contact/request",
    status_code=202,
    dependencies=[Depends(require(Permission.ME_CHANGE, fresh=True))],
    responses=problems(401, 403, 409, 422, 429),
)
async def request_contact_code(body: ContactRequest, request: Request, principal: CurrentPrincipal) -> CodeRequested:
    """Send a code to the phone or e-mail one wants to change to. Needs a recent proof of identity."""
    services = services_of(request)
    by, address, now = services.proving, client_address(request), services.runtime.clock()
    await ask_to_change_contact(services.runtime.tx, principal.user_id, body.contact, by=by, address=address, now=now)
    return CodeRequested(
        expires_in_seconds=int(by.policy.lifetime.total_seconds()),
        next_in_seconds=int(by.policy.pause_after(1).total_seconds()),
    )


@router.put(
    "/contact",
    dependencies=[Depends(require(Permission.ME_CHANGE, fresh=True))],
    responses=problems(401, 403, 409, 422, 429),
)
async def put_contact(body: NewContact, request: Request, principal: CurrentPrincipal) -> PersonView:
    """Be found by another phone or e-mail from now on; the old one is told. Needs a recent proof of identity."""
    services = services_of(request)
    actor = acting(principal, address=client_address(request))
    change = ContactChange(body.contact, body.code.get_secret_value(), body.instead_of)
    tx, now = services.runtime.tx, services.runtime.clock()
    await change_contact(tx, principal.user_id, change, by=services.proving, actor=actor, now=now)
    return PersonView.model_validate(await get_person(tx, principal.user_id))
