"""Findings about routes that stand in each other's way, or at a path nobody meant."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from roundsman.access.route_audit.access import Access
from roundsman.access.route_audit.facts import Route
from roundsman.access.route_audit.findings import Code, Finding, Mend
from roundsman.access.route_audit.mends import Mender

_PARAMETER: Final = re.compile(r"\{(\w+)(?::(\w+))?\}")
_MATCHES: Final = {
    "int": r"[0-9]+",
    "float": r"[0-9]+(?:\.[0-9]+)?",
    "uuid": r"[0-9a-fA-F-]{32,36}",
    "path": r".*",
}
_FOR_EXAMPLE: Final = {
    "int": "7",
    "float": "7.5",
    "uuid": "01234567-89ab-cdef-0123-456789abcdef",
    "path": "~some/~thing",
}


@dataclass(frozen=True, slots=True)
class _Taken:
    """An earlier route, ready to be asked whether it takes a path."""

    access: Access
    pattern: re.Pattern[str]


def overlaps(accesses: Sequence[Access], mender: Mender) -> Iterator[Finding]:
    """Find routes that never answer because an earlier one of the same application does."""
    earlier: list[_Taken] = []
    for one in accesses:
        if one.route.kind not in {"http", "websocket", "mount"}:
            continue
        example = example_of(one.route)
        for taken in earlier:
            if _stands_before(taken.access.route, one.route) and taken.pattern.fullmatch(example):
                yield _overlap(taken.access, one, mender)
                break
        earlier.append(_Taken(one, pattern_of(one.route)))


def pattern_of(route: Route) -> re.Pattern[str]:
    """What paths a route takes."""
    parts = []
    at = 0
    for found in _PARAMETER.finditer(route.pattern):
        parts += [re.escape(route.pattern[at : found.start()]), _MATCHES.get(found[2] or "", r"[^/]+")]
        at = found.end()
    below = r"/.*" if route.kind == "mount" else ""
    return re.compile("".join([*parts, re.escape(route.pattern[at:]), below]))


def example_of(route: Route) -> str:
    """A path that the route takes, and that no other takes by chance."""
    path = _PARAMETER.sub(lambda found: _FOR_EXAMPLE.get(found[2] or "", "~any"), route.pattern)
    return f"{path}/~below/~it" if route.kind == "mount" else path


def doubled_prefix(one: Access, mender: Mender) -> Iterator[Finding]:
    """Find a path that begins twice alike, as one does where the router and whoever includes it say the prefix."""
    parts = one.route.path.strip("/").split("/")
    for size in range(1, len(parts) // 2 + 1):
        for begin in range(len(parts) - 2 * size + 1):
            twice = parts[begin : begin + size]
            if twice == parts[begin + size : begin + 2 * size] and not any("{" in part for part in twice):
                prefix = "/" + "/".join(twice)
                advice = f"Say {prefix} once: in the router, or where it is included."
                mend = Mend(advice, _without_prefix(prefix, mender))
                yield Finding(Code.DOUBLED_PREFIX, str(one.route), one.place, prefix * 2, mend)
                return


def _stands_before(earlier: Route, later: Route) -> bool:
    same = earlier.application == later.application
    kinds = earlier.kind in {later.kind, "mount"}
    methods = not earlier.methods or (bool(later.methods) and set(later.methods) - {"HEAD"} <= set(earlier.methods))
    return same and kinds and methods


def _overlap(earlier: Access, later: Access, mender: Mender) -> Finding:
    is_same = earlier.route.pattern == later.route.pattern or _shape(earlier.route) == _shape(later.route)
    code = Code.DUPLICATE_ROUTE if is_same else Code.SHADOWED_ROUTE
    place = mender.facts.shown(earlier.place)
    about = f"{earlier.route} ({place}) comes first"
    if is_same:
        mend = Mend("Keep one of the two.", _moved(earlier, later, mender, remove=True))
    else:
        mend = Mend("Put it before the other one.", _moved(earlier, later, mender, remove=False))
    return Finding(code, str(later.route), later.place, about, mend)


def _shape(route: Route) -> str:
    return _PARAMETER.sub(lambda found: f"{{{found[2] or ''}}}", route.pattern)


def _moved(earlier: Access, later: Access, mender: Mender, *, remove: bool) -> str:
    first, second = mender.handler(earlier), mender.handler(later)
    if first is None or second is None or isinstance(second[1], ast.Lambda):
        return ""
    file = second[0].place.file
    if remove:
        return mender.removed(file, second[1])
    return mender.moved(file, second[1], first[1]) if first[0].place.file == file else ""


def _without_prefix(prefix: str, mender: Mender) -> str:
    """Take the prefix out of the place that includes the router."""
    for file, tree in mender.sources.modules("include_router", prefix):
        for call in ast.walk(tree):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr == "include_router"
            ):
                said = [one for one in call.keywords if _says(one, prefix)]
                if said:
                    kept = [mender.sources.text(file, one) for one in (*call.args, *call.keywords) if one not in said]
                    text = f"{mender.sources.text(file, call.func)}({', '.join(kept)})"
                    return mender.edited(file, [(call, text)])
    return ""


def _says(keyword: ast.keyword, prefix: str) -> bool:
    return keyword.arg == "prefix" and isinstance(keyword.value, ast.Constant) and keyword.value.value == prefix
