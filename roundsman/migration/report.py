"""The report of an import, as Markdown (pure): before, what was decided and why, after, and the proofs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from roundsman.migration.matching import Rule
from roundsman.migration.plan import PlanHeader
from roundsman.migration.verify.verification import CLASSES, MEANING, Verification

_RULES: Mapping[str, str] = {
    Rule.TOO_LARGE_OR_WEAK: "more than eight records, or parts held together by one weak edge: held for review",
    Rule.VERIFIED_DIFFER: "verified phones or official ids differ: held for review",
    Rule.KEPT_APART: "a human said they are not the same",
    Rule.STAFF: "a staff account on either side: held for review",
    Rule.LINK: "a link that resolves, or the same id in two collections",
    Rule.USERS_SAME: "two accounts, same phone, same name: merged",
    Rule.USERS_UNSURE: "two accounts, same phone, similar names: merged only with the same e-mail",
    Rule.USERS_DIFFER: "two accounts, same phone, different names: kept apart",
    Rule.EMAIL_USERS_SAME: "two accounts, same e-mail, other phones, same name: held for review",
    Rule.EMAIL_USERS_DIFFER: "two accounts, same e-mail, different names: kept apart",
    Rule.CUSTOMER_SAME: "customer and account, same phone, same name: linked",
    Rule.CUSTOMER_UNSURE: "customer and account, same phone, similar names: linked only with e-mail or address",
    Rule.CUSTOMER_DIFFERS: "customer and account, same phone, different names: own user, held for review",
    Rule.CUSTOMER_EMAIL: "no phone in common, same e-mail and name: linked",
    Rule.CREATED_CLAIMABLE: "a phone nobody has: a user is created, claimed by OTP",
    Rule.CREATED_UNCLAIMABLE: "no usable phone: a user is created, staff finds the person",
    Rule.SEVERAL_CUSTOMERS: "several customers of one user are further addresses",
    Rule.PARTNER_SAME: "partner and account or customer, same phone, same name: one user",
    Rule.PARTNER_UNSURE: "partner and account or customer, not surely the same: held for review",
    Rule.ARCHIVED_UNUSED: "an unused account: archived, restored when its person comes",
    Rule.KEPT: "an account nothing else concerns: kept",
    Rule.FOLLOWED: "imported before, changed in the source since: renewed",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A document, by key, and what became of it."""

    rule: str
    key: str
    fate: str
    evidence: Sequence[str]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the report says. `after` are the documents in Roundsman's collections."""

    header: PlanHeader
    verification: Verification
    after: Mapping[str, int]
    examples: Sequence[Example]
    open_reviews: Mapping[str, int]
    findings: Mapping[str, int]
    roles_to_confirm: int


def markdown(report: Report) -> str:
    """The report as Markdown; every number is one of the plan, the proof or the database."""
    header = report.header
    parts = [
        "# Data cleanup report",
        (
            f"Run `{header.run_id}` of plan `{header.digest[:16]}…`, source profile `{header.profile}`, "
            f"as of {header.as_of:%Y-%m-%d %H:%M} UTC. Every number below was counted in the source and in Roundsman's "
            f"database when this report was written."
        ),
        "## Before and after\n\n" + accounts_table(report.verification),
        f"**Lost: {report.verification.lost}.** " + _not_taken(report.verification),
        "## In Roundsman\n\n" + _table(("collection", "documents"), sorted(report.after.items())),
        "## Decisions by rule\n\n" + _decisions(report),
        "## Held for a human\n\n" + _held(report.open_reviews),
        f"{report.roles_to_confirm} users have a partner role that a merge brought; it grants nothing until staff confirms.",
        *([_findings(report.findings)] if report.findings else []),
        "## Proofs\n\n" + checks_table(report.verification),
        (
            "## How to undo\n\nThe source was only read. While Roundsman is in shadow, dropping its database undoes "
            "everything, and importing again gives the same ids."
        ),
    ]
    return "\n\n".join(parts) + "\n"


def accounts_table(verification: Verification) -> str:
    """Each source collection and the classes its documents are in, the sums below."""
    shown = [name for name in CLASSES if any(one.classes.get(name) for one in verification.accounts) or name == "lost"]
    rows = [
        [one.collection, one.in_source, *(one.classes.get(name, 0) for name in shown)] for one in verification.accounts
    ]
    sums = ["all", *(sum(row[index] for row in rows) for index in range(1, len(shown) + 2))]  # type: ignore[misc]  # numbers
    return _table(("collection", "in the source", *shown), [*rows, sums])


def checks_table(verification: Verification) -> str:
    """Each check with what it proves and how it came out."""
    rows = [
        (MEANING[one.check], "passed" if one.passed else f"**{one.failures} failures**", one.looked_at, one.said)
        for one in verification.checks
    ]
    return _table(("proof", "outcome", "looked at", ""), rows)


def _not_taken(verification: Verification) -> str:
    if not verification.not_taken:
        return "Every collection of the source was taken."
    names = ", ".join(f"{name} ({count})" for name, count in verification.not_taken.items())
    return f"Collections of the source that are not taken: {names}."


def _decisions(report: Report) -> str:
    counts = {name.removeprefix("rule."): n for name, n in report.header.counts.items() if name.startswith("rule.")}
    rows = []
    for rule, count in sorted(counts.items()):
        example = next((one for one in report.examples if one.rule == rule), None)
        shown = f"`{example.key}`: {example.fate}, {', '.join(example.evidence) or 'nothing else'}" if example else ""
        rows.append((rule, _RULES.get(rule, ""), count, shown))
    return _table(("rule", "what it says", "documents", "for example"), rows)


def _findings(findings: Mapping[str, int]) -> str:
    return "## Found on the way\n\n" + _table(("finding", "documents"), sorted(findings.items()))


def _held(open_reviews: Mapping[str, int]) -> str:
    if not open_reviews:
        return "Nothing is held."
    rows = [
        (*name.split(" "), _RULES.get(name.split(" ")[1], ""), count) for name, count in sorted(open_reviews.items())
    ]
    return _table(("list", "rule", "what it says", "questions"), rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [" | ".join(headings), " | ".join("---" for _ in headings)]
    lines += [" | ".join(str(cell).replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)
