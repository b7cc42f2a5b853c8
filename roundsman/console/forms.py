"""What a form of ours sent: fields with a name and a text, never files, so that no parser of those is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from roundsman.errors import InvalidInput, RoundsmanError
from roundsman.web.errors import status_of

_MOST_FIELDS: Final = 50
_Model = TypeVar("_Model", bound=BaseModel)


class UnreadableForm(InvalidInput):
    """The body of the request is no form as pages of ours send it."""

    code = "unreadable_form"

    def __init__(self) -> None:
        super().__init__("What was sent is not a form of this page. Open the page again.")


class InvalidForm(InvalidInput):
    """What a form holds is not as it has to be; `wrong` says of each field why, the message what is wrong with all together."""

    code = "invalid_form"

    def __init__(self, wrong: Mapping[str, str], message: str = "Something is missing or not right below.") -> None:
        super().__init__(message)
        self.wrong = wrong


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is shown: what stands in its fields, what is wrong with which, and what else stood in the way."""

    values: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    trouble: str | None = None
    status: int = 200


def refused(sent: Mapping[str, str], error: RoundsmanError) -> Form:
    """The form again, with what was typed and why it was refused."""
    wrong = error.wrong if isinstance(error, InvalidForm) else {}
    return Form(sent, wrong, error.message, status_of(type(error)))


def model_of(model: type[_Model], sent: Mapping[str, str]) -> _Model:
    """Read the fields of a form as a model; an empty field is none. Raises InvalidForm."""
    try:
        return model.model_validate({name: text for name, text in sent.items() if text and name in model.model_fields})
    except ValidationError as error:
        said = [(one["loc"], _said(one["type"], one["msg"])) for one in error.errors()]
        of_all = [text for loc, text in said if not loc]
        raise InvalidForm({str(loc[0]): text for loc, text in said if loc}, *of_all[:1]) from None


def _said(kind: str, message: str) -> str:
    if kind == "missing":
        return "This is needed."
    if kind.startswith("date_"):
        return "This is not a day: type it like 2026-11-24."
    return f"{message.removeprefix('Value error, ').replace('String should have', 'Write')}."


async def read_form(request: Request) -> dict[str, str]:
    """Read the fields of a form; raises UnreadableForm."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise UnreadableForm
    try:
        text = (await request.body()).decode("ascii")
        # Strict, because a letter that was replaced would make another password.
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise UnreadableForm from error
    return dict(pairs)
