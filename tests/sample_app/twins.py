"""The clean twin of each trap: alike to look at, and right. Nothing here may bring a finding."""

# ruff: noqa: PIE807 - as in traps

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Security, WebSocket

from tests.sample_app.guards import (
    RequirePermission,
    User,
    admin_only,
    get_profile,
    of_admin,
    of_the_house,
    paging,
    require_role,
    socket_user,
)
from tests.sample_app.roles import Permission, Role

FLAG = True


def public() -> None:
    """The declaration that a route is for everybody."""


router = APIRouter(prefix="/clean")


@router.get("/open", dependencies=[Depends(public)])
async def declared() -> None: ...


@router.get("/hidden", include_in_schema=False, dependencies=[Depends(admin_only)])
async def hidden() -> None: ...


@router.websocket("/socket", dependencies=[Depends(socket_user), Depends(require_role("admin"))])
async def socket(socket: WebSocket) -> None: ...


@router.delete("/orders/{order}", dependencies=[Depends(RequirePermission(Permission.ORDERS_WRITE))])
async def delete_order(order: str) -> None: ...


@router.get("/orders", dependencies=[Depends(RequirePermission(Permission.ORDERS_READ))])
async def list_orders() -> None: ...


@router.get("/items/latest", dependencies=[Depends(admin_only)])
async def latest() -> None: ...


@router.get("/items/{name}", dependencies=[Depends(admin_only)])
async def item(name: str) -> None: ...


@router.put("/items/{name}", dependencies=[Depends(admin_only)])
async def put_item(name: str) -> None: ...


async def by_role(role: str = "") -> str:
    """Asks for a role to show those who have it, and guards nothing."""
    return role


@router.get("/search", dependencies=[Depends(admin_only)])
async def search(role: Annotated[str, Depends(by_role)]) -> None: ...


@router.get("/users/{user_id}/users", dependencies=[Depends(admin_only)])
async def repeated_word(user: Annotated[User, Depends(get_profile)]) -> None: ...


@router.get("/constant", dependencies=[Depends(admin_only)])
async def constant(
    page: Annotated[dict[str, int], Depends(paging)], options: Annotated[dict[str, int], Depends(lambda: {})]
) -> None: ...


@router.get("/annotated")
async def with_depends(user: Annotated[User, Depends(require_role("admin"))]) -> None: ...


class Filter:
    def __init__(self, word: str = "") -> None:
        self.word = word


@router.get("/bare", dependencies=[Depends(admin_only)])
async def bare(words: Annotated[Filter, Depends()]) -> None: ...


@router.get("/conditional")
async def conditional(user: Annotated[User, Depends(admin_only)], limit: int = 20 if FLAG else 10) -> None: ...


@router.get("/handler")
async def in_handler(user: Annotated[User, Depends(require_role("staff", "admin"))], status: str = "") -> str:
    if status != "open":
        return ""
    return user["role"]


@router.get("/partial", dependencies=[Depends(of_admin)])
async def by_partial() -> None: ...


@router.get("/by_name", dependencies=[Depends(of_the_house)])
async def by_name() -> None: ...


@router.get("/enum", dependencies=[Depends(require_role(Role.STAFF, Role.ADMIN))])
async def enum() -> None: ...


@router.get("/scopes", dependencies=[Security(admin_only, scopes=["orders:write"])])
async def scopes() -> None: ...


of_office = APIRouter(prefix="/admin", dependencies=[Depends(require_role("staff", "admin"))])


@of_office.get("/clean", dependencies=[Depends(admin_only)])
async def reachable() -> None: ...


outer = APIRouter(prefix="/nested")
inner = APIRouter(prefix="/inner", dependencies=[Depends(admin_only)])


@inner.get("/most")
async def most() -> None: ...


outer.include_router(inner)
sub = FastAPI(openapi_url=None, dependencies=[Depends(admin_only)])
sub.get("/below")(most)
