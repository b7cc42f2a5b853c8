"""What each role may and what each route asks for, as tables: made from the permissions and the routes themselves."""

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from roundsman.access.permissions import OWN_ONLY, Changes, Permission, changes_of, roles_with
from roundsman.access.roles import Role
from roundsman.web.guards import Public, Require
from roundsman.web.route_inventory import Entrance


@dataclass(frozen=True, slots=True)
class PermissionRow:
    """One permission: what it lets one do, and how far each role has it: `yes`, `own`, or empty."""

    permission: Permission
    meaning: str
    reach: Mapping[Role, str]


@dataclass(frozen=True, slots=True)
class GuardedRoute:
    """One way in for who has a permission; `besides` and `changes` are empty where nothing more is asked or changed."""

    methods: str
    path: str
    permission: Permission
    besides: str
    changes: str


@dataclass(frozen=True, slots=True)
class PublicRoute:
    """One way in for everybody, and why."""

    methods: str
    path: str
    reason: str


def permission_rows() -> tuple[PermissionRow, ...]:
    """Every permission, in the order of the table."""
    meanings = meanings_of_permissions()
    return tuple(PermissionRow(one, meanings[one], _reach(one)) for one in Permission)


def guarded_routes(ways_in: Iterable[Entrance]) -> tuple[GuardedRoute, ...]:
    """The routes that need a permission, in the order of permissions and paths."""
    found = [(way, way.guard) for way in ways_in if isinstance(way.guard, Require)]
    order = list(Permission)
    in_order = sorted(found, key=lambda one: (order.index(one[1].permission), one[0].path))
    return tuple(
        GuardedRoute(_methods(way), way.path, guard.permission, _besides(guard), _changes(guard))
        for way, guard in in_order
    )


def public_routes(ways_in: Iterable[Entrance]) -> tuple[PublicRoute, ...]:
    """The routes for everybody, in the order of their paths."""
    found = [(way, way.guard) for way in ways_in if isinstance(way.guard, Public)]
    in_order = sorted(found, key=lambda one: one[0].path)
    return tuple(PublicRoute(_methods(way), way.path, guard.reason) for way, guard in in_order)


@cache
def meanings_of_permissions() -> Mapping[Permission, str]:
    """What each permission lets one do: the text below it in the source, which Python does not keep."""
    (table,) = ast.parse(inspect.getsource(Permission)).body
    if not isinstance(table, ast.ClassDef):
        raise TypeError("a class was read")
    return dict(_told(table))


def _told(table: ast.ClassDef) -> Iterator[tuple[Permission, str]]:
    for above, below in zip(table.body, table.body[1:], strict=False):
        match above, below:
            case ast.Assign(targets=[ast.Name(name)]), ast.Expr(ast.Constant(str(text))):
                yield Permission[name], text
            case _:
                pass


def _reach(permission: Permission) -> Mapping[Role, str]:
    reach = "own" if permission in OWN_ONLY else "yes"
    granted = roles_with(permission)
    return {role: reach if role in granted else "" for role in Role}


def _methods(way: Entrance) -> str:
    return " ".join(sorted(way.methods))


def _besides(guard: Require) -> str:
    return ", ".join([*["fresh proof"] * guard.fresh, *["half signed in"] * guard.half_signed_in])


def _changes(guard: Require) -> str:
    changes = changes_of(guard.permission)
    return "" if changes is Changes.NOTHING else changes.value
