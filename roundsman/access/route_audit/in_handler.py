"""Findings about roles and tokens that are compared inside an endpoint, read from its source."""

import ast
from collections.abc import Iterator

from roundsman.access.route_audit.access import Access, Protection
from roundsman.access.route_audit.comparisons import Comparisons
from roundsman.access.route_audit.facts import Call
from roundsman.access.route_audit.findings import Code, Finding, Mend
from roundsman.access.route_audit.mends import Mender
from roundsman.access.route_audit.names import is_check_like, is_entry
from roundsman.access.route_audit.reading import Reader
from roundsman.access.route_audit.sources import Function


def checks_in_handler(one: Access, mender: Mender, reader: Reader) -> Iterator[Finding]:
    """Find refusals inside an endpoint that a guard should make."""
    handler = mender.handler(one)
    if handler is None or one.protection is Protection.PUBLIC or one.route.framework or is_entry(one.route.path):
        return
    call, node = handler
    about = _compares(call, node, reader) or _calls(call, reader)
    if about:
        guard = mender.role if one.protection is not Protection.UNPROTECTED else mender.identity
        advice = f"Let a dependency decide, such as {guard}, and take the check out of the endpoint."
        mend = Mend(advice, mender.with_guard(one, guard))
        yield Finding(Code.CHECK_IN_HANDLER, str(one.route), one.place, about, mend)


def _compares(call: Call, node: Function, reader: Reader) -> str:
    check = None if isinstance(node, ast.Lambda) else next(_checks(node), None)
    return "" if check is None else f"{reader.sources.text(call.place.file, check)} in line {check.lineno}"


def _checks(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    body = ast.Module(node.body, [])
    return Comparisons.of(body).checks()


def _calls(call: Call, reader: Reader) -> str:
    """Name a function the endpoint calls that is named for refusing, and does."""
    used = (reader.facts.calls[number] for number in call.uses if reader.refuses(number))
    return next((f"calls {one.short_name}, which refuses" for one in used if is_check_like(one.short_name)), "")
