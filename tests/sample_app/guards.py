"""Guards as one finds them: some that guard, and some that only look so."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, HTTPException, WebSocket
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


def check_role(user: User, role: str) -> None:
    if user["role"] != role:
        raise HTTPException(403, "Not yours.")


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
