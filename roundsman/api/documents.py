"""What programs read before they call: the OpenAPI document and the keys that verify our tokens."""

from typing import Any

from fastapi import APIRouter, Depends, Request

from roundsman.web.guards import public
from roundsman.web.services import services_of

api_router = APIRouter()
well_known_router = APIRouter(prefix="/.well-known")


@api_router.get(
    "/openapi.json",
    include_in_schema=False,
    dependencies=[Depends(public(reason="It describes the interface and holds no data."))],
)
async def openapi_document(request: Request) -> dict[str, Any]:
    """Return the OpenAPI document of the application."""
    document: dict[str, Any] = request.app.openapi()
    return document


@well_known_router.get(
    "/jwks.json",
    tags=["auth"],
    dependencies=[Depends(public(reason="Public keys: the existing application verifies our tokens with them."))],
)
async def public_keys(request: Request) -> dict[str, list[dict[str, Any]]]:
    """Return the public keys (RFC 7517) that verify access tokens."""
    services = services_of(request)
    return services.tokens.public_keys(now=services.runtime.clock())
