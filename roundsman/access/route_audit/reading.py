"""What a function does about access, read from its text.

Whether a dependency proves who asks cannot be known for certain without running it. What is taken for a proof: it, or a
function it calls, refuses with 401 or 403 or an error named for that; or it checks a token that a security scheme of
FastAPI handed it. Roles and permissions are those it was made with, and those it compares a user's role to.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from roundsman.access.route_audit.facts import Dependency, Facts
from roundsman.access.route_audit.sources import Sources, Written, words_of

_REFUSALS: Final = re.compile(
    r"unauth|not_?auth|auth\w*(error|exception|fail|missing|required)|credential|forbidden|denied|not_?permitted"
    r"|permission\w*(error|missing|denied)|token\w*(missing|invalid|expired|error)|invalid_?token|login_?required"
    r"|session_?(ended|expired|missing)|not_?logged|http_40[13]",
    re.IGNORECASE,
)
_FORBIDDEN: Final = re.compile(r"\b403\b|HTTP_403|forbidden|denied|not_?permitted", re.IGNORECASE)
_VERIFIES: Final = re.compile(r"decode|verify|validate|authenticate|introspect|check|compare", re.IGNORECASE)
_ROLE_FIELD: Final = re.compile(r"^(user_?)?(role|roles|role_name|user_type)$", re.IGNORECASE)
_ROLE_FLAG: Final = re.compile(r"^is_(admin|staff|superuser|super_admin|manager|supplier|delivery_boy)$")
_USER: Final = re.compile(
    r"^_?(current_?|active_?|logged_in_?|auth\w*_|the_)?(user|admin|principal|identity|account|member|staff|me|caller"
    r"|claims|payload|token_data|viewer)(_?(info|data|dict|doc))?$",
    re.IGNORECASE,
)
_GUARD: Final = re.compile(
    r"(^|_)(auth(?!ors?(_|$))\w*|require\w*|verify\w*|guard\w*|ensure\w*|protect\w*|permission\w*|login\w*|only|admin|has_role)(_|$)"
    r"|(current|active|logged_?in)_?(user|admin|principal)",
    re.IGNORECASE,
)
_ROLE_NAME: Final = re.compile(r"role|user_type|^allowed|^required$", re.IGNORECASE)
_PERMISSION_NAME: Final = re.compile(r"perm|scope|privilege", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A role or permission as somebody wrote it; a `flag` is an attribute such as is_admin, which no enum knows."""

    text: str
    flag: bool = False


def is_user_like(name: str | None) -> bool:
    """Whether a parameter is named for the one who asks."""
    return bool(name and _USER.match(name))


def is_guard_like(name: str) -> bool:
    """Whether something is named for guarding."""
    return bool(_GUARD.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)))


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
            Named(one.text) for one in call.bound if "role" in one.type.lower() or (not one.type and _is_role(one.name))
        }
        node = self.written(number)
        compared = set(allowed_roles(node)) if node is not None and self.refuses(number) else set()
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


def allowed_roles(node: ast.AST) -> Iterator[Named]:
    """Find the roles that a text lets pass: those it compares a user's role to, other than to refuse them."""
    refusing = [one for one in ast.walk(node) if isinstance(one, ast.If) and _ends_in_raise(one)]
    tests = {id(part): one for one in refusing for part in ast.walk(one.test)}
    for one in ast.walk(node):
        if isinstance(one, ast.Compare) and (texts := compared_roles(one)):
            refused = id(one) in tests and isinstance(one.ops[0], ast.Eq | ast.In) and not _is_negated(tests, one)
            yield from () if refused else (Named(text) for text in texts)
        elif isinstance(one, ast.Attribute) and (flag := _ROLE_FLAG.match(one.attr)):
            yield Named(flag[1], flag=True)


def compared_roles(node: ast.Compare) -> tuple[str, ...]:
    """The texts or members of an enum that somebody's role is compared to; empty for any other comparison."""
    sides = [node.left, *node.comparators]
    if not any(_is_role_of_somebody(one) for one in sides):
        return ()
    return tuple(text for one in sides if not _is_role_of_somebody(one) for text in _texts(one))


def field_of(node: ast.expr) -> tuple[str, str] | None:
    """Read `user.role`, `user["role"]` and `user.get("role")` as the name of the holder and of the field."""
    if isinstance(node, ast.Attribute):
        return ("", node.attr) if (holder := _last_name(node.value)) is None else (holder, node.attr)
    key = None
    if isinstance(node, ast.Subscript):
        key, holder = node.slice, _last_name(node.value)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        key, holder = node.args[0], _last_name(node.func.value)
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return holder or "", key.value
    return None


def role_flag(node: ast.expr) -> str | None:
    """Read `user.is_admin` and its like."""
    found = field_of(node)
    match = _ROLE_FLAG.match(found[1]) if found and is_user_like(found[0]) else None
    return match[1] if match else None


def _is_role_of_somebody(node: ast.expr) -> bool:
    found = field_of(node)
    if found and found[1] == "value" and isinstance(node, ast.Attribute):
        return _is_role_of_somebody(node.value)
    if found:
        return bool(_ROLE_FIELD.match(found[1])) and is_user_like(found[0])
    return isinstance(node, ast.Name) and bool(re.match(r"^(user|current)_role$", node.id))


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


def _last_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _is_role(name: str) -> bool:
    return bool(_ROLE_NAME.search(name.rpartition(".")[2]))


def _verifies(node: ast.AST) -> bool:
    return any(_VERIFIES.search(word) for word in words_of(node))


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
        return (_last_name(node) or "").isupper()
    if isinstance(node, ast.Call):
        made = (_last_name(node.func) or "")[:1].isupper() or _last_name(node.func) == "dict"
        return made and all(_is_fixed(one) for one in (*node.args, *(one.value for one in node.keywords)))
    return False
