"""Proving again who one is, and the authenticator app that makes a sign-in of staff a whole one."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field, SecretStr

from roundsman.access.permissions import Permission
from roundsman.api.models import KEPT_FOR_GOOD, AnswerModel, IdInPath, RequestModel, problems
from roundsman.api.sessions import LoggedIn, logged_in
from roundsman.audit_log.entries import acting
from roundsman.ids import UserId
from roundsman.operations.signing_in.stepping_up import (
    CodeProof,
    PasswordProof,
    Proof,
    RecoveryProof,
    StepUp,
    TotpProof,
    authenticator_state,
    begin_authenticator,
    confirm_authenticator,
    forget_authenticator,
    replace_recovery_codes,
    step_up,
)
from roundsman.web.guards import require
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import client_address, services_of

router = APIRouter(tags=["auth"])

_Code = Annotated[SecretStr, Field(min_length=1, max_length=64)]


class Proving(RequestModel):
    """One proof of who one is."""

    by: Literal["password", "otp", "totp", "recovery_code"] = Field(
        description="`totp` and `recovery_code` are the second step of a sign-in too; `password` and `otp` are not."
    )
    contact: Annotated[str, Field(min_length=1, max_length=254)] | None = Field(
        None, description="For `otp`: the phone or e-mail to which `POST /auth/otp/request` sent a code for signing in."
    )
    value: Annotated[SecretStr, Field(min_length=1, max_length=1024)] = Field(
        description="The password, the code that was sent, the six digits the app shows, or a recovery code.",
        examples=["123456"],
    )


class Reason(RequestModel):
    """Why it is done, for the audit log."""

    reason: Annotated[str, Field(min_length=3, max_length=500)] = Field(
        description=KEPT_FOR_GOOD, examples=["Lost his phone; seen in person."]
    )


class Confirmation(RequestModel):
    """What the authenticator app shows."""

    code: _Code = Field(examples=["123456"])


class AuthenticatorView(AnswerModel):
    """Where the user and this session stand."""

    enrolled: bool = Field(description="Whether he has an authenticator that counts.")
    second_step_needed: bool = Field(description="Whether this session can do nothing until it has its second step.")


class EnrolmentView(AnswerModel):
    """What an authenticator app needs. It counts once it is confirmed with a code."""

    secret: str = Field(description="As people type it into the app.", examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    uri: str = Field(description="As the app reads it from a QR code.")


_RecoveryCodes = Annotated[list[str], Field(examples=[["abcd-efgh-ijkl-mnop"]])]


class RecoveryCodes(AnswerModel):
    """Codes for whoever loses his authenticator, each good for one use. They are shown this once."""

    recovery_codes: _RecoveryCodes


class AuthenticatorConfirmed(LoggedIn):
    """The session's new tokens, and codes for whoever loses his authenticator. They are shown this once."""

    recovery_codes: _RecoveryCodes


@router.post(
    "/auth/step-up",
    dependencies=[Depends(require(Permission.ME_PROVE, half_signed_in=True))],
    responses=problems(401, 403, 409, 422, 429),
)
async def prove_again(body: Proving, request: Request, principal: CurrentPrincipal) -> LoggedIn:
    """Prove again who one is: the second step of a sign-in, and what some routes ask for with `step_up_needed`.

    The session goes on with the tokens of the answer; those it had count no more.
    """
    runtime = services_of(request).runtime
    actor = acting(principal, address=client_address(request))
    return logged_in(
        await step_up(runtime.tx, principal, _proof(body), by=_means(request), actor=actor, now=runtime.clock())
    )


@router.get(
    "/auth/totp",
    dependencies=[Depends(require(Permission.ME_PROVE, half_signed_in=True))],
    responses=problems(401, 403),
)
async def authenticator(request: Request, principal: CurrentPrincipal) -> AuthenticatorView:
    """Show whether one has an authenticator, and whether this session still needs its second step."""
    runtime = services_of(request).runtime
    state = await authenticator_state(runtime.tx, principal, assurance=runtime.assurance)
    return AuthenticatorView.model_validate(state)


@router.post(
    "/auth/totp/enrol",
    dependencies=[Depends(require(Permission.ME_PROVE, half_signed_in=True))],
    responses=problems(401, 403, 409),
)
async def enrol(request: Request, principal: CurrentPrincipal) -> EnrolmentView:
    """Begin to set up an authenticator app. One that is there already counts until the new one is confirmed."""
    runtime = services_of(request).runtime
    enrolment = await begin_authenticator(
        runtime.tx, principal, by=runtime.authenticators, assurance=runtime.assurance, now=runtime.clock()
    )
    return EnrolmentView.model_validate(enrolment)


@router.post(
    "/auth/totp/confirm",
    dependencies=[Depends(require(Permission.ME_PROVE, half_signed_in=True))],
    responses=problems(401, 403, 409, 422, 429),
)
async def confirm(body: Confirmation, request: Request, principal: CurrentPrincipal) -> AuthenticatorConfirmed:
    """Confirm the authenticator app with a code it shows; this session is a whole one then, and has new tokens."""
    runtime = services_of(request).runtime
    confirmed = await confirm_authenticator(
        runtime.tx,
        principal,
        body.code.get_secret_value(),
        by=_means(request),
        assurance=runtime.assurance,
        actor=acting(principal, address=client_address(request)),
        now=runtime.clock(),
    )
    return AuthenticatorConfirmed(**dict(logged_in(confirmed.signed_in)), recovery_codes=list(confirmed.recovery_codes))


@router.post(
    "/auth/totp/recovery",
    dependencies=[Depends(require(Permission.ME_PROVE, fresh=True))],
    responses=problems(401, 403, 409),
)
async def recovery(request: Request, principal: CurrentPrincipal) -> RecoveryCodes:
    """Get new recovery codes; the old ones count no longer."""
    runtime = services_of(request).runtime
    actor = acting(principal, address=client_address(request))
    codes = await replace_recovery_codes(
        runtime.tx, principal, by=runtime.authenticators, actor=actor, now=runtime.clock()
    )
    return RecoveryCodes(recovery_codes=list(codes))


@router.post(
    "/users/{user_id}/totp/forget",
    status_code=204,
    tags=["users"],
    dependencies=[Depends(require(Permission.AUTHENTICATORS_FORGET, fresh=True))],
    responses=problems(401, 403, 404, 422),
)
async def forget(user_id: IdInPath, body: Reason, request: Request, principal: CurrentPrincipal) -> None:
    """Let somebody who lost his authenticator and its recovery codes enrol anew; his sessions end."""
    runtime = services_of(request).runtime
    actor = acting(principal, address=client_address(request))
    await forget_authenticator(runtime.tx, UserId(user_id), reason=body.reason, actor=actor, now=runtime.clock())


def _means(request: Request) -> StepUp:
    services = services_of(request)
    signing_in = services.password_sign_in
    return StepUp(signing_in.hashing, services.runtime.authenticators, services.proving, signing_in.sessions)


def _proof(body: Proving) -> Proof:
    value = body.value.get_secret_value()
    match body.by:
        case "password":
            return PasswordProof(value)
        case "otp":
            return CodeProof(body.contact or "", value)
        case "totp":
            return TotpProof(value)
        case "recovery_code":
            return RecoveryProof(value)
