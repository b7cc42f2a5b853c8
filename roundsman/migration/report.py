"""The report of an import, as Markdown (pure): before, what was decided and why, after, and the proofs."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from roundsman.migration.inspection.findings import Inspection
from roundsman.migration.plan import PlanHeader
from roundsman.migration.report_texts import FATES, FOUND_BY_IMPORT, LISTS, RULES, STORED
from roundsman.migration.verify.verification import CLASSES, MEANING, Check, Verification
from roundsman.money import grouped

_LARGE_NUMBER = re.compile(r"(?<![\d.,])\d{4,}(?![\d.,])")
_OF_THE_PROFILE = "collection_"
"""Findings about the profile rather than about the data."""


@dataclass(frozen=True, slots=True)
class Example:
    """A document, by key, and what became of it."""

    rule: str
    key: str
    fate: str
    evidence: Sequence[str]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the report says. `after` are the documents in Roundsman's collections, `fates` those of each rule.

    `before` is what an inspection says of the source; without it the report leaves that out.
    """

    header: PlanHeader
    verification: Verification
    after: Mapping[str, int]
    users: Mapping[str, int]
    fates: Mapping[str, Mapping[str, int]]
    examples: Sequence[Example]
    open_reviews: Mapping[str, int]
    findings: Mapping[str, int]
    roles_to_confirm: int
    before: Inspection | None = None


def markdown(report: Report) -> str:
    """The report as Markdown; every number is one of the plan, the proof or the database."""
    header = report.header
    parts = [
        "# Data cleanup report",
        (
            f"Run `{header.run_id}`, decided as of {header.as_of:%Y-%m-%d %H:%M} UTC with the source profile "
            f"`{header.profile}`, by the plan `{header.digest}`. Every number was counted in the source and in "
            "Roundsman's database when this report was written."
        ),
        _in_short(report),
        *([_before(report.before)] if report.before else []),
        "## What became of each document\n\n" + accounts_table(report.verification),
        _classes(report.verification),
        f"**Lost: {_lost(report.verification)}.** " + _not_taken(report.verification),
        "## After\n\n" + _after(report),
        "## Decisions by rule\n\n" + _decisions(report),
        "## Held for somebody to decide\n\n" + _held(report.open_reviews),
        *([_roles_to_confirm(report.roles_to_confirm)] if report.roles_to_confirm else []),
        *([_findings(report.findings)] if report.findings else []),
        "## Proofs\n\n" + checks_table(report.verification),
        "## How to undo\n\n" + _undo(header.run_id),
    ]
    return "\n\n".join(parts) + "\n"


def accounts_table(verification: Verification) -> str:
    """Each source collection and the classes its documents are in, the sums below."""
    shown = _shown_classes(verification)
    rows = [
        [one.collection, one.in_source, *(one.classes.get(name, 0) for name in shown)] for one in verification.accounts
    ]
    sums = ["all", *(sum(row[index] for row in rows) for index in range(1, len(shown) + 2))]  # type: ignore[misc]  # numbers
    return _table(("collection", "in the source", *(name.replace("_", " ") for name in shown)), [*rows, sums])


def checks_table(verification: Verification) -> str:
    """Each check with what it proves and how it came out."""
    rows = [
        (
            MEANING[one.check],
            "passed" if one.passed else f"**{one.failures} failures**",
            one.looked_at,
            _with_groups(one.said),
        )
        for one in verification.checks
    ]
    return _table(("proof", "outcome", "looked at", "result"), rows)


def _in_short(report: Report) -> str:
    verification = report.verification
    documents = sum(one.in_source for one in verification.accounts)
    classes: Counter[str] = Counter()
    for account in verification.accounts:
        classes.update(account.classes)
    passed = sum(one.passed for one in verification.checks)
    money = next((one.said for one in verification.checks if one.check is Check.MONEY and one.said), "")
    linked = next((one.said for one in verification.checks if one.check is Check.LINKED_CUSTOMERS and one.said), "")
    lines = [
        f"{grouped(passed)} of {grouped(len(verification.checks))} proofs passed.",
        f"{grouped(documents)} source documents are accounted for, {_lost(verification)} lost.",
        f"{_with_groups(linked)}." if linked else "",
        (
            f"{grouped(classes['merged'])} second accounts were merged, {grouped(classes['archived'])} unused ones archived, "
            f"and for {grouped(classes['created_for'])} records without account a user was created."
        ),
        (
            f"{grouped(sum(report.open_reviews.values()))} questions wait for somebody, about {grouped(classes['held'])} "
            "records. Each of these has a user of its own meanwhile, and can be used."
        ),
        f"Money: {money}." if money else "",
    ]
    return "## In short\n\n" + "\n".join(f"- {line}" for line in lines if line)


def _before(before: Inspection) -> str:
    held = [(one.name, one.kind or "not taken", one.documents) for one in before.collections if one.documents]
    places: dict[str, list[str]] = {}
    for one in before.findings:
        if not one.code.startswith(_OF_THE_PROFILE):
            places.setdefault(one.code, []).append(
                f"{one.subject} ({grouped(one.count)})" if one.subject else grouped(one.count)
            )
    meanings = {one.code: one.meaning for one in before.findings}
    found = [(code.replace("_", " "), ", ".join(where), meanings[code]) for code, where in places.items()]
    parts = [
        "## Before",
        "What the source held:",
        _table(
            ("collection", "what it is", "documents"),
            [(name, str(kind).replace("_", " "), n) for name, kind, n in held],
        ),
        "What was found in it, and how often (`roundsman migrate inspect` gives examples):",
        _table(("finding", "where and how often", "what it means"), found),
    ]
    return "\n\n".join(parts)


def _shown_classes(verification: Verification) -> list[str]:
    return [name for name in CLASSES if any(one.classes.get(name) for one in verification.accounts) or name == "lost"]


def _classes(verification: Verification) -> str:
    return "\n".join(f"- *{name.replace('_', ' ')}*: {FATES[name]}" for name in _shown_classes(verification))


def _lost(verification: Verification) -> str:
    return grouped(verification.lost)


def _not_taken(verification: Verification) -> str:
    if not verification.not_taken:
        return "Every collection of the source was taken."
    names = ", ".join(f"{name} ({grouped(count)})" for name, count in verification.not_taken.items())
    return f"Collections of the source that are not taken: {names}."


def _after(report: Report) -> str:
    rows = [(name, STORED.get(name, ""), count) for name, count in sorted(report.after.items())]
    users = ", ".join(f"{grouped(count)} {status}" for status, count in sorted(report.users.items()))
    return _table(("collection", "what it holds", "documents"), rows) + f"\n\nUsers by status: {users or 'none'}."


def _decisions(report: Report) -> str:
    examples = {one.rule: one for one in report.examples}
    rows = [
        (rule, _situation(rule), _outcome(rule), sum(fates.values()), _fates(fates), _example(examples.get(rule)))
        for rule, fates in sorted(report.fates.items())
    ]
    headings = ("rule", "situation", "what it says", "documents", "of these", "for example")
    said = "Each document of a person is counted once, under the rule that decided about it."
    return said + "\n\n" + _table(headings, rows)


def _situation(rule: str) -> str:
    return RULES[rule].situation if rule in RULES else ""


def _outcome(rule: str) -> str:
    return RULES[rule].outcome if rule in RULES else ""


def _fates(fates: Mapping[str, int]) -> str:
    shown = [f"{grouped(fates[name])} {name.replace('_', ' ')}" for name in CLASSES if fates.get(name)]
    return ", ".join(shown)


def _example(example: Example | None) -> str:
    if example is None:
        return ""
    grounds = f": {', '.join(example.evidence)}" if example.evidence else ""
    return f"`{example.key}` {example.fate.replace('_', ' ')}{grounds}"


def _held(open_reviews: Mapping[str, int]) -> str:
    if not open_reviews:
        return "Nothing is held."
    rows = []
    for name, count in sorted(open_reviews.items()):
        kind, _, rule = name.partition(" ")
        rows.append((kind, LISTS.get(kind, ""), rule, _situation(rule), count))
    said = (
        "`roundsman migrate review list` shows them one by one. Nothing is missing meanwhile: only the joining waits. A rule "
        "that else joins stands here where joining would also bring together what another rule keeps apart."
    )
    return _table(("list", "the question", "rule", "situation", "questions"), rows) + f"\n\n{said}"


def _roles_to_confirm(count: int) -> str:
    who = "One user has" if count == 1 else f"{grouped(count)} users have"
    return f"{who} a partner's role that a merge brought; it grants nothing until staff confirms it."


def _findings(findings: Mapping[str, int]) -> str:
    rows = [(name.replace("_", " "), count, FOUND_BY_IMPORT.get(name, "")) for name, count in sorted(findings.items())]
    return "## Found on the way\n\n" + _table(("finding", "documents", "what it means"), rows)


def _undo(run_id: str) -> str:
    return "\n\n".join(
        [
            (
                "The source was only read, so there is nothing to undo in it. As long as the existing application is the "
                "authority for people (before `roundsman migrate cutover`), this takes the run back:"
            ),
            f"    roundsman migrate undo {run_id}",
            (
                "What the run before it had left is there again, and answers to questions are kept. Importing again gives "
                "the same ids. Dropping Roundsman's database undoes everything, the answers too."
            ),
        ]
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [" | ".join(headings), " | ".join("---" for _ in headings)]
    lines += [" | ".join(_cell(cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _with_groups(said: str) -> str:
    """A sentence with its large whole numbers written as everywhere else."""
    return _LARGE_NUMBER.sub(lambda number: grouped(int(number[0])), said)


def _cell(value: object) -> str:
    return grouped(value) if type(value) is int else str(value).replace("|", "\\|")
