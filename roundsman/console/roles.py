"""Roles: what each of them may, and what each route of the running application asks for."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse

from roundsman.access.permissions import Permission
from roundsman.access.roles import Role
from roundsman.console.guards import require_page
from roundsman.console.rendering import show
from roundsman.web.permission_tables import guarded_routes, permission_rows, public_routes
from roundsman.web.route_inventory import entrances

PATH: Final = "/roles"
_READING: Final = [Depends(require_page(Permission.USERS_READ))]
_Text = Annotated[str, Query(max_length=100)]

router = APIRouter(include_in_schema=False)


@router.get(PATH, dependencies=_READING, name="roles_page")
async def show_roles(request: Request, q: _Text = "") -> HTMLResponse:
    """Show what each role may."""
    rows = [row for row in permission_rows() if _holds(q, row.permission, row.meaning)]
    return show(request, "roles/roles.html", rows=rows, roles=list(Role), q=q)


@router.get(PATH + "/routes", dependencies=_READING, name="routes_page")
async def show_routes(request: Request, q: _Text = "") -> HTMLResponse:
    """Show what each route asks for."""
    ways_in = entrances(request.app)
    guarded = [way for way in guarded_routes(ways_in) if _holds(q, way.methods, way.path, way.permission, way.besides)]
    public = [way for way in public_routes(ways_in) if _holds(q, way.methods, way.path, way.reason)]
    return show(request, "roles/routes.html", guarded=guarded, public=public, q=q)


def _holds(wanted: str, *texts: str) -> bool:
    """Whether each word stands in one of the texts, in whatever case."""
    line = " ".join(texts).casefold()
    return all(word in line for word in wanted.casefold().split())
