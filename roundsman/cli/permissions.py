"""The command `roundsman permissions`, which is also how docs/permissions.md is made: what each role may, and where it counts."""

import ast
import inspect
from collections.abc import Iterable, Iterator
from typing import Final

from roundsman.access.permissions import OWN_ONLY, Changes, Permission, changes_of, roles_with
from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.cli.output import say
from roundsman.web.guards import Public, Require
from roundsman.web.route_inventory import Entrance, entrances

_INTRODUCTION: Final = """# Permissions

What each role may, from the one table that the guards of the routes read too. *yes* reaches everything of its kind, *own*
only what belongs to whoever asks. Somebody with several roles may what any of them may. Admins have every permission.

This page is made by `roundsman permissions > docs/permissions.md`."""
_ROUTES: Final = """## Routes

What each route asks for. *Fresh proof* means that whoever asks has proved a few minutes ago at most who he is; *half signed
in* that the second step of a sign-in may still be missing. Routes that change people are closed until cutover, and those
that change operations until the second switch ([operations](operations.md#what-is-open-in-which-mode))."""
_PUBLIC: Final = """## Routes for everybody"""


def show() -> None:
    """Print what each role may, and what each route asks for, as Markdown."""
    say(permissions_page(entrances(create_app())))


def permissions_page(ways_in: Iterable[Entrance]) -> str:
    """Write the page from the table of permissions and the routes."""
    guarded = sorted(_guarded(ways_in), key=lambda way: (list(Permission).index(way[1].permission), way[0].path))
    public = sorted(_public(ways_in), key=lambda way: way[0].path)
    meanings = _meanings()
    roles = " | ".join(role.replace("_", " ") for role in Role)
    return "\n".join(
        [
            f"{_INTRODUCTION}\n",
            f"| permission | lets one | {roles} |",
            f"|---|---|{'---|' * len(Role)}",
            *(f"| `{one}` | {meanings[one.name]} | {' | '.join(_cells(one))} |" for one in Permission),
            f"\n{_ROUTES}\n",
            "| route | permission | besides | changes |",
            "|---|---|---|---|",
            *(
                f"| {_name(way)} | `{guard.permission}` | {_besides(guard)} | {_changes(guard)} |"
                for way, guard in guarded
            ),
            f"\n{_PUBLIC}\n",
            "| route | why |",
            "|---|---|",
            *(f"| {_name(way)} | {guard.reason} |" for way, guard in public),
        ]
    )


def _guarded(ways_in: Iterable[Entrance]) -> Iterator[tuple[Entrance, Require]]:
    return ((way, way.guard) for way in ways_in if isinstance(way.guard, Require))


def _public(ways_in: Iterable[Entrance]) -> Iterator[tuple[Entrance, Public]]:
    return ((way, way.guard) for way in ways_in if isinstance(way.guard, Public))


def _cells(permission: Permission) -> Iterator[str]:
    reach = "own" if permission in OWN_ONLY else "yes"
    granted = roles_with(permission)
    return (reach if role in granted else "" for role in Role)


def _name(way: Entrance) -> str:
    return f"`{' '.join([*sorted(way.methods), way.path])}`"


def _besides(guard: Require) -> str:
    return ", ".join([*["fresh proof"] * guard.fresh, *["half signed in"] * guard.half_signed_in])


def _changes(guard: Require) -> str:
    changes = changes_of(guard.permission)
    return "" if changes is Changes.NOTHING else changes.value


def _meanings() -> dict[str, str]:
    """What each permission lets one do, by its name: the text below it in the source, which Python does not keep."""
    (table,) = ast.parse(inspect.getsource(Permission)).body
    if not isinstance(table, ast.ClassDef):
        raise TypeError("a class was read")
    told: dict[str, str] = {}
    for above, below in zip(table.body, table.body[1:], strict=False):
        match above, below:
            case ast.Assign(targets=[ast.Name(name)]), ast.Expr(ast.Constant(str(text))):
                told[name] = text
            case _:
                pass
    return told
