"""What the routes of products, orders, payments, subscriptions and contacts have in common."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from roundsman.api.models import RequestModel

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
