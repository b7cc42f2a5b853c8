"""Every way into an application, and the guard that stands at it.

Read from the routes as they are in effect: routers included in routers, websockets, mounts and hidden routes too. A
guard counts where FastAPI will really run it, which is the dependency tree, not the text of a decorator.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import Mount, compile_path

from roundsman.errors import RoundsmanError
from roundsman.web.guards import Guard, Public, PublicMount, Require


class UnguardedRoutes(RoundsmanError):
    """Routes without exactly one guard; the application must not start."""

    code = "unguarded_routes"


@dataclass(frozen=True, slots=True)
class Entrance:
    """One way in. `methods` is empty for what is not a plain HTTP route: websockets, mounts, hosts."""

    path: str
    methods: frozenset[str]
    name: str
    documented: bool
    guards: tuple[Guard, ...]
    endpoint: Any = None

    @property
    def guard(self) -> Guard | None:
        """The guard that decides, or None when there is none or when several contradict each other."""
        return self.guards[0] if len(set(self.guards)) == 1 else None

    def __str__(self) -> str:
        """What a person finds it by: 'GET /api/v1/auth/me (me)'."""
        return f"{','.join(sorted(self.methods)) or 'ANY'} {self.path} ({self.name})"


def entrances(app: FastAPI) -> tuple[Entrance, ...]:
    """List every way into the application."""
    contexts = iter_route_contexts([*app.routes, *getattr(app.router, "_low_priority_routes", ())])
    return tuple(_entrance(route) for route in [*contexts, *_served_folders(app)])


def methods_at(app: FastAPI, path: str) -> list[str]:
    """How one may ask at an address: the methods of all routes there. A framework that looks for one route names its only."""
    there = [entrance for entrance in entrances(app) if compile_path(entrance.path)[0].match(path)]
    return sorted(frozenset[str]().union(*(entrance.methods for entrance in there)))


def refuse_unguarded(app: FastAPI) -> None:
    """Stop unless every entrance has its guard; raises UnguardedRoutes with the names of those that have none."""
    open_doors = [str(entrance) for entrance in entrances(app) if entrance.guard is None]
    if open_doors:
        raise UnguardedRoutes(
            "Every route needs exactly one of require(...) and public(reason=...). These have none, or contradict "
            f"themselves: {'; '.join(open_doors)}"
        )


def _entrance(route: RouteContext) -> Entrance:
    return Entrance(
        path=route.path_format or route.path or "*",
        methods=frozenset(route.methods or ()),
        name=route.name or type(route.original_route).__name__,
        documented=bool(_of(route, "include_in_schema")) and not isinstance(route.original_route, Mount),
        guards=tuple(_guards(route)),
        endpoint=_of(route, "endpoint"),
    )


def _guards(route: RouteContext) -> Iterator[Guard]:
    mounted = _of(route, "app") if isinstance(route.original_route, Mount) else None
    if isinstance(mounted, PublicMount):
        yield mounted.guard
    dependant = _of(route, "dependant")
    if isinstance(dependant, Dependant):
        yield from _guards_in(dependant.dependencies)


def _guards_in(dependants: Iterable[Dependant]) -> Iterator[Guard]:
    for dependant in dependants:
        if isinstance(dependant.call, Require | Public):
            yield dependant.call
        yield from _guards_in(dependant.dependencies)


def _of(route: RouteContext, attribute: str) -> Any:  # noqa: ANN401  what a route has depends on its kind
    try:
        return getattr(route, attribute)
    except AttributeError:
        return None


def _served_folders(app: FastAPI) -> Iterator[Any]:
    # Folders served by `frontend()` stand apart from the routes, in lists that have no public name; these are of routers.
    for route in app.routes:
        within = getattr(route, "effective_low_priority_routes", None)
        yield from within() if within else ()
