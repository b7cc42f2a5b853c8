"""The two declarations of which every route carries one: who may pass, or why everybody may.

They stand in a route's `dependencies=[Depends(...)]`. The same objects are read by the route inventory, which refuses
to start an application with a route that has none, and by the OpenAPI document.
"""

from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from roundsman.access.decisions import Denied, decide
from roundsman.access.permissions import Permission
from roundsman.errors import NotPermitted
from roundsman.web.principal import CurrentPrincipal


class PermissionMissing(NotPermitted):
    """None of the user's roles has the permission the route asks for."""

    code = "permission_missing"


@dataclass(frozen=True, slots=True)
class Require:
    """Lets those pass who have the permission; refuses with 401 who is nobody and with 403 who may not."""

    permission: Permission

    async def __call__(self, principal: CurrentPrincipal) -> None:
        """Decide about the principal of the request."""
        if isinstance(decide(principal, self.permission), Denied):
            raise PermissionMissing(f"This needs the permission {self.permission}, which none of your roles has.")


@dataclass(frozen=True, slots=True)
class Public:
    """Lets everybody pass, for the reason given."""

    reason: str

    async def __call__(self) -> None:
        """Let the request pass."""


Guard = Require | Public


@dataclass(frozen=True, slots=True)
class PublicMount:
    """An application mounted for everybody; a mount has no dependencies, so it carries its declaration itself."""

    app: ASGIApp
    guard: Public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the mounted application answer."""
        await self.app(scope, receive, send)


def require(permission: Permission) -> Require:
    """Declare that a route needs the permission."""
    return Require(permission)


def public(*, reason: str) -> Public:
    """Declare that a route is for everybody, and why."""
    return Public(reason)


def public_mount(app: ASGIApp, *, reason: str) -> PublicMount:
    """Declare that a mounted application is for everybody, and why."""
    return PublicMount(app, Public(reason))
