"""The two declarations of which every route carries one: who may pass, or why everybody may.

They stand in a route's `dependencies=[Depends(...)]`. The same objects are read by the route inventory, which refuses
to start an application with a route that has none, and by the OpenAPI document.
"""

from dataclasses import dataclass
from typing import assert_never

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from roundsman.access.assurance import Missing, StepUpNeeded, missing_proof, needs_second_factor
from roundsman.access.decisions import Denied, decide
from roundsman.access.permissions import MAY_TRUST_RECENT, Changes, Permission, changes_of
from roundsman.access.principal import Principal
from roundsman.database.transaction import Tx
from roundsman.errors import NotPermitted
from roundsman.identity.mode import require_operations_managed_here, require_people_managed_here
from roundsman.web.principal import Bearer, Recognising, recognise_bearer
from roundsman.web.services import services_of


class PermissionMissing(NotPermitted):
    """None of the user's roles has the permission the route asks for."""

    code = "permission_missing"

    def __init__(self, permission: Permission) -> None:
        super().__init__(f"This needs the permission {permission}, which none of your roles has.")
        self.permission = permission


class SecondFactorNeeded(NotPermitted):
    """The sign-in is only half of one: the authenticator has to be set up or used first."""

    code = "second_factor_needed"

    def __init__(self) -> None:
        super().__init__(
            "This sign-in needs its second step: POST /api/v1/auth/step-up with a code of your authenticator app, or "
            "POST /api/v1/auth/totp/enrol if you have none yet."
        )


@dataclass(frozen=True, slots=True)
class Require:
    """Lets those pass who have the permission; refuses with 401 who is nobody and with 403 who may not.

    Whoever is signed in by half is refused with 403 too, unless the route is `half_signed_in`; and on a `fresh` route
    whoever has not proved himself lately. Whoever may is refused with 409 while what he would change is managed by the
    existing application.
    """

    permission: Permission
    changes: Changes
    fresh: bool = False
    half_signed_in: bool = False
    recognise: Recognising = recognise_bearer

    async def __call__(self, request: Request, bearer: Bearer) -> None:
        """Decide about the principal of the request."""
        trust_recent = self.permission in MAY_TRUST_RECENT and not self.fresh
        principal = await self.recognise(request, bearer, trust_recent=trust_recent)
        if trust_recent and needs_second_factor(principal, services_of(request).runtime.assurance):
            # The second step may have come since; whoever just took it must not be sent back to it.
            principal = await self.recognise(request, bearer, trust_recent=False)
        if not self.half_signed_in:
            _require_proofs(request, principal, fresh=self.fresh)
        if isinstance(decide(principal, self.permission), Denied):
            raise PermissionMissing(self.permission)
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


def require(
    permission: Permission,
    *,
    fresh: bool = False,
    half_signed_in: bool = False,
    recognise: Recognising = recognise_bearer,
) -> Require:
    """Declare that a route needs the permission.

    `fresh` asks besides for a proof of identity of the last minutes; `half_signed_in` lets those pass too whose second
    step is still to come, which only the routes may that serve that step, and those that end a session. `recognise` says
    by what it is known who asks.
    """
    return Require(permission, changes_of(permission), fresh, half_signed_in, recognise)


def public(*, reason: str) -> Public:
    """Declare that a route is for everybody, and why."""
    return Public(reason)


def public_mount(app: ASGIApp, *, reason: str) -> PublicMount:
    """Declare that a mounted application is for everybody, and why."""
    return PublicMount(app, Public(reason))


def _require_proofs(request: Request, principal: Principal, *, fresh: bool) -> None:
    services = services_of(request)
    match missing_proof(principal, services.runtime.assurance, fresh=fresh, now=services.runtime.clock()):
        case Missing.SECOND_FACTOR:
            raise SecondFactorNeeded
        case Missing.FRESH_PROOF:
            raise StepUpNeeded
        case None:
            pass


async def only_where_people_are_managed(request: Request) -> None:
    """Refuse with 409 while people are managed by the existing application: for public routes, beside their guard."""
    await require_people_managed_here(services_of(request).runtime.tx)


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
