"""The page for what somebody else changed meanwhile: as it was when the form was opened, as it is now, and what was wanted."""

from collections.abc import Iterable, Mapping, Sequence
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


def seen_fields(sent: Mapping[str, str], fields: Iterable[str]) -> dict[str, str]:
    """What stood in these fields when the form was shown, as its hidden fields `seen_…` say."""
    return {name: as_sent(sent.get(f"seen_{name}", "")) for name in fields}


def as_sent(text: str) -> str:
    """A text with its lines as the program writes them; browsers end each as a teleprinter did."""
    return "\n".join(text.splitlines())


def changed_fields(seen: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """What is wanted otherwise than it was when the form was shown."""
    return {name: text for name, text in wanted.items() if text != seen[name]}


def overtaken(
    titles: Mapping[str, str], seen: Mapping[str, str], now: Mapping[str, str], wanted: Mapping[str, str]
) -> list[Difference]:
    """What is wanted otherwise, and was set to something else meanwhile; `titles` say what each field is called."""
    return [
        Difference(titles[name], seen[name], now[name], text)
        for name, text in changed_fields(seen, wanted).items()
        if now[name] not in {seen[name], text}
    ]


def all_the_same(path: str, now: Mapping[str, str], seen: Mapping[str, str], wanted: Mapping[str, str]) -> WayOn:
    """The way on for a profile at this address: what is wanted otherwise, on top of what stands there now."""
    fields = {**now, **changed_fields(seen, wanted), **{f"seen_{name}": text for name, text in now.items()}}
    return WayOn(f"{path}/profile", "Change it all the same", fields, path, "Leave it as it is now")


def show_conflict(request: Request, title: str, differences: Sequence[Difference], on: WayOn) -> HTMLResponse:
    """Show both, and how to go on; answers 409."""
    return show(
        request, "conflict.html", status=HTTPStatus.CONFLICT, conflict_title=title, differences=differences, on=on
    )
