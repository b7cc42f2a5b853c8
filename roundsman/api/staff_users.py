"""Users as staff works with them: looking for them, seeing one whole, and making accounts for the office."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, StringConstraints

from roundsman.access.permissions import Permission
from roundsman.access.roles import Role
from roundsman.api.models import AnswerModel, Id, IdInPath, Line, RequestModel, problems
from roundsman.api.people import PersonView, UserView
from roundsman.audit_log.entries import acting
from roundsman.identity.users import UserStatus
from roundsman.ids import UserId
from roundsman.operations.accounts.staff import NewStaff, create_staff
from roundsman.operations.people.people_search import PeopleFilter, joinings_of, search_people
from roundsman.operations.people.person import get_person
from roundsman.web.guards import require
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import client_address, services_of

router = APIRouter(prefix="/users", tags=["users"])

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)]


class UserSearch(RequestModel):
    """What has to be true of the users; what is not given does not matter."""

    name: _Text | None = Field(
        None, description="How the name begins, or words of it, whatever case and accents.", examples=["asha"]
    )
    contact: _Text | None = Field(
        None,
        description="A phone or an e-mail in any spelling: what one signs in with, or a customer's contact.",
        examples=["98200 12345"],
    )
    role: Role | None = None
    status: UserStatus | None = None
    after: Annotated[str, StringConstraints(max_length=1_000)] | None = Field(
        None, description="The `next` of the page before."
    )
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class UserPageView(AnswerModel):
    """Some users in the order of their names."""

    users: list[UserView]
    next: str | None = Field(description="Send it as `after` for the next page; null on the last.")


class JoiningView(AnswerModel):
    """One time people were joined into one user, or told apart again."""

    cause: str = Field(description="The review whose answer it was.", examples=["review:69a3d7f0c2a4e5b6d7e8f901"])
    at: datetime
    by: str = Field(description="Who decided.")
    survivor: Id
    users: list[Id] = Field(description="All whom it concerned.")


class StaffCreation(RequestModel):
    """Somebody who is to work in the office."""

    name: Line = Field(examples=["Meera Nair"])
    role: Literal["marketing_staff", "admin"]
    phone: Line | None = Field(None, description="His mobile, in any spelling.", examples=["98200 54321"])
    email: Line | None = None


class StaffCreated(AnswerModel):
    """The new account, which has no password until its owner sets one."""

    user_id: Id


@router.get("", dependencies=[Depends(require(Permission.USERS_READ))], responses=problems(401, 403, 422))
async def search(request: Request, query: Annotated[UserSearch, Query()]) -> UserPageView:
    """Search users by name, contact, role and status; a page at a time."""
    wanted = PeopleFilter(query.name, query.contact, query.role, query.status)
    page = await search_people(services_of(request).runtime.tx, wanted, after=query.after, limit=query.limit)
    return UserPageView.model_validate(page)


@router.post(
    "",
    status_code=201,
    dependencies=[Depends(require(Permission.ROLES_GRANT, fresh=True))],
    responses=problems(401, 403, 409, 422),
)
async def create(body: StaffCreation, request: Request, principal: CurrentPrincipal) -> StaffCreated:
    """Make an account for somebody of the office; he takes it by a code to his phone or e-mail."""
    runtime = services_of(request).runtime
    staff = NewStaff(body.name, Role(body.role), body.phone, body.email)
    actor = acting(principal, address=client_address(request))
    return StaffCreated(user_id=await create_staff(runtime.tx, staff, actor=actor, now=runtime.clock()))


@router.get(
    "/{user_id}", dependencies=[Depends(require(Permission.USERS_READ))], responses=problems(401, 403, 404, 422)
)
async def one(user_id: IdInPath, request: Request) -> PersonView:
    """Show a user whole, as he is: one who was merged stays what he was."""
    return PersonView.model_validate(await get_person(services_of(request).runtime.tx, UserId(user_id)))


@router.get(
    "/{user_id}/joinings",
    dependencies=[Depends(require(Permission.USERS_READ))],
    responses=problems(401, 403, 404, 422),
)
async def joinings(user_id: IdInPath, request: Request) -> list[JoiningView]:
    """Show when a user was joined with others or told apart from them, the newest first."""
    found = await joinings_of(services_of(request).runtime.tx, UserId(user_id))
    return [JoiningView.model_validate(joining) for joining in found]
