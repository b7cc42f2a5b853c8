"""What the last verification of the last import said, kept so that pages need not prove it again."""

from dataclasses import dataclass
from datetime import datetime

from roundsman.database.transaction import Tx
from roundsman.migration.runs import find_latest_run, find_proved_run, keep_summary
from roundsman.migration.verify.verification import Account, Verification


@dataclass(frozen=True, slots=True)
class Summary:
    """The accounts as they were proved, and when."""

    run_id: str
    at: datetime
    passed: bool
    accounts: tuple[Account, ...]


async def remember(tx: Tx, verification: Verification, *, now: datetime) -> None:
    """Keep the accounts with the run that was applied last; without any run nothing is kept."""
    run = await find_latest_run(tx)
    if run is None:
        return
    accounts = [
        {"collection": one.collection, "in_source": one.in_source, "classes": dict(one.classes)}
        for one in verification.accounts
    ]
    await keep_summary(tx, run.id, {"at": now, "passed": verification.passed, "accounts": accounts})


async def latest_summary(tx: Tx) -> Summary | None:
    """What was proved last; None before the first verification."""
    run = await find_proved_run(tx)
    if run is None:
        return None
    accounts = tuple(Account(one["collection"], one["in_source"], one["classes"]) for one in run.summary["accounts"])
    return Summary(run.id, run.summary["at"], run.summary["passed"], accounts)
