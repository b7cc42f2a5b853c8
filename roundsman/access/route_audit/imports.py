"""Findings about what is not there: swallowed imports, forgotten routers, routes that cannot be documented."""

import ast
from collections.abc import Iterator

from roundsman.access.route_audit.access import Access
from roundsman.access.route_audit.facts import Facts, Place, Swallowed
from roundsman.access.route_audit.findings import Code, Finding, Mend
from roundsman.access.route_audit.mends import Mender


def missing_parts(facts: Facts, mender: Mender) -> Iterator[Finding]:
    """Find modules that failed to import and were passed over, and routers that nobody included."""
    for one in facts.swallowed:
        what = f"{one.module}{' (' + ', '.join(one.names) + ')' if one.names else ''}: {one.error}"
        mend = Mend("Mend the import, and let the program stop when it fails.", _raised(one, mender))
        code = Code.MISSING_MODULE if one.absent else Code.SWALLOWED_IMPORT
        yield Finding(code, "", one.place, what, mend)
    for router in facts.forgotten:
        place = Place(router.file, _line_of(router.name, router.file, mender))
        advice = f"Include it, or delete it: app.include_router({router.name})."
        about = f"{router.name}: {', '.join(router.paths[:5])}"
        yield Finding(Code.ROUTER_NOT_INCLUDED, "", place, about, Mend(advice))


def undocumented(one: Access, facts: Facts) -> Iterator[Finding]:
    """Find a route that FastAPI cannot document."""
    error = facts.applications[one.route.application].undocumented.get(one.route.path)
    if error is not None:
        mend = Mend("Mend what the error names; usually it is a default value that is no data.")
        yield Finding(Code.UNDOCUMENTED_ROUTE, str(one.route), one.place, error, mend)


def _raised(one: Swallowed, mender: Mender) -> str:
    """Let the handler around the import raise again."""
    for file, tree in mender.sources.modules("except"):
        for node in ast.walk(tree) if file == one.place.file else ():
            if isinstance(node, ast.Try) and node.lineno <= one.place.line <= (node.end_lineno or 0) and node.handlers:
                body = node.handlers[0].body
                indent = " " * body[0].col_offset
                return mender.line_after(file, body[0].lineno - 1, f"{indent}raise\n")
    return ""


def _line_of(name: str, file: str, mender: Mender) -> int:
    for number, line in enumerate(mender.sources.lines(file), start=1):
        if line.startswith((f"{name} =", f"{name}:")):
            return number
    return 1
