"""What a form of ours sent: fields with a name and a text, never files, so that no parser of those is needed."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from roundsman.errors import InvalidInput

_MOST_FIELDS: Final = 50


class UnreadableForm(InvalidInput):
    """The body of the request is no form as pages of ours send it."""

    code = "unreadable_form"

    def __init__(self) -> None:
        super().__init__("What was sent is not a form of this page. Open the page again.")


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
