"""What a text compares and refuses: roles and tokens of somebody, read from its syntax.

A role of somebody is `user.role`, `user["role"]`, `user.get("role")`, `user.is_admin`, or a name that was given such a value.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from roundsman.access.route_audit.names import is_token_like, is_user_like
from roundsman.access.route_audit.sources import words_of

_REFUSALS: Final = re.compile(
    r"unauth|not_?auth|auth\w*(error|exception|fail|missing|required)|credential|forbidden|denied|not_?permitted"
    r"|permission\w*(error|missing|denied)|token\w*(missing|invalid|expired|error)|invalid_?token|login_?required"
    r"|session_?(ended|expired|missing)|not_?logged|http_40[13]",
    re.IGNORECASE,
)
_ROLE_FIELD: Final = re.compile(r"^(user_?)?(role|roles|role_name|user_type)$", re.IGNORECASE)
_ROLE_FLAG: Final = re.compile(r"^is_(admin|staff|superuser|super_admin|manager|supplier|delivery_boy)$")
_SPELLINGS: Final = frozenset({"lower", "upper", "strip", "casefold"})


@dataclass(frozen=True, slots=True)
class Named:
    """A role or permission as somebody wrote it; a `flag` is an attribute such as is_admin, which no enum knows."""

    text: str
    flag: bool = False


@dataclass(frozen=True, slots=True)
class Comparisons:
    """What one function compares; `aliases` are the names it gives to somebody's role."""

    node: ast.AST
    aliases: frozenset[str]

    @classmethod
    def of(cls, node: ast.AST) -> "Comparisons":
        """Read a function."""
        given = [one for one in ast.walk(node) if isinstance(one, ast.Assign) and _is_role(one.value, frozenset())]
        return cls(node, frozenset(name.id for one in given for name in one.targets if isinstance(name, ast.Name)))

    def allowed(self) -> Iterator[Named]:
        """Find the roles it lets pass: those it compares a role to, other than to refuse them."""
        refusing = [one for one in ast.walk(self.node) if isinstance(one, ast.If) and _ends_in_raise(one)]
        tests = {id(part): one for one in refusing for part in ast.walk(one.test)}
        for one in ast.walk(self.node):
            if isinstance(one, ast.Compare) and self.compares_role(one):
                refused = id(one) in tests and isinstance(one.ops[0], ast.Eq | ast.In) and not _is_negated(tests, one)
                yield from () if refused else self._others(one)
            elif isinstance(one, ast.expr) and (flag := role_flag(one)):
                yield Named(flag, flag=True)

    def compares_role(self, node: ast.Compare) -> bool:
        """Whether a comparison is one of somebody's role."""
        return any(_is_role(one, self.aliases) for one in (node.left, *node.comparators))

    def checks(self) -> Iterator[ast.expr]:
        """Find the comparisons of roles and tokens that end in a refusal."""
        for one in ast.walk(self.node):
            refuses = isinstance(one, ast.If) and any(refuses_itself(each) for each in (*one.body, *one.orelse))
            if isinstance(one, ast.If | ast.Assert) and (refuses or isinstance(one, ast.Assert)):
                yield from (part for part in ast.walk(one.test) if isinstance(part, ast.expr) and self._is_check(part))

    def _is_check(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(isinstance(one, ast.Constant) and one.value is None for one in sides):
                return False
            equal = isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn)
            return self.compares_role(node) or (equal and any(_is_token(one) for one in sides))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "compare_digest":
            return any(_is_token(one) for one in node.args)
        return role_flag(node) is not None

    def _others(self, node: ast.Compare) -> Iterator[Named]:
        sides = (one for one in (node.left, *node.comparators) if not _is_role(one, self.aliases))
        return (Named(text) for one in sides for text in _texts(one))


def refuses_itself(node: ast.AST) -> bool:
    """Whether a text raises, or answers with, 401 or 403 or an error named for that."""
    leaves = any(isinstance(one, ast.Raise) for one in ast.walk(node))
    answers = any(word.endswith("Response") or word == "status_code" for word in words_of(node))
    keywords = {one.arg for one in ast.walk(node) if isinstance(one, ast.keyword)}
    said = any(isinstance(one, ast.Constant) and one.value in (401, 403) for one in ast.walk(node))
    raised = (one for one in ast.walk(node) if isinstance(one, ast.Raise))
    named = any(_REFUSALS.search(word) for one in raised for word in words_of(one))
    words = any(re.search(r"HTTP_40[13]", word) for word in words_of(node))
    return named or ((said or words) and (leaves or answers or "status_code" in keywords))


def constants_of(node: ast.AST) -> Iterator[int]:
    """Give every number below a node."""
    return (one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, int))


def field_of(node: ast.expr) -> tuple[str, str] | None:
    """Read `user.role`, `user["role"]` and `user.get("role")` as the name of the holder and of the field."""
    if isinstance(node, ast.Attribute):
        return ("", node.attr) if (holder := last_name(node.value)) is None else (holder, node.attr)
    key = None
    if isinstance(node, ast.Subscript):
        key, holder = node.slice, last_name(node.value)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        key, holder = node.args[0], last_name(node.func.value)
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return holder or "", key.value
    return None


def role_flag(node: ast.expr) -> str | None:
    """Read `user.is_admin` and its like."""
    found = field_of(node)
    match = _ROLE_FLAG.match(found[1]) if found and is_user_like(found[0]) else None
    return match[1] if match else None


def last_name(node: ast.expr) -> str | None:
    """Read `a` and `b.a` as a."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _is_role(node: ast.expr, aliases: frozenset[str]) -> bool:
    if isinstance(node, ast.Call):
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _SPELLINGS:
            return _is_role(function.value, aliases)
        if isinstance(function, ast.Name) and function.id in {"str", "Role", "UserRole"} and node.args:
            return _is_role(node.args[0], aliases)
    found = field_of(node)
    if found and found[1] == "value" and isinstance(node, ast.Attribute):
        return _is_role(node.value, aliases)
    if found:
        return bool(_ROLE_FIELD.match(found[1])) and is_user_like(found[0])
    return isinstance(node, ast.Name) and (node.id in aliases or bool(re.match(r"^(user|current)_role$", node.id)))


def _is_token(node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return is_token_like(node.id)
    found = field_of(node)
    return bool(found and found[0] in {"headers", "cookies", "request"} and is_token_like(found[1]))


def _is_negated(tests: dict[int, ast.If], node: ast.Compare) -> bool:
    nots = [one for one in ast.walk(tests[id(node)].test) if isinstance(one, ast.UnaryOp)]
    return any(isinstance(one.op, ast.Not) and any(below is node for below in ast.walk(one)) for one in nots)


def _ends_in_raise(node: ast.If) -> bool:
    return any(isinstance(one, ast.Raise) for one in node.body)


def _texts(node: ast.expr) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value
        elif isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and "role" in one.value.id.lower():
            yield one.attr
