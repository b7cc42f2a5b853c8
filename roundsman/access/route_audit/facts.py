"""What the inspector told, as values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a source."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Bound:
    """A text a guard was made with: the name it goes by, and the class of what it is, if that is no plain text."""

    name: str
    text: str
    type: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an endpoint or dependency.

    `bare` is a `Depends()` without anything; `listed` are guards in a list that is its default value, and `beside` what
    stands in its `Annotated[…]` and could be called but is no `Depends`: FastAPI runs neither.
    """

    name: str
    annotation: str
    depends: bool
    bare: bool
    listed: tuple[str, ...]
    beside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function, class or object that is called. `uses` are the functions it names, `wraps` what it decorates."""

    name: str
    module: str
    kind: str
    place: Place
    own: bool
    bound: tuple[Bound, ...]
    strict: bool
    wraps: str | None
    uses: tuple[str, ...]
    parameters: tuple[Parameter, ...]

    @property
    def short_name(self) -> str:
        """Its name without the functions it was made in."""
        return self.name.replace(".<locals>", "").split(".")[-1]


@dataclass(frozen=True, slots=True)
class Dependency:
    """A dependency as FastAPI runs it, with those below it. `parameter` is what the endpoint takes it as, if it does.

    `takes` are the headers and cookies it reads, or the whole request; `asks` its parameters in query and body.
    """

    call: str
    parameter: str | None
    takes: tuple[str, ...]
    asks: tuple[str, ...]
    scopes: tuple[str, ...]
    below: tuple["Dependency", ...]

    def tree(self) -> Iterator["Dependency"]:
        """Give this one and all below it."""
        yield self
        for one in self.below:
            yield from one.tree()


@dataclass(frozen=True, slots=True)
class Route:
    """One way in. `pattern` is its path with converters; `application` tells which of the applications has it.

    `framework` says that FastAPI serves it itself, `divided` that it is an application whose routes stand here too.
    """

    kind: str
    path: str
    pattern: str
    methods: tuple[str, ...]
    name: str
    documented: bool
    framework: bool
    divided: bool
    endpoint: str | None
    dependencies: tuple[Dependency, ...]
    application: int

    def tree(self) -> Iterator[Dependency]:
        """Give every dependency that runs before the endpoint."""
        for one in self.dependencies:
            yield from one.tree()

    def __str__(self) -> str:
        return f"{','.join(self.methods) or self.kind.upper()} {self.path}"


@dataclass(frozen=True, slots=True)
class Application:
    """An application, or one mounted within: what FastAPI documents, and how many routes were counted.

    `undocumented` are paths that FastAPI cannot document, with the reason; `overridden` are calls with what runs instead.
    """

    prefix: str
    leaves: int
    operations: frozenset[tuple[str, str]]
    undocumented: Mapping[str, str]
    middleware: tuple[str, ...]
    overridden: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RoleEnum:
    """An enumeration of roles or permissions: the value of each member."""

    name: str
    file: str
    members: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Swallowed:
    """An import of a module of the target's own that failed, since it is broken or `absent`, and was passed over."""

    module: str
    names: tuple[str, ...]
    error: str
    absent: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A router none of whose routes is in the application."""

    name: str
    file: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the inspector told. `grants` is what each role may do, where the target has a table of it."""

    root: str
    versions: str
    applications: tuple[Application, ...]
    routes: tuple[Route, ...]
    calls: Mapping[str, Call]
    enums: tuple[RoleEnum, ...]
    grants: Mapping[str, frozenset[str]]
    swallowed: tuple[Swallowed, ...]
    forgotten: tuple[Forgotten, ...]
    sources: Mapping[str, str]

    def shown(self, place: Place) -> Place:
        """A place as its owner knows it: below the folder of the target, or below where packages are installed."""
        file = place.file.removeprefix(self.root + "/").rpartition("-packages/")[2]
        return Place(file, place.line)


def facts_from(told: Mapping[str, Any]) -> Facts:
    """Read what the inspector wrote."""
    applications = tuple(_application(one) for one in told["applications"])
    return Facts(
        root=told["root"],
        versions=f"Python {told['python']}, FastAPI {told['fastapi'] or '?'}",
        applications=applications,
        routes=tuple(_route(one, nth) for nth, app in enumerate(told["applications"]) for one in app["routes"]),
        calls={number: _call(one) for number, one in told["calls"].items()},
        enums=tuple(RoleEnum(one["name"], one["file"], one["members"]) for one in told["enums"] if one["own"]),
        grants=_grants(told["tables"]),
        swallowed=tuple(_swallowed(one) for one in told["swallowed"]),
        forgotten=tuple(Forgotten(one["name"], one["file"], tuple(one["paths"])) for one in told["forgotten"]),
        sources=told["sources"],
    )


def _application(one: Mapping[str, Any]) -> Application:
    found = frozenset((method, one["prefix"] + path) for method, path in one["operations"]["found"])
    undocumented = {one["prefix"] + path: error for path, error in one["operations"]["failed"]}
    return Application(
        one["prefix"], one["leaves"], found, undocumented, tuple(one["middleware"]), dict(one["overridden"])
    )


def _route(one: Mapping[str, Any], application: int) -> Route:
    return Route(
        kind=one["kind"],
        path=one["path"],
        pattern=one["pattern"],
        methods=tuple(one["methods"]),
        name=one["name"],
        documented=one["documented"],
        framework=one["framework"],
        divided=one["divided"],
        endpoint=one["endpoint"],
        dependencies=_dependencies(one["dependencies"]),
        application=application,
    )


def _dependencies(told: list[Mapping[str, Any]]) -> tuple[Dependency, ...]:
    return tuple(
        Dependency(
            one["call"],
            one["parameter"],
            tuple(one["takes"]),
            tuple(one["asks"]),
            tuple(one["scopes"]),
            _dependencies(one["dependencies"]),
        )
        for one in told
    )


def _call(one: Mapping[str, Any]) -> Call:
    return Call(
        name=one["name"],
        module=one["module"],
        kind=one["kind"],
        place=Place(one["file"], one["line"]),
        own=one["own"],
        bound=tuple(Bound(**bound) for bound in one["bound"]),
        strict=one["strict"],
        wraps=one["wraps"],
        uses=tuple(one["uses"]),
        parameters=tuple(_parameter(parameter) for parameter in one["parameters"]),
    )


def _parameter(one: Mapping[str, Any]) -> Parameter:
    return Parameter(**{**one, "listed": tuple(one["listed"]), "beside": tuple(one["beside"])})


def _swallowed(one: Mapping[str, Any]) -> Swallowed:
    return Swallowed(one["module"], tuple(one["names"]), one["error"], one["absent"], Place(one["file"], one["line"]))


def _grants(tables: list[Mapping[str, Any]]) -> Mapping[str, frozenset[str]]:
    merged: dict[str, frozenset[str]] = {}
    for table in tables:
        for role, granted in table["grants"].items():
            merged[role] = merged.get(role, frozenset()) | frozenset(granted)
    return merged
