"""The audit of an application's routes: who may pass at each, and every finding. Pure, from what the inspector told.

An audit that saw only part of the routes would be worse than none. So the routes it saw must be those that FastAPI
documents, the hidden ones, the websockets and the mounts, and as many as counted another way.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from roundsman.access.route_audit.access import Access, Protection, Vocabulary, access_of, reader_of, vocabulary_of
from roundsman.access.route_audit.facts import Facts
from roundsman.access.route_audit.findings import Finding, Level, in_order
from roundsman.access.route_audit.gaps import admin_locked_out, decoys, no_role, open_routes, writes_of_readers
from roundsman.access.route_audit.imports import missing_parts, undocumented
from roundsman.access.route_audit.in_handler import checks_in_handler
from roundsman.access.route_audit.mends import Mender, mender_of
from roundsman.access.route_audit.never_run import conditional_routers, never_run
from roundsman.access.route_audit.overlaps import doubled_prefix, overlaps
from roundsman.access.route_audit.reading import Reader
from roundsman.access.route_audit.vocabulary import unknown_names
from roundsman.errors import IntegrityBroken


class AuditIncomplete(IntegrityBroken):
    """The routes that were seen are not all there are; the audit must not be believed."""

    code = "audit_incomplete"


@dataclass(frozen=True, slots=True)
class Audit:
    """Every route with who may pass, and what is wrong; `middleware` are those that refuse, which no route shows."""

    versions: str
    accesses: tuple[Access, ...]
    findings: tuple[Finding, ...]
    vocabulary: Vocabulary
    middleware: tuple[str, ...]

    def worst(self) -> Level | None:
        """The gravest level that was found, if anything was."""
        return min((one.level for one in self.findings), key=lambda level: level.rank, default=None)

    def counts(self) -> dict[Protection, int]:
        """How many routes are protected how."""
        return {one: sum(access.protection is one for access in self.accesses) for one in Protection}


def audit_routes(facts: Facts, *, public: tuple[str, ...] = ()) -> Audit:
    """Audit the application; `public` are patterns of paths declared to be for everybody. Raises AuditIncomplete."""
    require_complete(facts)
    reader = reader_of(facts)
    vocabulary = vocabulary_of(facts)
    accesses = tuple(access_of(reader, vocabulary, route, public) for route in facts.routes)
    mender = mender_of(facts, reader.sources, accesses)
    findings = [*missing_parts(facts, mender), *conditional_routers(reader, mender), *overlaps(accesses, mender)]
    for one in accesses:
        findings += _findings_of(one, mender, reader, vocabulary)
    middleware = {number: reader.facts.calls[number] for app in facts.applications for number in app.middleware}
    refusing = tuple(
        f"{call.name} ({facts.shown(call.place)})" for one, call in middleware.items() if reader.refuses(one)
    )
    return Audit(facts.versions, accesses, in_order(findings), vocabulary, refusing)


def require_complete(facts: Facts) -> None:
    """Refuse facts that do not hold every route. Raises AuditIncomplete."""
    for number, application in enumerate(facts.applications):
        routes = [one for one in facts.routes if one.application == number]
        where = f"the application{' at ' + application.prefix if application.prefix else ''}"
        documented = frozenset((method, one.path) for one in routes if one.documented for method in one.methods)
        if difference := documented ^ application.operations:
            names = "; ".join(f"{method} {path}" for method, path in sorted(difference)[:5])
            raise AuditIncomplete(f"What was seen of {where} and what FastAPI documents differ in: {names}")
        if len(routes) != application.leaves:
            raise AuditIncomplete(f"Of {where} {len(routes)} routes were seen, and {application.leaves} are there")


def _findings_of(one: Access, mender: Mender, reader: Reader, vocabulary: Vocabulary) -> Iterator[Finding]:
    causes = [*decoys(one, mender, reader), *never_run(one, mender, reader), *checks_in_handler(one, mender, reader)]
    # A guard that does not guard explains why a route is open, or asks for no role; once is enough.
    explained = frozenset(finding.route for finding in causes)
    yield from causes
    yield from open_routes(one, mender, reader, explained)
    yield from no_role(one, mender, explained)
    yield from writes_of_readers(one, mender, vocabulary)
    yield from unknown_names(one, mender, vocabulary)
    yield from admin_locked_out(one, mender, vocabulary)
    yield from doubled_prefix(one, mender)
    yield from undocumented(one, mender.facts)
