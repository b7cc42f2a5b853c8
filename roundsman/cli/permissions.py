"""The command `roundsman permissions`, which is also how docs/permissions.md is made: what each role may, and where it counts."""

from collections.abc import Iterable
from typing import Final

from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.cli.output import say
from roundsman.web.permission_tables import guarded_routes, permission_rows, public_routes
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
    roles = " | ".join(role.replace("_", " ") for role in Role)
    return "\n".join(
        [
            f"{_INTRODUCTION}\n",
            f"| permission | lets one | {roles} |",
            f"|---|---|{'---|' * len(Role)}",
            *(
                f"| `{one.permission}` | {one.meaning} | {' | '.join(one.reach.values())} |"
                for one in permission_rows()
            ),
            f"\n{_ROUTES}\n",
            "| route | permission | besides | changes |",
            "|---|---|---|---|",
            *(
                f"| {_name(way.methods, way.path)} | `{way.permission}` | {way.besides} | {way.changes} |"
                for way in guarded_routes(ways_in)
            ),
            f"\n{_PUBLIC}\n",
            "| route | why |",
            "|---|---|",
            *(f"| {_name(way.methods, way.path)} | {way.reason} |" for way in public_routes(ways_in)),
        ]
    )


def _name(methods: str, path: str) -> str:
    return f"`{f'{methods} {path}'.strip()}`"
