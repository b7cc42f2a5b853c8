"""From the bearer token of a request to the principal behind it."""

from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from roundsman.access.principal import Principal
from roundsman.errors import NotAuthenticated
from roundsman.operations.authentication import authenticate
from roundsman.web.services import services_of

_BEARER: Final = HTTPBearer(
    scheme_name="accessToken",
    bearerFormat="JWT",
    description="The access token that signing in returns.",
    auto_error=False,
)


class TokenMissing(NotAuthenticated):
    """The request carries no bearer token."""

    code = "token_missing"


async def current_principal(
    request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> Principal:
    """Return who asks; raises TokenMissing, InvalidToken or SessionEnded. The session is read on every request."""
    if bearer is None:
        raise TokenMissing("This needs an access token: send it as `Authorization: Bearer <token>`.")
    services = services_of(request)
    now = services.runtime.clock()
    claims = services.tokens.read(bearer.credentials, now=now)
    return await authenticate(services.runtime.tx, claims, now=now)


CurrentPrincipal = Annotated[Principal, Depends(current_principal)]
