"""What the routes of products, orders, payments, subscriptions and contacts have in common."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Request
from pydantic import Field, StringConstraints

from roundsman.api.models import RequestModel
from roundsman.audit_log.entries import acting
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.operations.intake import Intake
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import client_address, services_of

Key = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9A-Za-z_-]{8,64}$"),
    Field(
        description="Made up by who asks, a new one for each new thing. Sent again with the same content, nothing more "
        "is written and the answer is the same; with other content it is refused.",
        examples=["0d9a7c1e-3b52-4b7f"],
    ),
]
"""By which something that is sent more than once is done once."""

Paise = Annotated[
    int, Field(ge=1, le=100_000_000, description="Paise: 6400 is Rs 64; at most a million rupees.", examples=[6400])
]
"""An amount of money in a request."""

Method = Literal["cash", "upi", "card", "bank"]
"""How money goes from one to another."""


class Page(RequestModel):
    """Which part of a list."""

    skip: Annotated[int, Field(ge=0, le=100_000)] = 0
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@dataclass(frozen=True, slots=True)
class Operating:
    """What a route works with: the database, who asks and as whom he tells, and when that is."""

    tx: Tx
    user_id: UserId
    intake: Intake
    now: datetime


async def operating(request: Request, principal: CurrentPrincipal) -> Operating:
    """Put together what the route of this request works with."""
    runtime = services_of(request).runtime
    intake = Intake(acting(principal, address=client_address(request)), runtime.activation)
    return Operating(runtime.tx, principal.user_id, intake, runtime.clock())


Work = Annotated[Operating, Depends(operating)]
