"""The second step of a sign-in, proving again who one is, and setting up the authenticator app for it.

Each gives the session another cookie; the one before counts no more (OWASP ASVS 5.0, 7.2.4).
"""

from dataclasses import replace
from typing import Annotated, Final

import segno
from fastapi import APIRouter, Depends, Query, Request
from markupsafe import Markup
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.access.principal import Principal
from roundsman.auth.otp import Purpose
from roundsman.console.cookies import keep_session
from roundsman.console.forms import Form, read_form
from roundsman.console.guards import require_page
from roundsman.console.navigation import home_of
from roundsman.console.portal_forms import refused_here
from roundsman.console.rendering import see_other, show
from roundsman.console.sign_in import own_path
from roundsman.errors import RoundsmanError
from roundsman.operations.signing_in.authentication import Known
from roundsman.operations.signing_in.proving import ask_for_code
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
    step_up,
)
from roundsman.web.operating import Operating, Work
from roundsman.web.pacing import all_at_whole_steps
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import client_address, services_of

_GUARD: Final = [Depends(require_page(Permission.ME_PROVE, half_signed_in=True))]
_Next = Annotated[str, Query(alias="next", max_length=2000)]

router = APIRouter(include_in_schema=False)


@router.get("/second-step", dependencies=_GUARD, name="second_step")
async def second_step(request: Request, principal: CurrentPrincipal, wanted: _Next = "") -> Response:
    """Ask for the code of the authenticator; who has none yet sets one up first."""
    runtime = services_of(request).runtime
    state = await authenticator_state(runtime.tx, principal, assurance=runtime.assurance)
    if not state.enrolled:
        return see_other(request, "/authenticator")
    if not state.second_step_needed:
        return see_other(request, own_path(wanted) or home_of(principal.roles))
    return show(request, "second_step.html", form=Form({"next": wanted}))


@router.post("/second-step", dependencies=_GUARD, name="take_second_step")
async def take_second_step(request: Request, principal: CurrentPrincipal, work: Work) -> Response:
    """Take the code, of the app or a recovery code."""
    sent = await read_form(request)
    code, recovery = sent.get("code", ""), sent.get("recovery_code", "")
    proof = RecoveryProof(recovery) if recovery else TotpProof(code)
    return await _proved(request, principal, work, proof, template="second_step.html")


@router.get("/prove", dependencies=_GUARD, name="prove_page")
async def prove_page(request: Request, principal: CurrentPrincipal, wanted: _Next = "") -> Response:
    """Ask again for a proof of who one is, before something that is hard to repair."""
    runtime = services_of(request).runtime
    state = await authenticator_state(runtime.tx, principal, assurance=runtime.assurance)
    return show(request, "prove.html", form=Form({"next": wanted}), enrolled=state.enrolled)


@router.post("/prove", dependencies=_GUARD, name="prove_again_page")
async def prove_again(request: Request, principal: CurrentPrincipal, work: Work) -> Response:
    """Take the proof and lead back."""
    sent = await read_form(request)
    return await _proved(request, principal, work, _proof(sent), template="prove.html")


@router.post("/prove/code", dependencies=_GUARD, name="send_proving_code")
async def send_code(request: Request, principal: CurrentPrincipal, work: Work) -> Response:
    """Send a code to one's own phone or e-mail, with which to prove who one is."""
    sent, services = await read_form(request), services_of(request)
    try:
        async with all_at_whole_steps():
            await ask_for_code(
                work.tx,
                sent.get("contact", ""),
                Purpose.SIGN_IN,
                by=services.proving,
                address=client_address(request),
                now=work.now,
            )
    except RoundsmanError as error:
        return await _again(request, principal, refused_here(request, sent, error), "prove.html")
    return await _again(request, principal, Form({**sent, "sent": "yes"}), "prove.html")


@router.get("/authenticator", dependencies=_GUARD, name="authenticator_page")
async def authenticator(request: Request, principal: CurrentPrincipal) -> Response:
    """Say what an authenticator app is for, and begin."""
    runtime = services_of(request).runtime
    state = await authenticator_state(runtime.tx, principal, assurance=runtime.assurance)
    return show(request, "authenticator.html", state=state, form=Form())


@router.post("/authenticator", dependencies=_GUARD, name="begin_authenticator_page")
async def begin(request: Request, principal: CurrentPrincipal, work: Work) -> Response:
    """Show the secret, as a picture for the app and as text."""
    runtime = services_of(request).runtime
    try:
        enrolment = await begin_authenticator(
            work.tx, principal, by=runtime.authenticators, assurance=runtime.assurance, now=work.now
        )
    except RoundsmanError as error:
        state = await authenticator_state(runtime.tx, principal, assurance=runtime.assurance)
        form = refused_here(request, {}, error)
        return show(request, "authenticator.html", status=form.status, state=state, form=form)
    return _secret_shown(request, Form({"secret": enrolment.secret, "uri": enrolment.uri}))


@router.post("/authenticator/confirm", dependencies=_GUARD, name="confirm_authenticator_page")
async def confirm(request: Request, principal: CurrentPrincipal, work: Work) -> Response:
    """Let the app count once it shows the right code, and give the recovery codes, this once."""
    sent, runtime = await read_form(request), services_of(request).runtime
    try:
        confirmed = await confirm_authenticator(
            work.tx,
            principal,
            sent.get("code", ""),
            by=_means(request),
            assurance=runtime.assurance,
            actor=work.intake.actor,
            now=work.now,
        )
    except RoundsmanError as error:
        return _secret_shown(
            request, refused_here(request, {name: sent.get(name, "") for name in ("secret", "uri")}, error)
        )
    codes, home = confirmed.recovery_codes, home_of(principal.roles)
    known: Known = request.state.known
    proved = replace(known.principal, session_id=confirmed.signed_in.session.id)
    request.state.known = replace(known, principal=proved)
    answer = show(request, "recovery_codes.html", codes=codes, home=home)
    keep_session(answer, request, confirmed.signed_in.refresh_token)
    return answer


async def _proved(request: Request, principal: Principal, work: Operating, proof: Proof, *, template: str) -> Response:
    sent = await read_form(request)
    try:
        signed_in = await step_up(work.tx, principal, proof, by=_means(request), actor=work.intake.actor, now=work.now)
    except RoundsmanError as error:
        kept = {name: text for name, text in sent.items() if name in {"next", "contact", "sent"}}
        return await _again(request, principal, refused_here(request, kept, error), template)
    answer = see_other(request, own_path(sent.get("next", "")) or home_of(principal.roles))
    keep_session(answer, request, signed_in.refresh_token)
    return answer


async def _again(request: Request, principal: Principal, form: Form, template: str) -> Response:
    runtime = services_of(request).runtime
    state = await authenticator_state(runtime.tx, principal, assurance=runtime.assurance)
    return show(request, template, status=form.status, form=form, enrolled=state.enrolled)


def _secret_shown(request: Request, form: Form) -> Response:
    picture = segno.make(form.values["uri"], error="m").svg_inline(
        svgclass="qr", lineclass="ink", omitsize=True, border=2, title="QR code for the authenticator app"
    )
    # Made by segno from an address of ours that it writes as lines, so nothing in it is text of anybody's.
    return show(request, "authenticator_secret.html", status=form.status, form=form, picture=Markup(picture))  # noqa: S704


def _proof(sent: dict[str, str]) -> Proof:
    match sent:
        case {"totp": str(code)} if code:
            return TotpProof(code)
        case {"code": str(code), "contact": str(contact)} if code:
            return CodeProof(contact, code)
        case _:
            return PasswordProof(sent.get("password", ""))


def _means(request: Request) -> StepUp:
    services = services_of(request)
    signing_in = services.password_sign_in
    return StepUp(signing_in.hashing, services.runtime.authenticators, services.proving, signing_in.sessions)
