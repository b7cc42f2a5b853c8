"""Who may see a page: known by the cookie of his browser, never by a bearer token; and no other site sends our forms."""

from typing import Final

from fastapi import Request
from fastapi.security import HTTPAuthorizationCredentials

from roundsman.access.permissions import Permission
from roundsman.access.principal import Principal
from roundsman.console.cookies import read_session
from roundsman.console.csrf import is_form_token
from roundsman.console.forms import read_form
from roundsman.errors import NotAuthenticated, NotPermitted
from roundsman.operations.signing_in.authentication import Known, SessionEnded, authenticate_browser
from roundsman.web.guards import Require, require
from roundsman.web.services import services_of

_SAFE: Final = frozenset({"GET", "HEAD"})
TOKEN_FIELD: Final = "form_token"  # noqa: S105  the name of a field
"""The hidden field of every form that somebody sends who is signed in."""


class NotSignedIn(NotAuthenticated):
    """The browser shows no session."""

    code = "not_signed_in"

    def __init__(self) -> None:
        super().__init__("Sign in to see this page.")


class ForeignForm(NotPermitted):
    """The form was not sent by a page of ours that was shown in this session."""

    code = "foreign_form"

    def __init__(self) -> None:
        super().__init__("This was not sent from a page of yours. Open the page again and send it from there.")


async def require_own_site(request: Request) -> None:
    """Refuse what another site made a browser send. Raises ForeignForm."""
    site = request.headers.get("sec-fetch-site")
    if site is None:
        origin = request.headers.get("origin")
        is_own = origin == f"{request.url.scheme}://{request.url.netloc}"
    else:
        is_own = site in {"same-origin", "none"}
    if request.method not in _SAFE and not is_own:
        raise ForeignForm


async def recognise_browser(
    request: Request, bearer: HTTPAuthorizationCredentials | None, *, trust_recent: bool
) -> Principal:
    """Find out who looks at a page; always as things are now. Raises NotSignedIn, SessionEnded or ForeignForm."""
    del bearer, trust_recent
    known = await whoever_browses(request)
    if known is None:
        raise NotSignedIn
    if request.method not in _SAFE:
        await require_own_site(request)
        secret_key = services_of(request).runtime.secret_key
        sent = (await read_form(request)).get(TOKEN_FIELD, "")
        if not is_form_token(sent, secret_key, known.principal.session_id):
            raise ForeignForm
    return known.principal


async def whoever_browses(request: Request) -> Known | None:
    """Return who is signed in in this browser, on pages that are for everybody too; None for nobody."""
    cookie = read_session(request)
    if cookie is None:
        return None
    services = services_of(request)
    sessions, runtime = services.password_sign_in.sessions, services.runtime
    try:
        known = await authenticate_browser(
            runtime.tx, cookie, by=sessions.refreshing, policy=sessions.policy, now=runtime.clock()
        )
    except SessionEnded:
        return None
    request.state.known = known
    return known


def require_page(permission: Permission, *, fresh: bool = False, half_signed_in: bool = False) -> Require:
    """Declare that a page needs the permission, of whoever is signed in in the browser."""
    return require(permission, fresh=fresh, half_signed_in=half_signed_in, recognise=recognise_browser)
