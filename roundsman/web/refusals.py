"""Which codes an operation is refused with.

Every function says in its docstring what it raises, and an endpoint calls one or two functions that decide. So the codes of
its refusals are those of the errors that stand after "raises" in what it calls; and besides them those that come before
it is called: of its guard, of a request that is not well-formed, of a database that is away.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dis import get_instructions
from types import CodeType, FunctionType
from typing import Any, Final

from roundsman.access.assurance import StepUpNeeded
from roundsman.access.permissions import Changes
from roundsman.database.wholeness import DatabaseHalfRestored
from roundsman.errors import RoundsmanError, Unavailable
from roundsman.identity.mode import OperationsManagedElsewhere, PeopleManagedElsewhere
from roundsman.web.errors import GENERAL_CODES, status_of
from roundsman.web.guards import Guard, PermissionMissing, Public, Require, SecondFactorNeeded

_ENDPOINTS: Final = "roundsman.api."
_RAISES = re.compile(r"\braises? (.*?)(?:\.|;|$)", re.IGNORECASE)
_NAME = re.compile(r"`\w+`|\b[A-Z]\w+")
_OF_EVERY_ROUTE: Final[tuple[type[RoundsmanError], ...]] = (Unavailable, DatabaseHalfRestored)
_CLOSED_BY: Final[dict[Changes, tuple[type[RoundsmanError], ...]]] = {
    Changes.NOTHING: (),
    Changes.PEOPLE: (PeopleManagedElsewhere,),
    Changes.OPERATIONS: (OperationsManagedElsewhere,),
}

Functions = frozenset[Callable[..., Any]]


def codes_by_status(endpoint: Callable[..., Any], guard: Guard, statuses: Iterable[str]) -> dict[str, list[str]]:
    """The codes of each refusal that an operation knows; what it says it raises elsewhere is no refusal of it."""
    found: dict[str, set[str]] = {status: set() for status in statuses if int(status) >= 400}  # noqa: PLR2004  the first of all refusals
    errors = (*_of_guard(guard), *_said_by_calls_in(endpoint), *_OF_EVERY_ROUTE)
    for error in errors:
        found.get(str(status_of(error).value), set()).add(error.code)
    found.get("422", set()).add("invalid_request")
    return {status: sorted(codes) for status, codes in found.items() if codes}


def meanings(codes: Iterable[str]) -> dict[str, str]:
    """What each of these codes means, in a sentence."""
    told = {error.code: _first_line(error) for error in _every_error()}
    return {code: {**told, **GENERAL_CODES}[code] for code in sorted(set(codes))}


def _of_guard(guard: Guard) -> Iterator[type[RoundsmanError]]:
    match guard:
        case Require(_, changes, fresh=fresh, half_signed_in=half_signed_in, recognise=recognise):
            yield from _said_by(recognise)
            yield PermissionMissing
            if not half_signed_in:
                yield SecondFactorNeeded
            if fresh:
                yield StepUpNeeded
            yield from _CLOSED_BY[changes]
        case Public():
            pass


def _said_by_calls_in(endpoint: Callable[..., Any], seen: Functions = frozenset()) -> Iterator[type[RoundsmanError]]:
    """The errors that the functions say which an endpoint calls, itself or in a function of its own module."""
    seen |= {endpoint}
    for called in _called_by(endpoint):
        yield from _said_by(called)
        if called not in seen and called.__module__.startswith(_ENDPOINTS):
            yield from _said_by_calls_in(called, seen)


def _said_by(function: Callable[..., Any], seen: Functions = frozenset()) -> Iterator[type[RoundsmanError]]:
    seen |= {function}
    for raised in _RAISES.finditer(" ".join((function.__doc__ or "").split())):
        for name in _NAME.findall(raised[1]):
            meant = _meant_by(name, function)
            if isinstance(meant, FunctionType):
                if meant not in seen:
                    yield from _said_by(meant, seen)
            elif isinstance(meant, type) and issubclass(meant, RoundsmanError):
                yield meant


def _meant_by(name: str, function: Callable[..., Any]) -> object:
    """What a docstring means by a name: what the module knows by it, or a module whose functions it calls, or any error."""
    name = name.strip("`")
    for scope in (_scope_of(function), *map(_scope_of, _called_by(function))):
        if name in scope:
            return scope[name]
    return next((error for error in _every_error() if error.__name__ == name), None)


def _called_by(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    if not isinstance(function, FunctionType):
        return []
    known = map(_scope_of(function).get, sorted(set(_names_in(function.__code__))))
    return [one for one in known if isinstance(one, FunctionType) and one.__module__.startswith("roundsman.")]


def _names_in(code: CodeType) -> Iterator[str]:
    """What the code reads from its module; an attribute of something else may have the name of a function here."""
    yield from (one.argval for one in get_instructions(code) if one.opname == "LOAD_GLOBAL")
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names_in(inner)


def _scope_of(function: Callable[..., Any]) -> Mapping[str, object]:
    return getattr(function, "__globals__", {})


def _every_error(family: type[RoundsmanError] = RoundsmanError) -> Iterator[type[RoundsmanError]]:
    for error in family.__subclasses__():
        yield error
        yield from _every_error(error)


def _first_line(error: type[RoundsmanError]) -> str:
    return (error.__doc__ or "").partition("\n")[0]
