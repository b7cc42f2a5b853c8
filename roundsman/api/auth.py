"""Signing in with a password, and who one is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field, SecretStr, StringConstraints

from roundsman.access.permissions import Permission
from roundsman.api.models import RequestModel, problems
from roundsman.api.people import FormerSelfView, MyselfView, PersonView, UserView
from roundsman.api.sessions import LoggedIn, logged_in_anew
from roundsman.migration.former_ids import former_ids
from roundsman.operations.people.person import get_person
from roundsman.operations.signing_in.sign_in import Attempt, sign_in
from roundsman.web.guards import public, require
from roundsman.web.pacing import failures_at_whole_steps
from roundsman.web.principal import CurrentPrincipal, WhoeverAsks
from roundsman.web.services import client_address, client_device, services_of

router = APIRouter(prefix="/auth", tags=["auth"])


class Login(RequestModel):
    """Who signs in, and the password that proves it."""

    identifier: Annotated[str, StringConstraints(min_length=1, max_length=254)] = Field(
        description="A phone in any spelling, an e-mail address, or an id of the existing application.",
        examples=["98200 12345"],
    )
    password: Annotated[SecretStr, Field(min_length=1, max_length=1024)]


@router.post(
    "/login",
    dependencies=[Depends(public(reason="Whoever signs in has no token yet."))],
    responses=problems(401, 403, 422),
)
async def login(body: Login, request: Request) -> LoggedIn:
    """Sign in with a password. Whatever is wrong, the refusal is the same, and comes at a multiple of 400 ms.

    Whoever sends the access token of a session along gets a new one in its place.
    """
    services = services_of(request)
    attempt = Attempt(
        body.identifier,
        body.password.get_secret_value(),
        address=client_address(request),
        device=client_device(request),
    )
    async with failures_at_whole_steps():
        signed_in = await sign_in(
            services.runtime.tx, attempt, by=services.password_sign_in, now=services.runtime.clock()
        )
    return await logged_in_anew(request, signed_in)


@router.get("/me", dependencies=[Depends(require(Permission.ME_READ))], responses=problems(401, 403))
async def me(known: WhoeverAsks) -> MyselfView:
    """Show who one is: one's own user with his roles, and the session one asks in. What changed shows within two seconds."""
    return MyselfView(user=UserView.model_validate(known.user), session_id=known.principal.session_id)


@router.get("/me/profiles", dependencies=[Depends(require(Permission.ME_READ))], responses=problems(401, 403))
async def my_profiles(request: Request, principal: CurrentPrincipal) -> PersonView:
    """Show all one is to the business: one's own user, what finds it, and one's profiles."""
    return PersonView.model_validate(await get_person(services_of(request).runtime.tx, principal.user_id))


@router.get("/me/former", dependencies=[Depends(require(Permission.ME_FORMER))], responses=problems(401, 403))
async def my_former_self(request: Request, known: WhoeverAsks) -> FormerSelfView:
    """Show who one is by the ids of the existing application, for its own guard. Session and roles are read anew."""
    former = await former_ids(services_of(request).runtime.tx, known.user.id)
    return FormerSelfView(
        user_id=former.user_id,
        customer_ids=list(former.customer_ids),
        delivery_boy_id=former.delivery_boy_id,
        supplier_id=former.supplier_id,
        email=former.email,
        name=known.user.name,
        roles=sorted(known.principal.roles),
        id=known.user.id,
    )
