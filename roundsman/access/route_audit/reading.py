"""What a function does about access, read from its text.

Whether a dependency proves who asks cannot be known for certain without running it. What is taken for a proof: it, or a
function it calls, refuses with 401 or 403 or an error named for that; or it checks a token that a security scheme of
FastAPI handed it. Roles and permissions are those it was made with, and those it compares a user's role to.
"""

import ast
import re
from dataclasses import dataclass, field
from typing import Final

from roundsman.access.route_audit.comparisons import Comparisons, Named, constants_of, last_name, refuses_itself
from roundsman.access.route_audit.facts import Dependency, Facts
from roundsman.access.route_audit.names import is_role_name
from roundsman.access.route_audit.sources import Sources, Written, words_of

_FORBIDDEN: Final = re.compile(r"\b403\b|HTTP_403|forbidden|denied|not_?permitted", re.IGNORECASE)
_VERIFIES: Final = re.compile(r"decode|verify|validate|authenticate|introspect|check|compare", re.IGNORECASE)
_PERMISSION_NAME: Final = re.compile(r"perm|scope|privilege", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the calls of one application."""

    facts: Facts
    sources: Sources
    _refusing: dict[str, bool] = field(default_factory=dict)

    def written(self, number: str) -> Written | None:
        """Find the text of a call."""
        return self.sources.of(self.facts.calls[number])

    def is_constant(self, number: str) -> bool:
        """Whether it does nothing but return the same, whoever asks."""
        node = self.written(number)
        if isinstance(node, ast.Lambda):
            return _is_fixed(node.body)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
        body = [one for one in node.body if not _says_nothing(one)]
        return all(isinstance(one, ast.Return) and _is_fixed(one.value) for one in body)

    def refuses(self, number: str) -> bool:
        """Whether it, or a function it calls, refuses those who are nobody or may not."""
        if number not in self._refusing:
            self._refusing[number] = False
            self._refusing[number] = self._finds_refusal(number)
        return self._refusing[number]

    def authenticates(self, dependency: Dependency) -> bool:
        """Whether a dependency, by itself, lets only those pass who are somebody."""
        call = self.facts.calls[dependency.call]
        if call.kind == "scheme" or self.is_constant(dependency.call):
            return False
        node = self.written(dependency.call)
        if dependency.parameter is not None and node is not None and _may_return_none(node):
            # Whoever takes its result gets None for somebody who is nobody.
            return False
        checks_token = self.holds_scheme(dependency, strict=True) and node is not None and _verifies(node)
        return self.refuses(dependency.call) or checks_token

    def decides(self, dependency: Dependency) -> bool:
        """Whether it refuses some of those who are somebody: it rests on another guard, and answers 403 itself."""
        rests = any(self.authenticates(one) for one in dependency.below)
        call = self.facts.calls[dependency.call]
        named_for_user = bool(re.search(r"(current|active|logged_?in)_?user|^get_user$", call.short_name))
        return rests and not named_for_user and self._forbids(dependency.call, frozenset())

    def _forbids(self, number: str, seen: frozenset[str]) -> bool:
        node = self.written(number)
        if node is not None and _FORBIDDEN.search(" ".join(map(str, (*words_of(node), *constants_of(node))))):
            return True
        uses = self.facts.calls[number].uses
        return any(self._forbids(one, seen | {number}) for one in uses if one not in seen | {number})

    def holds_scheme(self, dependency: Dependency, *, strict: bool = False) -> bool:
        """Whether a security scheme of FastAPI is below a dependency; a strict one refuses those without a token."""
        calls = [self.facts.calls[one.call] for one in dependency.tree()]
        return any(one.kind == "scheme" and (one.strict or not strict) for one in calls)

    def roles(self, number: str) -> frozenset[Named]:
        """The roles that pass, as far as they can be read."""
        call = self.facts.calls[number]
        bound = {
            Named(one.text)
            for one in call.bound
            if "role" in one.type.lower() or (not one.type and is_role_name(one.name.rpartition(".")[2]))
        }
        node = self.written(number)
        compared = set(Comparisons.of(node).allowed()) if node is not None and self.refuses(number) else set()
        return frozenset(bound | compared)

    def permissions(self, dependency: Dependency) -> frozenset[Named]:
        """The permissions it was made with, and the scopes it was asked for."""
        bound = [
            Named(one.text)
            for one in self.facts.calls[dependency.call].bound
            if re.search("permission|scope", one.type, re.IGNORECASE)
            or (not one.type and _PERMISSION_NAME.search(one.name))
        ]
        return frozenset([*bound, *(Named(one) for one in dependency.scopes)])

    def _finds_refusal(self, number: str) -> bool:
        call = self.facts.calls[number]
        node = self.written(number)
        below = [*call.uses, *([call.wraps] if call.wraps else [])]
        return (node is not None and refuses_itself(node)) or any(self.refuses(one) for one in below)


def _verifies(node: ast.AST) -> bool:
    return any(_VERIFIES.search(word) for word in words_of(node))


def _may_return_none(node: ast.AST) -> bool:
    returned = [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
    return any(isinstance(one, ast.Constant) and one.value is None for one in returned)


def _says_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _is_fixed(node: ast.expr | None) -> bool:
    """Whether an expression is the same whatever comes in."""
    if node is None or isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Dict):
        return all(_is_fixed(one) for one in (*node.keys, *node.values))
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return all(_is_fixed(one) for one in node.elts)
    if isinstance(node, ast.Name | ast.Attribute):
        return (last_name(node) or "").isupper()
    if isinstance(node, ast.Call):
        made = (last_name(node.func) or "")[:1].isupper() or last_name(node.func) == "dict"
        return made and all(_is_fixed(one) for one in (*node.args, *(one.value for one in node.keywords)))
    return False
