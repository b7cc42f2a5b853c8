"""The people of a question side by side, as rows of a table (pure): what each document says, and where they differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from roundsman.console.wording import day, instant, masked
from roundsman.migration.side_by_side import Side, SideBySide, SideUser

_Say = Callable[[Side], str | None]
_ABSENT: Final = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One field: its value in each document, and whether the documents that have one differ in it."""

    name: str
    values: tuple[str, ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """What the documents say, and who their people are here meanwhile."""

    documents: tuple[ComparedRow, ...]
    people: tuple[ComparedRow, ...]


def compared(sides: Sequence[Side], *, in_full: bool) -> Compared:
    """Set the documents of a question side by side; phones and e-mails in full only where that is asked for."""
    shown = (lambda text: text) if in_full else masked
    return Compared(
        tuple(_row(name, sides, say, shown if name in {"Phone", "E-mail"} else None) for name, say in _OF_DOCUMENTS),
        (
            *(_row(name, sides, _of_user(say)) for name, say in _OF_USERS),
            _row("Signs in with", sides, _of_user(lambda user: ", ".join(_contacts(user, shown)))),
        ),
    )


def seen_text(shown: SideBySide) -> str:
    """What a human saw before he answered, in lines: the state of the question and both tables, contacts masked."""
    one, table = shown.review, compared(shown.sides, in_full=False)
    given = one.given or one.proposal
    said = [f"Question: {one.status}{f', {given.answer.decision}' if given else ''}".replace("_", " ")]
    return "\n".join(said + [f"{row.name}: {' | '.join(row.values)}" for row in (*table.documents, *table.people)])


def _row(name: str, sides: Sequence[Side], say: _Say, shown: Callable[[str], str] | None = None) -> ComparedRow:
    values = [say(side) for side in sides]
    known = {value.casefold() for value in values if value}
    return ComparedRow(
        name, tuple((shown(value) if shown else value) if value else _ABSENT for value in values), len(known) > 1
    )


def _of_user(say: Callable[[SideUser], str | None]) -> _Say:
    return lambda side: say(side.user) if side.user else None


def _contacts(user: SideUser, shown: Callable[[str], str]) -> list[str]:
    kinds = [key.partition(":") for key in user.signs_in_with]
    return [shown(text) if kind in {"phone", "email"} else text for kind, _, text in kinds]


def _words(text: str | None) -> str | None:
    return text.replace("_", " ") if text else None


_OF_DOCUMENTS: Final[tuple[tuple[str, _Say], ...]] = (
    ("Name", lambda side: side.name),
    ("Phone", lambda side: side.phone),
    ("E-mail", lambda side: side.email),
    ("Address", lambda side: side.address),
    ("Role", lambda side: _words(side.role)),
    ("Created", lambda side: day(side.created_at) if side.created_at else None),
    ("Last sign-in", lambda side: instant(side.last_sign_in_at) if side.last_sign_in_at else None),
)
_OF_USERS: Final[tuple[tuple[str, Callable[[SideUser], str | None]], ...]] = (
    ("User", lambda user: user.name),
    ("Status", lambda user: f"{user.status}, {user.claim}".replace("_", " ")),
    ("Roles", lambda user: _words(", ".join(user.roles))),
    ("Orders", lambda user: str(user.orders)),
    ("Last order", lambda user: day(user.last_order_at) if user.last_order_at else None),
    ("Signed in here", lambda user: instant(user.last_sign_in_at) if user.last_sign_in_at else None),
)
