"""Patches that mend findings, made from the source as it is. Nobody applies them here: that is the owner's."""

import ast
import difflib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from roundsman.access.route_audit.access import Access, Guard, handler_of
from roundsman.access.route_audit.facts import Call, Facts, Place, Route
from roundsman.access.route_audit.sources import Function, Sources, Written, words_of

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
Edit = tuple[ast.AST, str]


@dataclass(frozen=True, slots=True)
class Mender:
    """Writes patches; `identity` and `role` are the guards the application uses most, as somebody would write them."""

    facts: Facts
    sources: Sources
    identity: str
    role: str

    def edited(self, file: str, edits: Iterable[Edit]) -> str:
        """Replace the text of nodes in a file, and give the difference."""
        text = "".join(self.sources.lines(file)).encode()
        starts = _starts(text)
        for node, replacement in sorted(edits, key=lambda one: _span(one[0], starts), reverse=True):
            begin, end = _span(node, starts)
            text = text[:begin] + replacement.encode() + text[end:]
        return self._difference(file, text.decode())

    def handler(self, one: Access) -> tuple[Call, Function] | None:
        """Find the function somebody wrote for a route, with its text."""
        call = handler_of(self.facts, one.route)
        node = self.sources.of(call) if call else None
        return (call, node) if call and isinstance(node, _FUNCTION) else None

    def with_guard(self, one: Access, guard: str) -> str:
        """Put a guard into the decorator of an endpoint."""
        found = self.handler(one)
        decorator = route_decorator(found[1], one.route) if found else None
        if found is None or decorator is None:
            return ""
        file = found[0].place.file
        listed = next((one.value for one in decorator.keywords if one.arg == "dependencies"), None)
        text = self.sources.text(file, listed or decorator)
        if isinstance(listed, ast.List):
            inside = text[1:-1].strip()
            return self.edited(file, [(listed, f"[{inside + ', ' if inside else ''}Depends({guard})]")])
        body = text[:-1].rstrip()
        comma = "" if body.endswith(("(", ",")) else ","
        space = "" if body.endswith("(") else " "
        return self.edited(file, [(decorator, f"{body}{comma}{space}dependencies=[Depends({guard})]{text[-1:]}")])

    def letting_pass(self, guard: str, roles: frozenset[str], role: str) -> str:
        """Add a role to where a guard is made that lets only these roles pass."""
        for file, tree in self.sources.modules(guard):
            for one in ast.walk(tree):
                if isinstance(one, ast.Call) and guard in words_of(one.func) and one.args:
                    said = {self._word(part) for part in one.args}
                    if said == roles:
                        args = [self.sources.text(file, part) for part in one.args]
                        text = f'{self.sources.text(file, one.func)}({", ".join(args)}, "{role}")'
                        return self.edited(file, [(one, text)])
        return ""

    def in_depends(self, file: str, node: Written, called: Call, guard: str) -> str:
        """Exchange what the signature of a function depends on."""
        found = [
            one.args[0]
            for one in ast.walk(node)
            if isinstance(one, ast.Call) and one.args and {"Depends", "Security"} & set(words_of(one.func))
        ]
        right = [
            one
            for one in found
            if (isinstance(one, ast.Lambda) if called.kind == "lambda" else called.short_name in words_of(one))
        ]
        return self.edited(file, [(one, guard) for one in right])

    def renamed(self, file: str, node: ast.AST, before: str, after: str | None) -> str:
        """Exchange a role or permission in what is written for a function, or take it out of a list of them."""
        outside = [*getattr(node, "decorator_list", []), *([node.args] if isinstance(node, _FUNCTION) else [])]
        places = [part for one in outside for part in ast.walk(one) if self._says(part, before)]
        if after is None:
            calls = [one for outer in outside for one in ast.walk(outer) if isinstance(one, ast.Call)]
            lists = [one for one in calls if any(part in one.args for part in places)]
            return self.edited(file, [(one, self._without(file, one, places)) for one in lists])
        return self.edited(file, [(one, self._said(file, one, after)) for one in places])

    def from_signature(self, one: Access, name: str) -> str:
        """Move guards from the signature of an endpoint into its decorator."""
        found = self.handler(one)
        decorator = route_decorator(found[1], one.route) if found else None
        if found is None or decorator is None:
            return ""
        file, arguments = found[0].place.file, found[1].args
        guards = next((default for argument, default in defaults_of(found[1]) if argument.arg == name), None)
        if guards is None or arguments.posonlyargs or arguments.vararg or arguments.kwarg:
            return ""
        whole = self.sources.text(file, decorator)
        text = f"{whole[:-1]}{', ' if decorator.args else ''}dependencies={self.sources.text(file, guards)})"
        spelled = [
            ("*, " if argument in arguments.kwonlyargs[:1] else "") + self._spelled(file, argument, default)
            for argument, default in defaults_of(found[1])
            if argument.arg != name
        ]
        return self.edited(file, [(decorator, text), (arguments, ", ".join(spelled))])

    def moved(self, file: str, node: ast.AST, before: ast.AST) -> str:
        """Move a function before another one of the same file."""
        lines = self.sources.lines(file)
        first, last = _lines(node)
        target, _ = _lines(before)
        block = lines[first - 1 : last]
        while last < len(lines) and not lines[last].strip():
            last += 1
        without = lines[: first - 1] + lines[last:]
        return self._difference(file, "".join([*without[: target - 1], *block, "\n\n", *without[target - 1 :]]))

    def removed(self, file: str, node: ast.AST) -> str:
        """Take a function away."""
        lines = self.sources.lines(file)
        first, last = _lines(node)
        while last < len(lines) and not lines[last].strip():
            last += 1
        return self._difference(file, "".join(lines[: first - 1] + lines[last:]))

    def line_after(self, file: str, line: int, text: str) -> str:
        """Put a line below another one."""
        lines = self.sources.lines(file)
        return self._difference(file, "".join([*lines[:line], text, *lines[line:]]))

    def _spelled(self, file: str, argument: ast.arg, default: ast.expr | None) -> str:
        return self.sources.text(file, argument) + (f" = {self.sources.text(file, default)}" if default else "")

    def _says(self, node: ast.AST, word: str) -> bool:
        if isinstance(node, ast.Constant):
            return bool(node.value == word)
        return isinstance(node, ast.Attribute) and self._member(node.attr) == word

    def _word(self, node: ast.AST) -> str | None:
        if isinstance(node, ast.Attribute):
            return self._member(node.attr)
        return str(node.value) if isinstance(node, ast.Constant) else None

    def _said(self, file: str, node: ast.AST, word: str) -> str:
        if isinstance(node, ast.Attribute):
            name = next((name for one in self.facts.enums for name, value in one.members.items() if value == word), "")
            return f"{self.sources.text(file, node.value)}.{name or word}"
        return f'"{word}"'

    def _member(self, name: str) -> str:
        return next((one.members[name] for one in self.facts.enums if name in one.members), name)

    def _without(self, file: str, call: ast.Call, places: list[ast.AST]) -> str:
        kept = [self.sources.text(file, one) for one in (*call.args, *call.keywords) if one not in places]
        return f"{self.sources.text(file, call.func)}({', '.join(kept)})"

    def _difference(self, file: str, after: str) -> str:
        name = self.facts.shown(Place(file, 0)).file
        before = self.sources.lines(file)
        lines = difflib.unified_diff(before, after.splitlines(keepends=True), f"a/{name}", f"b/{name}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def mender_of(facts: Facts, sources: Sources, accesses: Iterable[Access]) -> Mender:
    """Find the guards an application uses most, to propose them elsewhere."""
    guards = Counter(guard for one in accesses for guard in one.guards if guard.call)
    ordered = [guard for guard, _ in guards.most_common()]
    identity = next((_spelled(facts, one) for one in ordered if not (one.roles or one.permissions)), "get_current_user")
    role = next((_spelled(facts, one) for one in ordered if one.roles or one.permissions), 'require_role("admin")')
    return Mender(facts, sources, identity, role)


def route_decorator(node: Function, route: Route) -> ast.Call | None:
    """The decorator that makes a function the endpoint of a route: the one with the end of its path."""
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    for one in decorators:
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute):
            said = [*one.args[:1], *(keyword.value for keyword in one.keywords if keyword.arg == "path")]
            paths = [str(each.value) for each in said if isinstance(each, ast.Constant)]
            if any(route.pattern.endswith(path) for path in paths) and _makes(one.func.attr, route):
                return one
    return None


def _makes(method: str, route: Route) -> bool:
    return method.upper() in route.methods or method in {"api_route", "route", "websocket", "websocket_route"}


def defaults_of(node: Function) -> Iterable[tuple[ast.arg, ast.expr | None]]:
    """Each parameter of a function with its default."""
    positional = [*node.args.posonlyargs, *node.args.args]
    missing: list[ast.expr | None] = [None] * (len(positional) - len(node.args.defaults))
    yield from zip(positional, [*missing, *node.args.defaults], strict=True)
    yield from zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)


def _spelled(facts: Facts, guard: Guard) -> str:
    """A guard as it would be written: a name, or what made it with what it was made with."""
    call = facts.calls[guard.call]
    if call.kind != "instance" and "<locals>" not in call.name:
        return call.short_name
    made_with = [one.text for one in (*sorted(guard.roles | guard.permissions, key=lambda one: one.text),)]
    return f"{guard.name}({', '.join(f'{chr(34)}{text}{chr(34)}' for text in made_with)})"


def _starts(text: bytes) -> list[int]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _span(node: ast.AST, starts: list[int]) -> tuple[int, int]:
    if isinstance(node, ast.arguments):
        # Parameters have no place of their own: it is that of the first to that of the last.
        inside = [one for one in ast.walk(node) if hasattr(one, "lineno")]
        spans = [_span(one, starts) for one in inside]
        return min(begin for begin, _ in spans), max(end for _, end in spans)
    begin, end = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
    return starts[begin - 1] + getattr(node, "col_offset", 0), starts[end - 1] + getattr(node, "end_col_offset", 0)


def _lines(node: ast.AST) -> tuple[int, int]:
    decorators = [one.lineno for one in getattr(node, "decorator_list", [])]
    return min([getattr(node, "lineno", 1), *decorators]), getattr(node, "end_lineno", 1)
