"""What the fields of forms and the queries of addresses may hold, read as what they mean; ids are read by web/ids."""

from typing import Annotated, Final

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from roundsman.money import NotAnAmount, paise_from_rupees

_MOST_PAISE: Final = 100_000_000


def _paise(text: object) -> int:
    plain = str(text).replace(",", "").replace("₹", "").replace("\N{MINUS SIGN}", "-").strip()
    try:
        return paise_from_rupees(plain)
    except NotAnAmount:
        raise ValueError("Write an amount in rupees, like 1,250.50") from None


SignedRupees = Annotated[int, Field(ge=-_MOST_PAISE, le=_MOST_PAISE), BeforeValidator(_paise)]
"""An amount as people write it, '60', '-60' or '1,250.50' rupees, read as paise; at most a million rupees."""

Rupees = Annotated[int, Field(ge=1, le=_MOST_PAISE), BeforeValidator(_paise)]
"""The same above nought."""

Key = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{8,64}$")]
"""The hidden key of a form, so that what is sent twice counts once."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A text of one line."""

PageNumber = Annotated[int, Query(ge=1, le=5_000)]
"""Which part of a list; the first is 1."""


class Reasoned(BaseModel):
    """Why; the audit log keeps it for good."""

    reason: Line
