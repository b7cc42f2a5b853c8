"""From the bearer token of a request to the principal behind it."""

from typing import Annotated, Final, Protocol

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from roundsman.access.principal import Principal
from roundsman.auth.tokens import AccessClaims, InvalidToken
from roundsman.errors import NotAuthenticated
from roundsman.operations.signing_in.authentication import Known
from roundsman.web.services import services_of

_BEARER: Final = HTTPBearer(
    scheme_name="accessToken",
    bearerFormat="JWT",
    description="The access token that signing in returns.",
    auto_error=False,
)


Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
"""The bearer token of a request, if it carries one."""


class Recognising(Protocol):
    """Finds out who asks and keeps it in `request.state.known`: for the API by a bearer token, for pages by a cookie."""

    async def __call__(
        self, request: Request, bearer: HTTPAuthorizationCredentials | None, *, trust_recent: bool
    ) -> Principal:
        """Return the principal; raises errors of the family NotAuthenticated."""


class TokenMissing(NotAuthenticated):
    """The request carries no bearer token."""

    code = "token_missing"


async def recognise_bearer(
    request: Request, bearer: HTTPAuthorizationCredentials | None, *, trust_recent: bool
) -> Principal:
    """Find out who asks, once for a request; raises TokenMissing, InvalidToken or SessionEnded.

    Session and user are read anew unless the request may trust what this process read within the last two seconds.
    """
    if bearer is None:
        raise TokenMissing("This needs an access token: send it as `Authorization: Bearer <token>`.")
    services = services_of(request)
    now = services.runtime.clock()
    claims = services.tokens.read(bearer.credentials, now=now)
    principals = services.recent_principals
    read = principals.recent if trust_recent else principals.anew
    known = await read(services.runtime.tx, claims, now=now)
    request.state.known = known
    return known.principal


def presented_claims(request: Request) -> AccessClaims | None:
    """What the access token says that somebody sends along who signs in anew; None for none, and for one that is not good."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    services = services_of(request)
    try:
        return services.tokens.read(token, now=services.runtime.clock()) if scheme.lower() == "bearer" else None
    except InvalidToken:
        return None


async def current_principal(request: Request) -> Principal:
    """Return whom the guard of the route has recognised."""
    known: Known = request.state.known
    return known.principal


async def whoever_asks(request: Request) -> Known:
    """Return the principal whom the guard of the route has recognised, and the user as he was read with his session."""
    known: Known = request.state.known
    return known


CurrentPrincipal = Annotated[Principal, Depends(current_principal)]
WhoeverAsks = Annotated[Known, Depends(whoever_asks)]
