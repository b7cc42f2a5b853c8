"""The page for what somebody else changed meanwhile: as it was when the form was opened, as it is now, and what was wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse

from roundsman.console.rendering import show


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was to be set: how it was when the page was opened, how it is now, and what was wanted."""

    name: str
    seen: str
    now: str
    wanted: str


@dataclass(frozen=True, slots=True)
class WayOn:
    """What can be done now: send the same again, knowing how it is now, or go back; `fields` are those of the form.

    `words` stand on the button, `back` is the address of what it is about and `back_words` what it is called.
    """

    action: str
    words: str
    fields: Mapping[str, str]
    back: str
    back_words: str


def show_conflict(request: Request, title: str, differences: Sequence[Difference], on: WayOn) -> HTMLResponse:
    """Show both, and how to go on; answers 409."""
    return show(
        request, "conflict.html", status=HTTPStatus.CONFLICT, conflict_title=title, differences=differences, on=on
    )
