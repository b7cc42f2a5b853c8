"""The search in the frame of every page: straight to whom the text can only mean, else a list."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from roundsman.access.decisions import Allowed, decide
from roundsman.access.permissions import Permission
from roundsman.access.roles import Role
from roundsman.console.customer_query import Text
from roundsman.console.guards import require_page
from roundsman.console.rendering import see_other, show
from roundsman.identity.importing import find_users
from roundsman.identity.users import User
from roundsman.operations.people.customer_search import NOBODY, find_called, list_called
from roundsman.web.operating import Work
from roundsman.web.principal import CurrentPrincipal

_GUARD: Final = [Depends(require_page(Permission.ACTIVATION_READ))]

router = APIRouter(include_in_schema=False)


@router.get("/search", dependencies=_GUARD, name="search_page")
async def search(
    request: Request,
    work: Work,
    principal: CurrentPrincipal,
    q: Annotated[Text, Query()] = "",
    after: Annotated[Text, Query()] = "",
) -> Response:
    """Lead to whom the text can only mean, or list whom it may mean: customers, and others for whoever may see users."""
    sees_all = isinstance(decide(principal, Permission.USERS_READ), Allowed)
    called = await find_called(work.tx, q) if q else NOBODY
    if called.exact is not None:
        [user] = await find_users(work.tx, [called.exact])
        if sees_all or is_customer(user):
            return see_other(request, page_of(user))
    role = None if sees_all else Role.CUSTOMER
    page = await list_called(work.tx, called, role=role, after=after or None)
    return show(
        request,
        "customers/search.html",
        search_text=q,
        is_cut=called.is_cut,
        people=[(user, page_of(user)) for user in page.users],
        sees_all=sees_all,
        next=page.next,
        after=after,
    )


def is_customer(user: User) -> bool:
    """Whether somebody has a page as a customer."""
    return Role.CUSTOMER in user.roles and user.is_live


def page_of(user: User) -> str:
    """The page of somebody: as a customer if he is one."""
    return f"/customers/{user.id}" if is_customer(user) else f"/users/{user.id}"
