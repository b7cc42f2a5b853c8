"""Signing in with a browser, by a code sent to the phone or by password; and signing out.

What is refused is refused as the API does it, in words that do not tell whether there is such an account, and after the
same time. `next` is the page somebody wanted: only pages of ours, so that no link of another's leads on from here.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.access.roles import Role
from roundsman.auth.otp import Purpose
from roundsman.console.cookies import forget_session, keep_session
from roundsman.console.forms import Form, read_form
from roundsman.console.guards import require_own_site, require_page, whoever_browses
from roundsman.console.navigation import home_of
from roundsman.console.portal_forms import refused_here
from roundsman.console.rendering import see_other, show
from roundsman.errors import RoundsmanError
from roundsman.operations.signing_in.authentication import Known
from roundsman.operations.signing_in.code_sign_in import CodeAttempt, sign_in_by_code
from roundsman.operations.signing_in.proving import ask_for_code
from roundsman.operations.signing_in.session_ending import end_one_session
from roundsman.operations.signing_in.session_opening import SignedIn
from roundsman.operations.signing_in.sign_in import Attempt, sign_in
from roundsman.web.guards import public
from roundsman.web.operating import Work
from roundsman.web.pacing import all_at_whole_steps, failures_at_whole_steps
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import client_address, client_device, services_of

PATH: Final = "/sign-in"
_PUBLIC: Final = Depends(public(reason="Whoever signs in has no session yet."))
_SENDING: Final = [_PUBLIC, Depends(require_own_site)]

router = APIRouter(include_in_schema=False)


@router.get(PATH, dependencies=[_PUBLIC], name="sign_in_page")
async def ask(
    request: Request,
    known: Annotated[Known | None, Depends(whoever_browses)],
    next: str = "",  # noqa: A002
) -> Response:
    """Ask for the phone or the password; who is signed in already goes on."""
    if known is not None:
        return see_other(request, _onward(next, known.principal.roles))
    return _asked(request, Form({"next": next}))


@router.post(PATH, dependencies=_SENDING, name="sign_in_by_password_page")
async def by_password(request: Request) -> Response:
    """Sign in with identifier and password."""
    sent, services = await read_form(request), services_of(request)
    attempt = Attempt(
        sent.get("identifier", ""),
        sent.get("password", ""),
        address=client_address(request),
        device=client_device(request),
    )
    tx, now = services.runtime.tx, services.runtime.clock()
    signing_in = sign_in(tx, attempt, by=services.password_sign_in, now=now)
    return await _signed_in(request, sent, signing_in, or_again=_asked)


@router.post(PATH + "/code", dependencies=_SENDING, name="send_code_page")
async def send_code(request: Request) -> Response:
    """Send a code, and ask for it."""
    sent, services = await read_form(request), services_of(request)
    runtime, address = services.runtime, client_address(request)
    try:
        async with all_at_whole_steps():
            await ask_for_code(
                runtime.tx,
                sent.get("contact", ""),
                Purpose.SIGN_IN,
                by=services.proving,
                address=address,
                now=runtime.clock(),
            )
    except RoundsmanError as error:
        return _asked(request, refused_here(request, sent, error))
    return _code_asked(request, Form(sent))


@router.post(PATH + "/code/confirm", dependencies=_SENDING, name="sign_in_by_code_page")
async def by_code(request: Request) -> Response:
    """Sign in with the code that came."""
    sent, services = await read_form(request), services_of(request)
    attempt = CodeAttempt(
        sent.get("contact", ""),
        sent.get("code", ""),
        device=client_device(request),
        address=client_address(request),
    )
    tx, now = services.runtime.tx, services.runtime.clock()
    signing_in = sign_in_by_code(tx, attempt, by=services.code_sign_in, now=now)
    return await _signed_in(request, sent, signing_in, or_again=_code_asked)


@router.post(
    "/sign-out",
    dependencies=[Depends(require_page(Permission.SESSIONS_MANAGE, half_signed_in=True))],
    name="sign_out_page",
)
async def sign_out(request: Request, principal: CurrentPrincipal, work: Work) -> Response:
    """End the session of this browser."""
    await end_one_session(work.tx, work.user_id, principal.session_id, actor=work.intake.actor, now=work.now)
    answer = see_other(request, PATH, flash="flash.signed_out")
    forget_session(answer, request)
    return answer


def own_path(path: str) -> str | None:
    """The address if it is one of ours, without host, so that it leads nowhere else; else None."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_own else None


def _onward(wanted: str, roles: frozenset[Role]) -> str:
    return own_path(wanted) or home_of(roles)


def _asked(request: Request, form: Form) -> Response:
    return show(request, "sign_in.html", status=form.status, form=form)


def _code_asked(request: Request, form: Form) -> Response:
    return show(request, "sign_in_code.html", status=form.status, form=form)


async def _signed_in(
    request: Request,
    sent: dict[str, str],
    signing_in: Awaitable[SignedIn],
    *,
    or_again: Callable[[Request, Form], Response],
) -> Response:
    try:
        async with failures_at_whole_steps():
            signed_in = await signing_in
    except RoundsmanError as error:
        return or_again(request, refused_here(request, _without_secrets(sent), error))
    answer = see_other(request, _onward(sent.get("next", ""), signed_in.user.effective_roles))
    keep_session(answer, request, signed_in.refresh_token)
    return answer


def _without_secrets(sent: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in sent.items() if name not in {"password", "code"}}
