"""Findings about roles and tokens that are compared inside an endpoint, read from its source."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from roundsman.access.route_audit.access import Access, Protection
from roundsman.access.route_audit.findings import Code, Finding, Mend
from roundsman.access.route_audit.mends import Mender
from roundsman.access.route_audit.reading import compared_roles, field_of, refuses_itself, role_flag

_TOKEN: Final = re.compile(
    r"(^|_)(access_?token|api_?key|x_api_key|secret|authorization|auth_header|token)$", re.IGNORECASE
)


def checks_in_handler(one: Access, mender: Mender) -> Iterator[Finding]:
    """Find refusals inside an endpoint that a guard should make."""
    handler = mender.handler(one)
    if handler is None or one.protection is Protection.PUBLIC or one.route.framework:
        return
    call, node = handler
    checks = [] if isinstance(node, ast.Lambda) else [check for part in node.body for check in _checks(part)]
    if checks:
        has_identity = one.protection is not Protection.UNPROTECTED
        guard = mender.role if has_identity else mender.identity
        about = f"{mender.sources.text(call.place.file, checks[0])} in line {checks[0].lineno}"
        advice = f"Let a dependency decide, such as {guard}, and take the comparison out of the endpoint."
        mend = Mend(advice, mender.with_guard(one, guard))
        yield Finding(Code.CHECK_IN_HANDLER, str(one.route), one.place, about, mend)


def _checks(statement: ast.stmt) -> Iterator[ast.expr]:
    for one in ast.walk(statement):
        refuses = isinstance(one, ast.If) and any(_refuses(each) for each in (*one.body, *one.orelse))
        if isinstance(one, ast.If | ast.Assert) and (refuses or isinstance(one, ast.Assert)):
            yield from (part for part in ast.walk(one.test) if isinstance(part, ast.expr) and _is_check(part))


def _refuses(statement: ast.stmt) -> bool:
    return any(isinstance(one, ast.Raise) for one in ast.walk(statement)) or refuses_itself(statement)


def _is_check(node: ast.expr) -> bool:
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        if any(isinstance(one, ast.Constant) and one.value is None for one in sides):
            return False
        equal = isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn)
        return bool(compared_roles(node)) or (equal and any(_is_token(one) for one in sides))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "compare_digest":
        return any(_is_token(one) for one in node.args)
    return role_flag(node) is not None


def _is_token(node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return bool(_TOKEN.search(node.id)) and not node.id.isupper()
    found = field_of(node)
    return bool(found and found[0] in {"headers", "cookies", "request"} and _TOKEN.search(found[1].replace("-", "_")))
