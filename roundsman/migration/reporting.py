"""Gathering what the report says from the plan, the proof and the database."""

from collections import Counter, defaultdict
from collections.abc import Collection

from roundsman.database.collections import (
    ADDRESSES,
    CREDENTIALS,
    CUSTOMERS,
    DELIVERY_BOYS,
    IDENTIFIERS,
    LEDGER_ENTRIES,
    ORDERS,
    PRODUCTS,
    REVIEWS,
    SOURCE_DOCUMENTS,
    SUPPLIERS,
    USERS,
)
from roundsman.database.transaction import Tx
from roundsman.errors import NotFound
from roundsman.migration.inspection.findings import Inspection
from roundsman.migration.plan_documents import Section
from roundsman.migration.plan_store import find_plan, read_rows
from roundsman.migration.report import Example, Report
from roundsman.migration.runs import Run, RunState, list_runs
from roundsman.migration.runs_about import runs_about
from roundsman.migration.verify.verification import Verification

_SHOWN = (
    USERS,
    IDENTIFIERS,
    CREDENTIALS,
    CUSTOMERS,
    DELIVERY_BOYS,
    SUPPLIERS,
    PRODUCTS,
    ADDRESSES,
    ORDERS,
    LEDGER_ENTRIES,
)


class NothingApplied(NotFound):
    """No import was applied yet."""

    code = "nothing_applied"


async def gather_report(tx: Tx, verification: Verification, *, before: Inspection | None = None) -> Report:
    """The report of the run that was applied last from the verified source. Raises NothingApplied."""
    run = await _latest_run_about(tx, {account.collection for account in verification.accounts})
    found = await find_plan(tx, run.plan) if run else None
    if found is None:
        raise NothingApplied("nothing was imported yet; begin with: roundsman migrate inspect --source …")
    header, chunks_id = found
    examples: dict[str, Example] = {}
    fates: dict[str, Counter[str]] = defaultdict(Counter)
    async for rows in read_rows(tx, chunks_id, Section.DOCUMENTS):
        for row in rows:
            fates[row.rule][row.fate.value] += 1
            examples.setdefault(row.rule, Example(row.rule, row.key, row.fate.value, row.evidence))
    after = {name: await tx.database[name].count_documents({}) for name in (*_SHOWN, SOURCE_DOCUMENTS)}
    unconfirmed = await tx.database[USERS].count_documents({"roles_to_confirm": {"$exists": True}})
    return Report(
        header,
        verification,
        after,
        await _users_by_status(tx),
        {rule: dict(counts) for rule, counts in fates.items()},
        tuple(examples.values()),
        await _open_reviews(tx),
        run.findings if run else {},
        unconfirmed,
        before,
    )


async def _users_by_status(tx: Tx) -> dict[str, int]:
    group = await tx.database[USERS].aggregate([{"$group": {"_id": "$status", "count": {"$sum": 1}}}])
    return {str(one["_id"]): int(one["count"]) async for one in group}


async def _latest_run_about(tx: Tx, collections: Collection[str]) -> Run | None:
    applied = [run for run in await list_runs(tx) if run.state is RunState.APPLIED]
    return next(reversed(await runs_about(tx, applied, collections)), None)


async def _open_reviews(tx: Tx) -> dict[str, int]:
    counts: Counter[str] = Counter()
    async for review in tx.database[REVIEWS].find({"status": "open"}, {"list": 1, "rule": 1}):
        counts[f"{review['list']} {review['rule']}"] += 1
    return dict(counts)
