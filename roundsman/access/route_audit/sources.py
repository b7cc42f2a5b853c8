"""Finding a function in the text it was written in."""

import ast
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from roundsman.access.route_audit.facts import Call, Place

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Written: TypeAlias = Function | ast.ClassDef
_WRITTEN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of an application; each is parsed when it is first asked for."""

    texts: Mapping[str, str]
    _trees: dict[str, Mapping[int, tuple[Written, ...]]] = field(default_factory=dict)

    def of(self, call: Call) -> Written | None:
        """Find where a call is written, or None where its source is not known or cannot be read."""
        by_line = self._by_line(call.place.file)
        if call.kind == "class" and not call.place.line:
            classes = (one for found in by_line.values() for one in found if isinstance(one, ast.ClassDef))
            return next((one for one in classes if one.name == call.short_name), None)
        found = by_line.get(call.place.line, ())
        return found[0] if found else None

    def modules(self, *words: str) -> Iterator[tuple[str, ast.Module]]:
        """Give every source that holds the words and can be parsed, with its file."""
        for file in sorted(self.texts):
            if all(word in self.texts[file] for word in words) and (tree := self._parsed(file)) is not None:
                yield file, tree

    def lines(self, file: str) -> list[str]:
        """Give the lines of a source, with their ends."""
        return io.StringIO(self.texts.get(file, "")).readlines()

    def text(self, file: str, node: ast.AST) -> str:
        """Give what is written for a node."""
        return ast.get_source_segment(self.texts.get(file, ""), node) or ""

    def _by_line(self, file: str) -> Mapping[int, tuple[Written, ...]]:
        if file not in self._trees:
            self._trees[file] = _index(self._parsed(file))
        return self._trees[file]

    def _parsed(self, file: str) -> ast.Module | None:
        try:
            return ast.parse(self.texts.get(file, ""))
        except (SyntaxError, ValueError):
            # Written for a newer Python than this one.
            return None


def first_line(node: Written) -> int:
    """The line a function begins at for Python: that of its first decorator."""
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return min([node.lineno, *(one.lineno for one in decorators)])


def place_of(call: Call, node: Written | None) -> Place:
    """Where a function's own line is, below its decorators."""
    return Place(call.place.file, call.place.line if node is None else node.lineno)


def words_of(node: ast.AST) -> Iterator[str]:
    """Give every name that occurs below a node."""
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            yield one.id
        elif isinstance(one, ast.Attribute):
            yield one.attr


def _index(tree: ast.Module | None) -> Mapping[int, tuple[Written, ...]]:
    found: dict[int, tuple[Written, ...]] = {}
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, _WRITTEN):
            found[first_line(node)] = (*found.get(first_line(node), ()), node)
    return found
