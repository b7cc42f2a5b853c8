"""Security: both audits, each check as passed or not, with its evidence and how it is mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.access.route_audit.findings import Code, Level
from roundsman.auth.kept_audit import KeptAudit, find_kept_audit
from roundsman.console.guards import require_page
from roundsman.console.rendering import show
from roundsman.console.route_audit import RouteAudit, RouteAuditing
from roundsman.web.operating import Work

PATH: Final = "/security"
_STATES: Final = {Level.BLOCKER: "fail", Level.ACTION: "warn", Level.INFO: "note"}
_ORDER: Final = ("fail", "warn", "note", "pass")

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """One check: its state (pass, note, warn or fail), what shows that, and what to do if it is not passed."""

    name: str
    state: str
    tried: str
    evidence: Sequence[str]
    mends: Sequence[str]
    source: str = ""


@router.get(PATH, dependencies=[Depends(require_page(Permission.SYSTEM_READ))], name="security_page")
async def show_security(request: Request, work: Work) -> Response:
    """Show what the audits found: that of the routes made now, that of signing in as it was made last."""
    auditing: RouteAuditing = request.app.state.route_auditing
    routes, kept = auditing.get(), await find_kept_audit(work.tx)
    return show(
        request,
        "security.html",
        routes=routes,
        is_being_made=auditing.is_being_made,
        route_checks=route_checks(routes) if routes else [],
        kept=kept,
        kept_checks=kept_checks(kept) if kept else [],
        is_of_this_version=kept is not None and kept.version == version("roundsman"),
    )


def route_checks(audit: RouteAudit) -> list[ShownCheck]:
    """Each thing that can be wrong with a route as a check, the gravest failures first."""
    checks = []
    for code in Code:
        found = [one for one in audit.findings if one.code is code]
        state = _STATES[min((one.level for one in found), key=lambda level: level.rank)] if found else "pass"
        evidence = [" ".join(filter(None, (one.route, one.about, one.place))) for one in found]
        mends = list(dict.fromkeys(one.mend for one in found))
        checks.append(ShownCheck(code.value, state, code.meaning, evidence or ["at no route"], mends))
    return _gravest_first(checks)


def kept_checks(audit: KeptAudit) -> list[ShownCheck]:
    """The checks of the audit that was kept, the gravest failures first."""
    return _gravest_first(
        [
            ShownCheck(
                one.check,
                "pass" if one.holds else _STATES[one.level],
                one.tried,
                [one.evidence],
                [] if one.holds else [one.mend],
                one.source,
            )
            for one in audit.checks
        ]
    )


def _gravest_first(checks: list[ShownCheck]) -> list[ShownCheck]:
    return sorted(checks, key=lambda one: _ORDER.index(one.state))
