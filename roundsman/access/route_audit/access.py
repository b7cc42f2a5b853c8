"""Who may pass at each route, as far as its guards can be read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from roundsman.access.route_audit.comparisons import Named, refuses_itself
from roundsman.access.route_audit.facts import Call, Dependency, Facts, Place, Route
from roundsman.access.route_audit.reading import Reader
from roundsman.access.route_audit.sources import Sources, place_of

_PUBLIC: Final = re.compile(
    r"^(public(_?(route|endpoint|access|mount|api))?|allow_?(all|any(one|body)?)|anonymous)$", re.IGNORECASE
)
_EVERYTHING: Final = "*"


class Protection(StrEnum):
    """How far a route is closed."""

    PUBLIC = "public by declaration"
    AUTHENTICATED = "authenticated"
    RESTRICTED = "role-restricted"
    UNPROTECTED = "unprotected"
    DIVIDED = "by its own routes"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The roles and permissions that an application knows; empty where it has no enumeration or table of them."""

    roles: Mapping[str, str]
    """The value of each member of its enumerations of roles."""
    permissions: Mapping[str, str]
    grants: Mapping[str, frozenset[str]]

    def role(self, named: Named) -> str:
        """The role somebody means, by its value or by its member's name."""
        return named.text if named.text in self.roles.values() else self.roles.get(named.text, named.text)

    def knows(self, named: Named) -> bool:
        """Whether it is a role of the application's; true where roles are not enumerated."""
        return not self.roles or named.flag or self.role(named) in self.roles.values()

    def holders(self, permission: str) -> frozenset[str]:
        """The roles that have a permission."""
        return frozenset(role for role, granted in self.grants.items() if {permission, _EVERYTHING} & granted)


@dataclass(frozen=True, slots=True)
class Guard:
    """A dependency, or a decorator, that lets only some pass, and whom."""

    call: str
    name: str
    roles: frozenset[Named]
    permissions: frozenset[Named]
    decides: bool = False
    """Whether it lets only some of those pass who are somebody, by what cannot be read as a role or permission."""


@dataclass(frozen=True, slots=True)
class Access:
    """One route and who passes. `roles` is None where nothing restricts them; empty means that nobody passes."""

    route: Route
    protection: Protection
    reason: str
    guards: tuple[Guard, ...]
    roles: frozenset[str] | None
    place: Place

    @property
    def permissions(self) -> frozenset[str]:
        """The permissions that its guards ask for."""
        return frozenset(named.text for guard in self.guards for named in guard.permissions)


def vocabulary_of(facts: Facts) -> Vocabulary:
    """Find the application's roles and permissions."""
    members = {one.name: one.members for one in facts.enums}
    roles = {name: value for enum, of in members.items() if _is_of_roles(enum) for name, value in of.items()}
    permissions = {name: value for enum, of in members.items() if not _is_of_roles(enum) for name, value in of.items()}
    known = set(roles.values())
    grants = {role: granted for role, granted in facts.grants.items() if not known or role in known}
    return Vocabulary(roles or {role: role for role in grants}, permissions, grants)


def handler_of(facts: Facts, route: Route) -> Call | None:
    """The endpoint that somebody wrote, below its decorators."""
    call = facts.calls.get(route.endpoint or "")
    while call is not None and call.wraps is not None:
        call = facts.calls[call.wraps]
    return call


def access_of(reader: Reader, vocabulary: Vocabulary, route: Route, public: tuple[str, ...]) -> Access:
    """Find out who may pass at a route; `public` are patterns of paths that their owner says are for everybody."""
    guards = tuple(_guards(reader, route))
    declared = declared_reason(reader.facts, route)
    if declared is None and not guards and any(_fits(route.path, one) for one in public):
        declared = "named so by --public"
    roles = _roles(vocabulary, guards)
    protection = Protection.DIVIDED if route.divided else _protection(guards, roles, declared)
    handler = handler_of(reader.facts, route)
    place = Place("", 0) if handler is None else place_of(handler, reader.sources.of(handler))
    return Access(route, protection, declared or "", guards, roles, place)


def _fits(path: str, pattern: str) -> bool:
    """Whether a path is one of those that a pattern names; a star stands for what has no slash."""
    return bool(re.fullmatch("[^/]*".join(map(re.escape, pattern.split("*"))), path))


def declared_reason(facts: Facts, route: Route) -> str | None:
    """Why a route is for everybody, if a dependency or a mount says so: one named public, or an object of such a class."""
    calls = [facts.calls[one.call] for one in route.tree()]
    mounted = facts.calls.get(route.endpoint or "") if route.kind in {"mount", "host"} else None
    for bound in mounted.bound if mounted else ():
        if _PUBLIC.match(bound.type):
            return bound.text
    for call in calls:
        if _PUBLIC.match(call.short_name):
            return next((one.text for one in call.bound if one.name == "reason"), "declared")
    return None


def _guards(reader: Reader, route: Route) -> Iterator[Guard]:
    seen: set[str] = set()
    for dependency in route.tree():
        if dependency.call not in seen and reader.authenticates(dependency):
            seen.add(dependency.call)
            yield _guard(reader, dependency)
    call = reader.facts.calls.get(route.endpoint or "")
    while call is not None and call.wraps is not None:
        # A decorator below the route's own, which runs before the endpoint as a dependency does.
        node = reader.sources.of(call)
        if node is not None and refuses_itself(node):
            yield Guard("", f"@{call.name.partition('.')[0]}", frozenset(), frozenset())
        call = reader.facts.calls[call.wraps]


def _guard(reader: Reader, dependency: Dependency) -> Guard:
    roles, permissions = reader.roles(dependency.call), reader.permissions(dependency)
    name = reader.facts.calls[dependency.call].name.partition(".")[0]
    return Guard(dependency.call, name, roles, permissions, reader.decides(dependency))


def _roles(vocabulary: Vocabulary, guards: tuple[Guard, ...]) -> frozenset[str] | None:
    sets = [frozenset(vocabulary.role(one) for one in guard.roles) for guard in guards if guard.roles]
    if vocabulary.grants:
        sets += [vocabulary.holders(one.text) for guard in guards for one in guard.permissions]
    return frozenset.intersection(*sets) if sets else None


def _protection(guards: tuple[Guard, ...], roles: frozenset[str] | None, declared: str | None) -> Protection:
    if roles is not None or any(guard.permissions or guard.decides for guard in guards):
        return Protection.RESTRICTED
    if guards:
        return Protection.AUTHENTICATED
    return Protection.UNPROTECTED if declared is None else Protection.PUBLIC


def reader_of(facts: Facts) -> Reader:
    """Make what reads an application's functions."""
    return Reader(facts, Sources(facts.sources))


def _is_of_roles(enum: str) -> bool:
    return "role" in enum.lower() and "perm" not in enum.lower()
