"""Findings about guards that never run, or that need not."""

import ast
from collections.abc import Callable, Iterator

from roundsman.access.route_audit.access import Access
from roundsman.access.route_audit.facts import Parameter, Place
from roundsman.access.route_audit.findings import Code, Finding, Mend
from roundsman.access.route_audit.mends import Mender, defaults_of
from roundsman.access.route_audit.names import is_guard_like, is_user_like
from roundsman.access.route_audit.reading import Reader
from roundsman.access.route_audit.sources import Function, words_of

_DEPENDS = {"Depends", "Security"}
_TAKING_GUARDS = {"APIRouter", "FastAPI", "include_router"}


def never_run(one: Access, mender: Mender, reader: Reader) -> Iterator[Finding]:
    """Find guards of a route that FastAPI does not run."""
    found = mender.handler(one)
    if found is None or one.route.kind not in {"http", "websocket"}:
        return
    handler, node = found
    for parameter in handler.parameters:
        yield from _beside(one, mender, reader, parameter)
        yield from _listed(one, mender, reader, parameter)
        yield from _bare(one, mender, reader, parameter)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        for choice in _choices(node):
            yield _conditional(str(one.route), mender, handler.place.file, choice)


def conditional_routers(reader: Reader, mender: Mender) -> Iterator[Finding]:
    """Find routers and applications whose guards depend on a condition."""
    for file, tree in reader.sources.modules("dependencies=", "Depends", " if ", " else "):
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and _TAKING_GUARDS & set(words_of(call.func)):
                for choice in _choices_of_keyword(call):
                    yield _conditional("", mender, file, choice)


def _beside(one: Access, mender: Mender, reader: Reader, parameter: Parameter) -> Iterator[Finding]:
    for number in parameter.beside:
        call = reader.facts.calls[number]
        is_guard = reader.refuses(number) or is_guard_like(call.name) or is_user_like(parameter.name)
        if is_guard and not parameter.depends:
            about = f"{parameter.name}: {call.name.partition('.')[0]}"
            patch = _patched(mender, one, lambda node: _undepended(node, parameter.name), "Depends({})")
            advice = "Write Depends(…) around it."
            yield Finding(Code.GUARD_NOT_DEPENDS, str(one.route), one.place, about, Mend(advice, patch))


def _listed(one: Access, mender: Mender, reader: Reader, parameter: Parameter) -> Iterator[Finding]:
    if parameter.listed:
        names = ", ".join(reader.facts.calls[number].name.partition(".")[0] for number in parameter.listed)
        patch = mender.from_signature(one, parameter.name)
        advice = "Move the list into the decorator of the route."
        yield Finding(
            Code.GUARD_IN_SIGNATURE, str(one.route), one.place, f"{parameter.name}: {names}", Mend(advice, patch)
        )


def _bare(one: Access, mender: Mender, reader: Reader, parameter: Parameter) -> Iterator[Finding]:
    made = next((each.call for each in one.route.dependencies if each.parameter == parameter.name), None)
    looks = is_user_like(parameter.name) or is_user_like(parameter.annotation) or is_guard_like(parameter.annotation)
    if parameter.bare and looks and (made is None or not reader.refuses(made)):
        about = f"{parameter.name}: {parameter.annotation}"
        patch = _patched(mender, one, lambda node: _bare_calls(node, parameter.name), f"Depends({mender.identity})")
        advice = f"Say what it depends on: Depends({mender.identity})."
        yield Finding(Code.BARE_DEPENDS, str(one.route), one.place, about, Mend(advice, patch))


def _conditional(route: str, mender: Mender, file: str, choice: ast.IfExp) -> Finding:
    guarded = choice.body if _DEPENDS & set(words_of(choice.body)) else choice.orelse
    about = mender.sources.text(file, choice)
    patch = mender.edited(file, [(choice, mender.sources.text(file, guarded))])
    advice = "Let the guard always run; what differs in development belongs into the guard, or into a setting of it."
    return Finding(Code.CONDITIONAL_GUARD, route, Place(file, choice.lineno), about, Mend(advice, patch))


def _choices(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.IfExp]:
    for argument, default in defaults_of(node):
        yield from (one for one in (default, argument.annotation) if one for one in _of_depends(one))
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call):
            yield from _choices_of_keyword(decorator)


def _choices_of_keyword(call: ast.Call) -> Iterator[ast.IfExp]:
    for keyword in call.keywords:
        if keyword.arg == "dependencies":
            yield from _of_depends(keyword.value)


def _of_depends(node: ast.expr) -> Iterator[ast.IfExp]:
    """Find choices between a guard and none."""
    for one in ast.walk(node):
        if isinstance(one, ast.IfExp):
            sides = [bool(_DEPENDS & set(words_of(side))) for side in (one.body, one.orelse)]
            if sides.count(True) == 1:
                yield one


def _patched(mender: Mender, one: Access, find: Callable[[Function], Iterator[ast.expr]], text: str) -> str:
    handler = mender.handler(one)
    if handler is None:
        return ""
    file = handler[0].place.file
    return mender.edited(file, [(each, text.format(mender.sources.text(file, each))) for each in find(handler[1])])


def _undepended(node: Function, name: str) -> Iterator[ast.expr]:
    annotation = _annotation(node, name)
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        yield from (one for one in annotation.slice.elts[1:] if isinstance(one, ast.Call | ast.Name | ast.Attribute))


def _bare_calls(node: Function, name: str) -> Iterator[ast.expr]:
    default = next((default for argument, default in defaults_of(node) if argument.arg == name), None)
    for side in (default, _annotation(node, name)):
        for one in ast.walk(side) if side else ():
            if isinstance(one, ast.Call) and not one.args and not one.keywords and _DEPENDS & set(words_of(one.func)):
                yield one


def _annotation(node: Function, name: str) -> ast.expr | None:
    return next((argument.annotation for argument, _ in defaults_of(node) if argument.arg == name), None)
