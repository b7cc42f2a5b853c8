"""What the portals have in common: what their forms may hold, and refusals in the words of who looks."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from bson import ObjectId
from fastapi import Path, Query
from pydantic import BeforeValidator, Field, StringConstraints
from starlette.requests import Request

from roundsman.console.forms import Form, InvalidForm, refused
from roundsman.console.shell import shell_of
from roundsman.database.transaction import Tx
from roundsman.errors import RoundsmanError
from roundsman.identity.mode import OperationsMode, get_mode
from roundsman.money import NotAnAmount, paise_from_rupees

_MOST_PAISE: Final = 100_000_000


def _paise(text: Any) -> int:  # noqa: ANN401  whatever stands in the form
    try:
        return paise_from_rupees(str(text).replace(",", "").removeprefix("₹").strip())
    except NotAnAmount as error:
        raise ValueError(error.message) from error


def _object_id(text: Any) -> ObjectId:  # noqa: ANN401  whatever stands in the address
    if not ObjectId.is_valid(text):
        raise ValueError("an id has 24 hexadecimal digits")
    return ObjectId(text)


Rupees = Annotated[int, Field(ge=1, le=_MOST_PAISE), BeforeValidator(_paise)]
"""An amount as people write it, '60' or '1,250.50' rupees, read as paise; at most a million rupees."""

Key = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{8,64}$")]
"""The hidden key of a form, so that what is sent twice counts once."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A text of one line."""

_AnyId = Annotated[Any, BeforeValidator(_object_id)]
IdInForm = _AnyId
"""An id in a form, read as one."""

IdInPath = Annotated[_AnyId, Path()]
"""An id in an address, read as one."""


PageNumber = Annotated[int, Query(ge=1, le=5_000)]
"""Which part of a list; the first is 1."""


def refused_here(request: Request, sent: Mapping[str, str], error: RoundsmanError) -> Form:
    """The form again, with what was typed; why it was refused in the language of who sent it."""
    shell = shell_of(request)
    form = refused(sent, error)
    # Of a field that a form has several times, only what it is comes first in its name.
    wrong = (
        {name: shell.say(f"wrong.{name.partition('_')[0]}") for name in form.wrong}
        if isinstance(error, InvalidForm)
        else {}
    )
    return Form(sent, wrong, shell.explain(error.code, error.message), form.status)


async def are_operations_here(tx: Tx) -> bool:
    """Whether orders and what follows from them are changed here, so that there is something to offer."""
    return (await get_mode(tx)).operations is OperationsMode.ROUNDSMAN
