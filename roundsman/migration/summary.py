"""What the last verification of the last import said, kept so that pages need not prove it again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from roundsman.database.transaction import Tx
from roundsman.migration.runs import find_latest_run, find_proved_run, keep_summary
from roundsman.migration.verify.verification import Account, Check, Verification

_KNOWN: Final = frozenset(check.value for check in Check)


@dataclass(frozen=True, slots=True)
class Proved:
    """One check as it went: how much it looked at, and how much of that was wrong."""

    check: Check
    looked_at: int
    failures: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The accounts as they were proved, and when; earlier versions kept no `checks`."""

    run_id: str
    at: datetime
    passed: bool
    accounts: tuple[Account, ...]
    checks: tuple[Proved, ...] = ()


async def remember(tx: Tx, verification: Verification, *, now: datetime) -> None:
    """Keep the accounts with the run that was applied last; without any run nothing is kept."""
    run = await find_latest_run(tx)
    if run is None:
        return
    accounts = [
        {"collection": one.collection, "in_source": one.in_source, "classes": dict(one.classes)}
        for one in verification.accounts
    ]
    # Without examples, which may tell of people.
    checks = [
        {"check": one.check.value, "looked_at": one.looked_at, "failures": one.failures} for one in verification.checks
    ]
    summary = {"at": now, "passed": verification.passed, "accounts": accounts, "checks": checks}
    await keep_summary(tx, run.id, summary)


async def latest_summary(tx: Tx) -> Summary | None:
    """What was proved last; None before the first verification."""
    run = await find_proved_run(tx)
    if run is None:
        return None
    accounts = tuple(Account(one["collection"], one["in_source"], one["classes"]) for one in run.summary["accounts"])
    checks = [
        Proved(Check(one["check"]), one["looked_at"], one["failures"])
        for one in run.summary.get("checks", ())
        if one["check"] in _KNOWN
    ]
    return Summary(run.id, run.summary["at"], run.summary["passed"], accounts, tuple(checks))
