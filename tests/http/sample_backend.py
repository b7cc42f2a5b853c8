"""An existing application that has adopted Roundsman: its endpoints are as they were, only where users come from is new."""

from enum import StrEnum
from typing import Annotated

from fastapi import Depends, FastAPI

from adopt.roundsman_guard import RoundsmanGuard, User

CUSTOMERS = {"cust-001": {"id": "cust-001", "name": "Asha Rao", "area": "HSR"}}
"""What the application's own database has."""


class UserRole(StrEnum):
    """The application's own roles."""

    CUSTOMER = "customer"
    DELIVERY_BOY = "delivery_boy"
    MARKETING_STAFF = "marketing_staff"
    ADMIN = "admin"


async def in_our_shape(user: User) -> User:
    """Add what the application's endpoints expect besides."""
    customer_id = user["customer_id"]
    if user["role"] == UserRole.DELIVERY_BOY and user["delivery_boy_id"]:
        user = {**user, "id": user["delivery_boy_id"]}
    return {**user, "customer_v2_id": customer_id, "customer": CUSTOMERS.get(customer_id)}


def sample_backend(guard: RoundsmanGuard) -> FastAPI:
    """Build the application."""
    app = FastAPI()
    get_current_user, require_role = guard.get_current_user, guard.require_role

    @app.get("/whoami")
    async def whoami(current_user: Annotated[User, Depends(get_current_user)]) -> User:
        return current_user

    @app.get("/deliveries")
    async def deliveries(current_user: Annotated[User, Depends(require_role([UserRole.DELIVERY_BOY]))]) -> User:
        return current_user

    @app.get("/orders")
    async def orders(current_user: Annotated[User, Depends(require_role([UserRole.CUSTOMER]))]) -> User:
        return current_user

    @app.get("/staff", dependencies=[Depends(require_role([UserRole.ADMIN, UserRole.MARKETING_STAFF]))])
    async def staff() -> None:
        """For the office."""

    return app
