"""The audit as a Markdown page: findings with their mends, and who passes where as a matrix of roles and routes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from roundsman.access.route_audit.access import Access, Protection
from roundsman.access.route_audit.audit import Audit
from roundsman.access.route_audit.facts import Facts, Place
from roundsman.access.route_audit.findings import Code, Finding

_MARKS: Final = {Protection.PUBLIC: "open", Protection.UNPROTECTED: "**open**", Protection.DIVIDED: ""}
_YES: Final = "yes"


def audit_page(audit: Audit, facts: Facts, *, title: str, made_by: str) -> str:
    """Write the page."""
    counts = audit.counts()
    sections = [
        f"# {title}",
        f"Made by `{made_by}` from the application as it runs ({audit.versions}), not from its text. Nothing is changed here:"
        " applying a mend is its owner's."
        if audit.findings
        else f"Made by `{made_by}` from the application as it runs, not from its text.",
        _table(("routes", "number"), [(one.value, counts[one]) for one in Protection if counts[one]]),
        *_middleware(audit),
        "## Findings",
        *(_findings(audit.findings, facts) if audit.findings else ["None."]),
        "## Who passes where",
        _legend(audit),
        _matrix(audit),
    ]
    return "\n\n".join(sections) + "\n"


def roles_of(audit: Audit) -> list[str]:
    """Every role there is, in the application's own order, and those that only a guard names."""
    known = dict.fromkeys([*audit.vocabulary.roles.values(), *audit.vocabulary.grants])
    named = dict.fromkeys(sorted(role for one in audit.accesses for role in one.roles or ()))
    return list(known | named)


def _middleware(audit: Audit) -> Iterator[str]:
    if audit.middleware:
        yield (
            "Middleware that refuses some requests too; which, no route shows, so it counts as no guard here: "
            + ", ".join(f"`{one}`" for one in audit.middleware)
            + "."
        )


def _findings(findings: Sequence[Finding], facts: Facts) -> Iterator[str]:
    rows = [(one.level.value, one.code.value, one.route, _place(one.place, facts), one.about) for one in findings]
    yield _table(("level", "finding", "route", "place", "about"), rows)
    yield "### What they mean"
    codes = [one for one in Code if any(each.code is one for each in findings)]
    yield "\n".join(f"- `{one.value}` ({one.level.value}): {one.meaning}" for one in codes)
    yield "### Mends"
    for one in findings:
        yield f"**{one.code.value}** {one.route or _place(one.place, facts)}: {one.mend.advice}"
        if one.mend.patch:
            yield f"```diff\n{one.mend.patch.rstrip()}\n```"


def _legend(audit: Audit) -> str:
    said = (
        "`yes`: its guards let the role pass; `any`: whoever is signed in; `open`: everybody; `?`: it cannot be read."
    )
    asks = " The permission is what the guard asks for." if any(one.permissions for one in audit.accesses) else ""
    return f"{said}{asks}"


def _matrix(audit: Audit) -> str:
    roles = roles_of(audit)
    rows = [
        (str(one.route), one.protection.value, ", ".join(sorted(one.permissions)), *_marks(one, roles), one.reason)
        for one in audit.accesses
    ]
    return _table(("route", "protection", "permission", "anonymous", *roles, "why open"), rows)


def _marks(one: Access, roles: Sequence[str]) -> Iterator[str]:
    if one.protection in _MARKS:
        yield from [_MARKS[one.protection]] * (len(roles) + 1)
        return
    yield ""
    for role in roles:
        if one.roles is None:
            yield "any" if one.protection is Protection.AUTHENTICATED else "?"
        else:
            yield _YES if role in one.roles else ""


def _place(place: Place, facts: Facts) -> str:
    return str(facts.shown(place)) if place.file else ""


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(cell: object) -> str:
    return " ".join(str(cell).replace("|", "\\|").split())
