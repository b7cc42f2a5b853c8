"""The two declarations of which every route carries one: who may pass, or why everybody may.

They stand in a route's `dependencies=[Depends(...)]`. The same objects are read by the route inventory, which refuses
to start an application with a route that has none, and by the OpenAPI document.
"""

from dataclasses import dataclass
from typing import assert_never

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from roundsman.access.decisions import Denied, decide
from roundsman.access.permissions import Changes, Permission, changes_of
from roundsman.database.transaction import Tx
from roundsman.errors import NotPermitted
from roundsman.identity.mode import require_operations_managed_here, require_people_managed_here
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import services_of


class PermissionMissing(NotPermitted):
    """None of the user's roles has the permission the route asks for."""

    code = "permission_missing"


@dataclass(frozen=True, slots=True)
class Require:
    """Lets those pass who have the permission; refuses with 401 who is nobody and with 403 who may not.

    Whoever may is refused with 409 while what he would change is managed by the existing application.
    """

    permission: Permission
    changes: Changes

    async def __call__(self, request: Request, principal: CurrentPrincipal) -> None:
        """Decide about the principal of the request."""
        if isinstance(decide(principal, self.permission), Denied):
            raise PermissionMissing(f"This needs the permission {self.permission}, which none of your roles has.")
        await _require_managed_here(services_of(request).runtime.tx, self.changes)


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
    return Require(permission, changes_of(permission))


def public(*, reason: str) -> Public:
    """Declare that a route is for everybody, and why."""
    return Public(reason)


def public_mount(app: ASGIApp, *, reason: str) -> PublicMount:
    """Declare that a mounted application is for everybody, and why."""
    return PublicMount(app, Public(reason))


async def _require_managed_here(tx: Tx, changes: Changes) -> None:
    match changes:
        case Changes.NOTHING:
            pass
        case Changes.PEOPLE:
            await require_people_managed_here(tx)
        case Changes.OPERATIONS:
            await require_operations_managed_here(tx)
        case _:
            assert_never(changes)
