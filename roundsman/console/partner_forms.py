"""What the pages about delivery boys and suppliers have in common: what their addresses and forms may hold, and parts of lists."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlencode

from bson import ObjectId
from fastapi import Path
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from roundsman.money import NotAnAmount, paise_from_rupees

PER_PAGE: Final = 50
_MOST_PAISE: Final = 100_000_000
_Item = TypeVar("_Item")


def _paise(text: Any) -> int:  # noqa: ANN401  whatever stands in the form
    plain = str(text).replace(",", "").replace("₹", "").replace("\N{MINUS SIGN}", "-").strip()
    try:
        return paise_from_rupees(plain)
    except NotAnAmount:
        raise ValueError("Write an amount in rupees, like 1,250.50") from None


def _object_id(text: Any) -> ObjectId:  # noqa: ANN401  whatever stands in the address
    if not ObjectId.is_valid(text):
        raise ValueError("An id has 24 hexadecimal digits")
    return ObjectId(text)


SignedRupees = Annotated[int, Field(ge=-_MOST_PAISE, le=_MOST_PAISE), BeforeValidator(_paise)]
"""An amount as people write it, '60', '-60' or '1,250.50' rupees, read as paise; at most a million rupees."""

Rupees = Annotated[int, Field(ge=1, le=_MOST_PAISE), BeforeValidator(_paise)]
"""The same above nought."""

Key = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{8,64}$")]
"""The hidden key of a form, so that what is sent twice counts once."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A text of one line."""

IdInForm = Annotated[Any, BeforeValidator(_object_id)]
"""An id in a form, read as one."""

IdInPath = Annotated[IdInForm, Path()]
"""An id in an address, read as one."""


class Reasoned(BaseModel):
    """Why; the audit log keeps it for good."""

    reason: Line


class PartQuery(BaseModel):
    """Which part of a list; the first is 1."""

    page: Annotated[int, Field(ge=1, le=2_000)] = 1

    @property
    def skip(self) -> int:
        """How many stand on the pages before."""
        return (self.page - 1) * PER_PAGE


def part_of(found: Sequence[_Item]) -> tuple[Sequence[_Item], bool]:
    """What is shown of a list of which one more than a page was read, and whether more follows."""
    return found[:PER_PAGE], len(found) > PER_PAGE


def pages_around(path: str, query: PartQuery, *, is_more: bool) -> dict[str, str]:
    """The addresses of the next page of the same view and of its first one; empty where there is none."""
    view = query.model_dump(mode="json", exclude_defaults=True, exclude={"page"})
    first = f"{path}?{urlencode(view)}" if view else path
    following = f"{path}?{urlencode(view | {'page': query.page + 1})}" if is_more else ""
    return {"next": following, "first": first if query.page > 1 else ""}
