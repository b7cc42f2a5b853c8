"""Guards as one finds them: some that guard, and some that only look so."""

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Response, WebSocket
from fastapi.security import OAuth2PasswordBearer

from tests.sample_app.roles import GRANTED, Permission, Role

oauth2 = OAuth2PasswordBearer(tokenUrl="/login")
USERS = {"token of Asha": {"name": "Asha", "role": "admin"}}
User = dict[str, str]


class Principal:
    """Made by FastAPI from the query, if nothing says how else."""

    def __init__(self, name: str = "", role: str = "") -> None:
        self.name = name
        self.role = role


async def get_current_user(token: Annotated[str, Depends(oauth2)]) -> User:
    user = USERS.get(token)
    if user is None:
        raise HTTPException(401, "Who are you?")
    return user


oauth2_or_not = OAuth2PasswordBearer(tokenUrl="/login", auto_error=False)


async def maybe_user(token: Annotated[str | None, Depends(oauth2_or_not)]) -> User | None:
    if token is None:
        return None
    return await get_current_user(token)


async def replaced_user(token: Annotated[str, Depends(oauth2)]) -> User:
    return await get_current_user(token)


def require_role(*roles: str) -> Callable[[User], Awaitable[User]]:
    async def checked(user: Annotated[User, Depends(get_current_user)]) -> User:
        if user["role"] not in roles:
            raise HTTPException(403, "Not yours.")
        return user

    return checked


class RequirePermission:
    def __init__(self, permission: Permission | str) -> None:
        self.permission = permission

    async def __call__(self, user: Annotated[User, Depends(get_current_user)]) -> User:
        if self.permission not in GRANTED[Role(user["role"])]:
            raise HTTPException(403, "Not yours.")
        return user


async def of_the_house(user: Annotated[User, Depends(get_current_user)]) -> User:
    if not user["name"].endswith("@house"):
        raise HTTPException(403, "Not yours.")
    return user


async def of_role(user: Annotated[User, Depends(get_current_user)], role: str = "admin") -> User:
    if user["role"] != role:
        raise HTTPException(403, "Not yours.")
    return user


def signed_in(endpoint: Callable[[Request], Awaitable[None]]) -> Callable[[Request], Awaitable[None]]:
    @wraps(endpoint)
    async def checked(request: Request) -> None:
        if request.headers.get("authorization") not in USERS:
            raise HTTPException(401, "Who are you?")
        await endpoint(request)

    return checked


async def only_at_home(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    if request.client is None:
        return Response(status_code=403)
    return await call_next(request)


def check_role(user: User, role: str) -> None:
    if user["role"] != role:
        raise HTTPException(403, "Not yours.")


async def of_given_role(allowed: str, user: Annotated[User, Depends(get_current_user)]) -> User:
    if user["role"] != allowed:
        raise HTTPException(403, "Not yours.")
    return user


async def admin_only(user: Annotated[User, Depends(get_current_user)]) -> User:
    if user["role"] != Role.ADMIN:
        raise HTTPException(403, "Not yours.")
    return user


async def fake_current_user() -> User:
    """For now."""
    return {"name": "dev", "role": "admin"}


async def paging() -> dict[str, int]:
    """Returns a constant too, but guards nothing and says so."""
    return {"limit": 20}


async def get_profile(user_id: str) -> User:
    return USERS[user_id]


async def socket_user(socket: WebSocket) -> User:
    user = USERS.get(socket.headers.get("authorization", ""))
    if user is None:
        raise HTTPException(403, "Who are you?")
    return user


of_admin_by_default = partial(of_role, role="admin")
of_admin = partial(of_given_role, "admin")
