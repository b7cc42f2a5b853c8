"""Tells, as JSON, what stands at every way into a FastAPI application, from inside that application's own Python.

It is one file without imports of its own beyond the standard library, for Python 3.8 and newer, so that nothing has to be
installed where it runs: `python inspector.py package.module:app FOLDER`. It only tells what there is: routes as they are
in effect, what their dependencies are and hold, the text of the sources, and what could not be imported. Whoever reads
that decides what is wrong with it; see `route_audit`.
"""

# ruff: noqa: BLE001 - whatever a target does is told, and ends nothing
# ruff: noqa: PTH110, PTH118, PTH123, UP031 - this runs on old versions of Python, and beside modules of other people named like anything

from __future__ import annotations

import builtins
import functools
import importlib
import inspect
import json
import os
import re
import sys
import traceback
import types
import typing
import warnings
from enum import Enum

Any = typing.Any
_LONGEST_TEXT = 100
_DEEPEST_USE = 3
_SECRET = re.compile(r"secret|password|token|key", re.IGNORECASE)
_SAID_ROLES = re.compile(r"role|permission|scope|grant", re.IGNORECASE)


def main() -> None:
    """Inspect what the arguments name and write what was found to standard output, whatever the target prints."""
    target, root = sys.argv[1], os.path.realpath(sys.argv[2])
    # This was our own folder: the modules beside this file must not be taken for the target's.
    sys.path[0] = root
    answer = os.dup(1)
    os.dup2(2, 1)
    facts = inspect_target(target, root)
    with os.fdopen(answer, "w", encoding="utf-8") as output:
        json.dump(facts, output)
    sys.stderr.flush()
    # A target may have started threads that would never end.
    os._exit(0)


def inspect_target(target: str, root: str) -> dict[str, Any]:
    """Import `module:attribute`, or call `module:factory()`, and tell what is there, or why it cannot be imported."""
    own = Own(root, target.partition(":")[0].partition(".")[0])
    imports = Imports(own)
    try:
        with imports:
            app = _load(target)
    except (Exception, SystemExit) as error:  # whatever a target does when it is imported
        return {"error": _told(error), "trace": traceback.format_exc(), "swallowed": imports.swallowed(error)}
    return {**facts_of(app, own), "swallowed": imports.swallowed(None)}


def facts_of(app: Any, own: Own) -> dict[str, Any]:
    """Tell what is in an application that has been imported."""
    calls = Calls(own)
    applications: list[dict[str, Any]] = []
    endpoints: set[int] = set()
    _application(app, "", calls, applications, endpoints)
    modules = own.modules()
    return {
        "root": own.root,
        "python": sys.version.split()[0],
        "fastapi": _version("fastapi"),
        "applications": applications,
        "enums": [_enum(one, own) for module in modules for one in _enums(module)],
        "tables": [table for module in modules for table in _tables(module)],
        "forgotten": [router for module in modules for router in _forgotten(module, endpoints)],
        "calls": calls.records,
        "sources": {**calls.sources, **{module.__file__: own.text(module.__file__) for module in modules}},
    }


class Own:
    """What belongs to the target, rather than to a library: what is in its folder or in the package it was named by."""

    def __init__(self, root: str, package: str) -> None:
        self.root = os.path.realpath(root)
        self.package = package
        self._known: dict[str, bool] = {"": False}

    def has(self, file: str) -> bool:
        """Whether a file is the target's own."""
        if file not in self._known:
            self._known[file] = self._finds(file)
        return self._known[file]

    def _finds(self, file: str) -> bool:
        path = os.path.realpath(file)
        depth = path.count("-packages")
        if any(path.startswith(one + os.sep) and depth == one.count("-packages") for one in self._package_folders()):
            return True
        return path.startswith(self.root + os.sep) and "-packages" not in path and not self._is_library(path)

    def imports(self, name: str) -> bool:
        """Whether a module of this name would be the target's own."""
        top = name.partition(".")[0]
        return top == self.package or any(os.path.exists(os.path.join(self.root, top + end)) for end in ("", ".py"))

    def modules(self) -> list[Any]:
        """Give the target's modules that have been imported."""
        named = [(name, module) for name, module in list(sys.modules.items()) if isinstance(module, types.ModuleType)]
        return [module for _, module in sorted(named, key=lambda one: one[0]) if self.has(_file(module))]

    def text(self, file: str) -> str:
        """Read a source, empty where there is none."""
        try:
            with open(file, encoding="utf-8") as opened:
                return opened.read()
        except (OSError, ValueError):
            return ""

    def _is_library(self, path: str) -> bool:
        prefix = os.path.realpath(sys.prefix)
        return prefix != self.root and path.startswith(prefix + os.sep)

    def _package_folders(self) -> list[str]:
        return [os.path.realpath(one) for one in getattr(sys.modules.get(self.package), "__path__", ())]


class Imports:
    """Notices imports of the target's own modules that fail, in the target's own modules, and are then passed over."""

    def __init__(self, own: Own) -> None:
        self._own = own
        self._failed: dict[int, tuple[BaseException, dict[str, Any]]] = {}
        self._originals = (builtins.__import__, importlib.import_module)
        self._asking = False

    def __enter__(self) -> None:
        builtins.__import__, importlib.import_module = self._import, self._import_module

    def __exit__(self, *_: object) -> None:
        builtins.__import__, importlib.import_module = self._originals

    def swallowed(self, fatal: BaseException | None) -> list[dict[str, Any]]:
        """Tell which failures did not come out; `fatal` is the one that did."""
        out: list[BaseException | None] = []
        while fatal is not None and fatal not in out:
            out.append(fatal)
            fatal = fatal.__cause__ or fatal.__context__
        found = [told for error, told in self._failed.values() if error not in out]
        return [one for nth, one in enumerate(found) if one not in found[:nth]]

    def _import(self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002 - the names of what it stands for
        place = sys._getframe(1)  # noqa: SLF001 - where the import stands
        try:
            module = self._originals[0](name, globals, locals, fromlist, level)
        except Exception as error:
            self._note(error, "." * level + name, fromlist, place)
            raise
        for part in fromlist or ():
            # The import itself passes; what fails is to take the name out of it, which nobody can stand before.
            if self._own.has(place.f_code.co_filename) and part != "*" and not _offers(module, part):
                kind = ModuleNotFoundError if hasattr(module, "__path__") else ImportError
                missing = kind("cannot import name %r" % part, name=name)
                self._note(missing, "." * level + name, fromlist, place)
        return module

    def _import_module(self, name: str, package: str | None = None) -> Any:
        try:
            return self._originals[1](name, package)
        except Exception as error:
            # Whoever has a name as a text often tries whether it is a module, before he takes it for an attribute.
            if not self._is_attribute(name):
                self._note(error, name, (), sys._getframe(1))  # noqa: SLF001 - as above
            raise

    def _is_attribute(self, name: str) -> bool:
        """Whether a module offers what cannot be imported; one that imports on demand would ask the same again, for ever."""
        if self._asking:
            return True
        self._asking = True
        parent, _, last = name.rpartition(".")
        try:
            return hasattr(sys.modules.get(parent), last)
        except Exception:  # whatever a module does when it is asked
            return False
        finally:
            self._asking = False

    def _note(self, error: BaseException, name: str, fromlist: Any, place: Any) -> None:
        if not self._own.has(place.f_code.co_filename) or not (name.startswith(".") or self._own.imports(name)):
            return
        missing, asked = str(getattr(error, "name", "")), name.lstrip(".")
        is_asked = missing.endswith(asked) or asked.startswith(missing + ".")
        absent = isinstance(error, ModuleNotFoundError) and is_asked
        told = {"module": name, "names": list(fromlist or ()), "error": _told(error), "absent": absent}
        # The same error again on its way out: the outermost place is where it was swallowed.
        self._failed[id(error)] = (error, {**told, "file": place.f_code.co_filename, "line": place.f_lineno})


class Calls:
    """The functions, classes and objects that routes rest on, each told once under a number."""

    def __init__(self, own: Own) -> None:
        self._own = own
        self._known: dict[Any, tuple[str, Any]] = {}
        self.records: dict[str, dict[str, Any]] = {}
        self.sources: dict[str, str] = {}

    def number(self, call: Any, depth: int = 0) -> str:
        """Tell about a call unless it is known, and give its number."""
        key = (id(getattr(call, "__self__", None)), id(getattr(call, "__func__", call)))
        if key not in self._known:
            number = str(len(self._known))
            self._known[key] = (number, call)
            self.records[number] = {}
            self.records[number].update(self._record(call, depth))
        return self._known[key][0]

    def _record(self, call: Any, depth: int) -> dict[str, Any]:
        plain = _without_partial(call)
        function = _function(plain)
        inner = getattr(function, "__wrapped__", None)
        file, line = _place(function)
        if file and file not in self.sources and ("/lib/python" not in file or "-packages" in file):
            self.sources[file] = self._own.text(file)
        return {
            "name": _name(plain),
            "module": str(getattr(plain, "__module__", "") or type(plain).__module__),
            "kind": _kind(plain),
            "file": file,
            "line": line,
            "own": self._own.has(file),
            "bound": _bound(call),
            "strict": bool(getattr(plain, "auto_error", True)),
            "wraps": None if inner is None else self.number(inner, depth),
            "uses": self._uses(plain, function, depth) if depth < _DEEPEST_USE else [],
            "parameters": self._parameters(plain, depth) if depth == 0 and self._own.has(file) else [],
        }

    def _uses(self, plain: Any, function: Any, depth: int) -> list[str]:
        top = str(getattr(function, "__module__", "")).partition(".")[0]
        found = []
        for used in _used(plain, function):
            file, _ = _place(_function(used))
            if self._own.has(file) or (top != "fastapi" and str(used.__module__).partition(".")[0] == top):
                found.append(self.number(used, depth + 1))
        return found

    def _parameters(self, plain: Any, depth: int) -> list[dict[str, Any]]:
        hints = _hints(plain)
        return [self._parameter(one, hints.get(one.name, one.annotation), depth) for one in _signature(plain)]

    def _parameter(self, parameter: Any, hint: Any, depth: int) -> dict[str, Any]:
        metadata, plain = list(getattr(hint, "__metadata__", ())), getattr(hint, "__origin__", hint)
        depends = [one for one in [parameter.default, *metadata] if _is_a(one, "Depends", "fastapi.params")]
        listed = parameter.default if isinstance(parameter.default, (list, tuple)) else ()
        guards = [one for one in listed if _is_a(one, "Depends", "fastapi.params")]
        return {
            "name": parameter.name,
            "annotation": _name(plain),
            "depends": bool(depends),
            # Old versions of FastAPI put the annotation into a bare one; written out, it does the same.
            "bare": any(one.dependency is None or one.dependency is plain for one in depends),
            "listed": [self.number(one.dependency, depth + 1) for one in guards if one.dependency is not None],
            "beside": [self.number(one, depth + 1) for one in metadata if _could_guard(one)],
        }


def _application(app: Any, prefix: str, calls: Calls, told: list[dict[str, Any]], endpoints: set[int]) -> None:
    app = _unwrapped_app(app)
    record: dict[str, Any] = {"prefix": prefix, "routes": [], "leaves": _leaves(app), "operations": _operations(app)}
    overrides = getattr(app, "dependency_overrides", {}).items()
    record["overridden"] = [[calls.number(one), calls.number(instead)] for one, instead in overrides]
    record["middleware"] = [calls.number(_middleware(one)) for one in getattr(app, "user_middleware", ())]
    told.append(record)
    for route in _effective(app):
        record["routes"].append(_route(route, prefix, calls))
        endpoints.add(id(_get(route, "endpoint")))
        mounted = _unwrapped_app(_get(route, "app")) if record["routes"][-1]["kind"] in {"mount", "host"} else None
        if getattr(mounted, "routes", None):
            _application(mounted, prefix + (_get(route, "path") or ""), calls, told, endpoints)


def _effective(app: Any) -> list[Any]:
    """List the routes as they are in effect: since FastAPI 0.141 an included router is one object among the routes."""
    routes = [*app.routes, *getattr(getattr(app, "router", None), "_low_priority_routes", ())]
    iterate = getattr(sys.modules.get("fastapi.routing"), "iter_route_contexts", None)
    if iterate is not None:
        below = [one for route in app.routes for one in _low_priority(route)]
        return [*iterate(routes), *below]
    contexts = [getattr(route, "effective_route_contexts", None) for route in routes]
    pairs = list(zip(routes, contexts))  # noqa: B905 - strict came with Python 3.10
    return [one for route, within in pairs for one in (within() if within else [route])]


def _low_priority(route: Any) -> list[Any]:
    within = getattr(route, "effective_low_priority_routes", None)
    return list(within()) if within else []


def _leaves(app: Any) -> int:
    """Count the routes another way, so that a walk that misses some is noticed."""

    def count(routes: Any) -> int:
        return sum(count(_all(one.original_router)) if hasattr(one, "original_router") else 1 for one in routes)

    def _all(router: Any) -> list[Any]:
        return [*router.routes, *getattr(router, "_low_priority_routes", ())]

    return count(_all(getattr(app, "router", app)))


def _operations(app: Any) -> dict[str, Any]:
    """Ask FastAPI what it documents; a route that it cannot document counts as it stands, and is told."""
    openapi = sys.modules.get("fastapi.openapi.utils")
    if openapi is None or not _is_a(app, "FastAPI", "fastapi"):
        return {"found": [], "failed": []}
    whole = _documented(openapi, app.routes)
    if whole["failed"] is None:
        return {"found": whole["found"], "failed": []}
    parts = [(route, _documented(openapi, [route])) for route in _effective(app)]
    failed = [(route, part["failed"]) for route, part in parts if part["failed"] is not None]
    as_they_stand = [[method, _get(route, "path_format")] for route, _ in failed for method in _get(route, "methods")]
    told = [[str(_get(route, "path_format")), error] for route, error in failed]
    return {"found": [one for _, part in parts for one in part["found"]] + as_they_stand, "failed": told}


def _documented(openapi: Any, routes: Any) -> dict[str, Any]:
    try:
        # The framework's own reading: an application may leave things out of the document that it shows.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document = openapi.get_openapi(title="-", version="-", routes=routes)
    except Exception as error:  # whatever its models do
        return {"found": [], "failed": _told(error)}
    paths = document.get("paths", {}).items()
    return {"found": [[method.upper(), path] for path, one in paths for method in one], "failed": None}


def _route(route: Any, prefix: str, calls: Calls) -> dict[str, Any]:
    original = _get(route, "original_route") or route
    endpoint, dependant, path = _get(route, "endpoint"), _get(route, "dependant"), _get(route, "path")
    kind = next((kind for name, kind in _KINDS.items() if _is_a(original, name)), "other")
    behind = _get(route, "app") if kind in {"mount", "host"} else endpoint
    return {
        "kind": kind,
        "path": prefix + str(_get(route, "path_format") or path or _get(route, "host") or "*"),
        "pattern": prefix + str(path or ""),
        "methods": sorted(_get(route, "methods") or ()),
        "name": str(_get(route, "name") or type(original).__name__),
        "documented": kind == "http" and _is_a(original, "APIRoute") and bool(_get(route, "include_in_schema")),
        "divided": bool(behind is not endpoint and getattr(_unwrapped_app(behind), "routes", None)),
        "framework": str(getattr(endpoint, "__module__", "")).partition(".")[0] in {"fastapi", "starlette"},
        "endpoint": None if behind is None else calls.number(behind),
        "dependencies": [] if dependant is None else _dependencies(dependant, calls),
    }


_KINDS = {"Mount": "mount", "Host": "host", "WebSocketRoute": "websocket", "Route": "http"}


def _dependencies(dependant: Any, calls: Calls) -> list[dict[str, Any]]:
    return [
        {
            "call": calls.number(one.call),
            "parameter": one.name,
            "takes": _takes(one),
            "asks": [field.alias for field in [*one.query_params, *one.body_params]],
            "scopes": list(getattr(one, "own_oauth_scopes", None) or getattr(one, "security_scopes", None) or ()),
            "dependencies": _dependencies(one, calls),
        }
        for one in dependant.dependencies
        if one.call is not None
    ]


def _takes(dependant: Any) -> list[str]:
    """Tell where a dependency could read who asks."""
    whole = ("request_param_name", "websocket_param_name", "http_connection_param_name")
    taken = ["request" for name in whole if getattr(dependant, name, None)]
    return taken + [one.alias for one in [*dependant.header_params, *dependant.cookie_params]]


def _bound(call: Any) -> list[dict[str, str]]:
    """Tell the texts a guard was made with: of its closure, partial arguments and attributes.

    Not those of defaults and partial keywords: FastAPI takes these for parameters of the request.
    """
    found: list[tuple[str, Any]] = []
    while isinstance(call, functools.partial):
        found += [(one.name, given) for one, given in zip(_signature(call.func), call.args)]  # noqa: B905 - as above
        call = call.func
    holder = getattr(call, "__self__", call)
    if not inspect.isclass(holder) and not inspect.isroutine(holder):
        found += _attributes(holder)
    function = _function(call)
    found += _closure(function)
    return [text for name, value in found if not _SECRET.search(name) for text in _texts(name, value, 0)]


def _texts(name: str, value: Any, depth: int) -> list[dict[str, str]]:
    if isinstance(value, Enum):
        return [{"name": name, "text": str(value.value), "type": type(value).__name__}]
    if isinstance(value, str):
        return [{"name": name, "text": value, "type": ""}] if len(value) <= _LONGEST_TEXT else []
    if isinstance(value, (list, tuple, set, frozenset)):
        texts = [text for one in value for text in _texts(name, one, depth + 1)]
        return sorted(texts, key=lambda one: one["text"]) if isinstance(value, (set, frozenset)) else texts
    if depth == 0 and not inspect.isroutine(value) and not inspect.isclass(value) and not inspect.ismodule(value):
        return [
            {**text, "type": type(value).__name__}
            for part, one in _attributes(value)
            if not _SECRET.search(part)
            for text in _texts(name + "." + part, one, 1)
        ]
    return []


def _attributes(value: Any) -> list[tuple[str, Any]]:
    slots = [name for one in type(value).__mro__ for name in getattr(one, "__slots__", ()) if isinstance(name, str)]
    named = [(name, getattr(value, name, None)) for name in slots if not name.startswith("__")]
    return named + list(getattr(value, "__dict__", {}).items())


def _closure(function: Any) -> list[tuple[str, Any]]:
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    cells = getattr(function, "__closure__", None) or ()
    return [(name, cells[index].cell_contents) for index, name in enumerate(names) if _is_filled(cells[index])]


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - to look is to know
    except ValueError:
        return False
    return True


def _used(plain: Any, function: Any) -> list[Any]:
    """Find the functions, and the classes of errors, that a function names: of its module, closure and object."""
    names = _names_in(getattr(function, "__code__", None))
    of_object = plain if not inspect.isroutine(plain) else getattr(plain, "__self__", None)
    closure = dict(_closure(function))
    found = [getattr(function, "__globals__", {}).get(name) for name in names]
    found += [one for one in closure.values() if inspect.isroutine(one)]
    objects = [of_object, *(one for one in [*closure.values(), *found] if one is not None and not isinstance(one, str))]
    for one in objects:
        found += [inspect.getattr_static(one, name, None) for name in names if _is_looked_into(one)]
    return [one for one in found if inspect.isfunction(one) or _is_error(one)]


def _is_looked_into(one: Any) -> bool:
    return one is not None and (inspect.ismodule(one) or not inspect.isroutine(one))


def _is_error(one: Any) -> bool:
    return inspect.isclass(one) and issubclass(one, BaseException) and one.__module__ != "builtins"


def _names_in(code: Any) -> list[str]:
    if code is None:
        return []
    within = [name for one in code.co_consts if isinstance(one, types.CodeType) for name in _names_in(one)]
    return list(dict.fromkeys([*code.co_names, *within]))


def _enums(module: Any) -> list[Any]:
    found = [one for one in vars(module).values() if inspect.isclass(one) and issubclass(one, Enum)]
    return [one for one in found if one.__module__ == module.__name__ and _SAID_ROLES.search(one.__name__)]


def _enum(enum: Any, own: Own) -> dict[str, Any]:
    file = _file(sys.modules[enum.__module__])
    return {
        "name": enum.__name__,
        "file": file,
        "own": own.has(file),
        "members": {name: str(member.value) for name, member in enum.__members__.items()},
    }


def _tables(module: Any) -> list[dict[str, Any]]:
    """Find dictionaries from roles to what they may do."""
    found = []
    for name, value in vars(module).items():
        if isinstance(value, dict) and value and all(isinstance(one, (str, Enum)) for one in value):
            of_roles = all(_SAID_ROLES.search(type(one).__name__) for one in value) or _SAID_ROLES.search(name)
            grants = {_texts("", one, 1)[0]["text"]: _texts("", granted, 1) for one, granted in value.items()}
            collections = all(isinstance(one, (list, tuple, set, frozenset)) for one in value.values())
            if of_roles and collections and not name.startswith("__"):
                told = {role: [one["text"] for one in texts] for role, texts in grants.items()}
                found.append({"name": name, "file": _file(module), "grants": told})
    return found


def _forgotten(module: Any, endpoints: set[int]) -> list[dict[str, Any]]:
    """Find routers none of whose routes is in the application."""
    found = []
    for name, value in vars(module).items():
        if _is_a(value, "APIRouter", "fastapi.routing"):
            routes = _effective(value)
            if routes and not any(id(_get(one, "endpoint")) in endpoints for one in routes):
                paths = sorted({str(_get(one, "path")) for one in routes})
                found.append({"name": name, "file": _file(module), "paths": paths})
    return found


def _load(target: str) -> Any:
    module, _, attribute = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in filter(None, attribute.replace("()", ".()").split(".")):
        found = found() if part == "()" else getattr(found, part)
    if not hasattr(_unwrapped_app(found), "routes"):
        raise TypeError("%s has no routes; a factory is named as module:factory()" % target)
    return found


def _unwrapped_app(app: Any) -> Any:
    """Look through middleware that was put around an application by hand."""
    seen: list[int] = []
    while app is not None and not hasattr(app, "routes") and id(app) not in seen:
        seen.append(id(app))
        inner = next((vars(app)[name] for name in _INNER if name in getattr(app, "__dict__", {})), None)
        if inner is None:
            return app
        app = inner
    return app


_INNER = ("app", "_app", "other_asgi_app", "asgi_app")
_NO_GUARDS_OF = {"pydantic", "annotated_types", "typing", "typing_extensions", "fastapi", "starlette"}


def _could_guard(one: Any) -> bool:
    return callable(one) and not inspect.isclass(one) and type(one).__module__.partition(".")[0] not in _NO_GUARDS_OF


def _kind(plain: Any) -> str:
    if inspect.isclass(plain):
        return "class"
    if inspect.isroutine(plain):
        return "lambda" if plain.__name__ == "<lambda>" else "function"
    own_call = type(plain).__dict__.get("__call__")
    is_scheme = _is_a(plain, "SecurityBase") and (
        own_call is None or str(getattr(own_call, "__module__", "")).startswith("fastapi.")
    )
    return "scheme" if is_scheme else "instance"


def _middleware(one: Any) -> Any:
    options = getattr(one, "kwargs", None) or getattr(one, "options", None) or {}
    return options.get("dispatch") or one.cls


def _function(plain: Any) -> Any:
    if inspect.isroutine(plain) or inspect.isclass(plain):
        return getattr(plain, "__func__", plain)
    return getattr(type(plain), "__call__", plain)  # noqa: B004 - it is looked at, not asked for


def _without_partial(call: Any) -> Any:
    while isinstance(call, functools.partial):
        call = call.func
    return call


def _name(plain: Any) -> str:
    named = plain if hasattr(plain, "__qualname__") else type(plain)
    return str(named.__qualname__)


def _place(function: Any) -> tuple[str, int]:
    code = getattr(function, "__code__", None)
    if code is not None:
        return code.co_filename, code.co_firstlineno
    return _file(sys.modules.get(str(getattr(function, "__module__", "")))), 0


def _file(module: Any) -> str:
    return str(getattr(module, "__file__", None) or "")


def _signature(plain: Any) -> list[Any]:
    try:
        return list(inspect.signature(plain).parameters.values())
    except (TypeError, ValueError):
        return []


def _hints(plain: Any) -> dict[str, Any]:
    extended = sys.modules.get("typing_extensions", typing)
    try:
        hints: dict[str, Any] = extended.get_type_hints(_function(plain), include_extras=True)
    except Exception:  # an annotation may be anything
        return {}
    return hints


def _is_a(value: Any, name: str, module: str = "") -> bool:
    return any(one.__name__ == name and one.__module__.startswith(module) for one in type(value).__mro__)


def _offers(module: Any, name: str) -> bool:
    return hasattr(module, name) or "%s.%s" % (getattr(module, "__name__", ""), name) in sys.modules


def _get(route: Any, attribute: str) -> Any:
    # What an included router holds of Starlette stands in a route of its own, whose context knows no path.
    for one in (getattr(route, "starlette_route", None), route):
        found = getattr(one, attribute, None)
        if found is not None:
            return found
    return None


def _version(package: str) -> str:
    return str(getattr(sys.modules.get(package), "__version__", ""))


def _told(error: BaseException) -> str:
    return "%s: %s" % (type(error).__name__, error)


if __name__ == "__main__":
    main()
