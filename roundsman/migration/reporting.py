"""Gathering what the report says from the plan, the proof and the database."""

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Final

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
from roundsman.errors import InvalidInput, NotFound
from roundsman.migration.inspection.findings import Inspection
from roundsman.migration.plan_documents import Section
from roundsman.migration.plan_store import find_plan, read_rows
from roundsman.migration.report import Example, Report
from roundsman.migration.runs import Run, RunState, list_runs
from roundsman.migration.runs_about import runs_about
from roundsman.migration.sealing import Seal
from roundsman.migration.verify.verification import Verification
from roundsman.migration.verify.without_source import verify_without_source

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

MOST_WHILE_WAITING: Final = 50_000


class NothingApplied(NotFound):
    """No import was applied yet."""

    code = "nothing_applied"


class TooMuchToProve(InvalidInput):
    """So many copies are not opened and compared while somebody waits for a page."""

    code = "too_much_to_prove"


async def report_without_source(tx: Tx, seal: Seal, *, most: int = MOST_WHILE_WAITING) -> Report:
    """The report with the proofs that need no source, made anew. Raises NothingApplied or TooMuchToProve."""
    copies = await tx.database[SOURCE_DOCUMENTS].estimated_document_count()
    if copies > most:
        raise TooMuchToProve(
            f"There are {copies} copies to open and to compare, too many to wait for: roundsman migrate report --out REPORT.md"
        )
    if not await list_runs(tx):
        raise NothingApplied("nothing was imported yet; begin with: roundsman migrate inspect --source …")
    return await gather_report(tx, await verify_without_source(tx, seal))


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
