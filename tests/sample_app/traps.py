"""Each trap once; the path says which finding it must bring. See `twins` for how each is meant."""

# ruff: noqa: ANN401, B006, B008, FAST002, FAST003, PIE807 - wrong on purpose

import os
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, WebSocket
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tests.sample_app.guards import (
    Principal,
    RequirePermission,
    User,
    admin_only,
    check_role,
    fake_current_user,
    get_current_user,
    get_profile,
    maybe_user,
    of_admin_by_default,
    replaced_user,
    require_role,
    signed_in,
)
from tests.sample_app.roles import Permission

GUARDED = os.environ.get("SAMPLE_GUARDED") == "yes"
KEY = "the key"

router = APIRouter()


@router.get("/no_authentication/plain")
async def plain() -> None: ...


@router.get("/no_authentication/hidden", include_in_schema=False)
async def hidden() -> None: ...


@router.websocket("/no_authentication/socket")
async def socket(socket: WebSocket) -> None: ...


@router.get("/no_role/profile", dependencies=[Depends(get_current_user)])
async def profile() -> None: ...


@router.get("/no_role/decorated")
@signed_in
async def decorated(request: Request) -> None: ...


@router.delete("/write_for_reader/permission", dependencies=[Depends(RequirePermission(Permission.ORDERS_READ))])
async def delete_order() -> None: ...


@router.post("/write_for_reader/role", dependencies=[Depends(require_role("viewer", "staff", "admin"))])
async def make_order() -> None: ...


@router.get("/clean/double", dependencies=[Depends(admin_only)])
async def first() -> None: ...


@router.get("/clean/double", dependencies=[Depends(admin_only)])
async def duplicate_route() -> None: ...


@router.get("/clean/things/{name}", dependencies=[Depends(admin_only)])
async def thing() -> None: ...


@router.get("/clean/things/latest", dependencies=[Depends(admin_only)])
async def shadowed_route() -> None: ...


@router.get("/decoy_guard/lambda")
async def decoy_lambda(user: User = Depends(lambda: {})) -> None: ...


@router.get("/decoy_guard/of_route", dependencies=[Depends(lambda: None)])
async def decoy_of_route() -> None: ...


@router.get("/decoy_guard/partial", dependencies=[Depends(of_admin_by_default)])
async def decoy_partial() -> None: ...


@router.get("/decoy_guard/function")
async def decoy_function(user: Annotated[User, Depends(fake_current_user)]) -> None: ...


@router.get("/decoy_guard/lookup")
async def decoy_lookup(current_user: Annotated[User, Depends(get_profile)]) -> None: ...


@router.get("/decoy_guard/overridden")
async def decoy_overridden(user: Annotated[User, Depends(replaced_user)]) -> None: ...


@router.get("/no_authentication/optional")
async def optional(user: Annotated[User | None, Depends(maybe_user)]) -> None: ...


@router.post("/no_authentication/checked_input")
async def checked_input(payload: dict[str, str]) -> None:
    if payload["role"] not in {"staff", "viewer"}:
        raise HTTPException(400, "There is no such role.")


@router.delete("/no_authentication/health/{name}")
async def delete_record(name: str) -> None: ...


@router.get("/guard_not_depends/annotated")
async def without_depends(user: Annotated[str, require_role("admin")]) -> None: ...


@router.get("/guard_in_signature/list")
async def in_signature(dependencies: Any = [Depends(admin_only)]) -> None: ...


@router.get("/bare_depends/principal")
async def bare(user: Annotated[Principal, Depends()]) -> None: ...


@router.get("/conditional_guard/parameter")
async def conditional(user: Any = Depends(admin_only) if GUARDED else None) -> None: ...


@router.get("/conditional_guard/decorator", dependencies=[Depends(admin_only)] if GUARDED else [])
async def conditional_decorator() -> None: ...


@router.get("/check_in_handler/role")
async def in_handler(user: Annotated[User, Depends(get_current_user)]) -> None:
    if user["role"] != "admin":
        raise HTTPException(403, "Not yours.")


@router.get("/check_in_handler/key")
async def key_in_handler(request: Request) -> None:
    token = request.headers.get("x-key")
    if token != KEY:
        raise HTTPException(401, "Who are you?")


@router.get("/check_in_handler/alias")
async def alias_in_handler(user: Annotated[User, Depends(get_current_user)], allowed: str = "admin") -> None:
    role = user.get("role", "").lower()
    if role not in allowed.split():
        raise HTTPException(403, "Not yours.")


@router.get("/check_in_handler/helper")
async def helper_in_handler(user: Annotated[User, Depends(get_current_user)]) -> None:
    check_role(user, "admin")


@router.get("/unknown_role/closure", dependencies=[Depends(require_role("manager", "admin"))])
async def unknown() -> None: ...


@router.get("/role_in_other_case/closure", dependencies=[Depends(require_role("Staff", "admin"))])
async def other_case() -> None: ...


@router.get("/permission_of_nobody/instance", dependencies=[Depends(RequirePermission(Permission.ORDERS_SHRED))])
async def of_nobody() -> None: ...


of_staff = APIRouter(dependencies=[Depends(require_role("staff"))])


@of_staff.get("/admin/admin_locked_out", dependencies=[Depends(admin_only)])
async def locked_out() -> None: ...


doubled = APIRouter(prefix="/doubled_prefix")


@doubled.get("/list", dependencies=[Depends(admin_only)])
async def doubled_list() -> None: ...


async def files(request: Request) -> Response:
    return PlainTextResponse(request.url.path)


sub = FastAPI(openapi_url=None)
sub.get("/no_authentication/below")(plain)

forgotten = APIRouter(prefix="/router_not_included")


@forgotten.get("/")
async def nobody_comes_here() -> None: ...
