"""What can be proved while the source is out of reach: the copies against the hashes that the plans noted."""

from collections import Counter
from collections.abc import AsyncIterator

from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.transaction import Tx
from roundsman.migration.copies import open_copy
from roundsman.migration.freshness import refuse_while_undoing
from roundsman.migration.plan import DocumentRow
from roundsman.migration.plan_documents import Section
from roundsman.migration.plan_store import find_plan, read_rows
from roundsman.migration.reviews import members_waiting
from roundsman.migration.runs import Run, list_runs
from roundsman.migration.sealing import CopyDamaged, Seal, sha256
from roundsman.migration.verify.accounting import standing_fate
from roundsman.migration.verify.became import ERASED, Became
from roundsman.migration.verify.closed import check_erasure
from roundsman.migration.verify.decisions import check_decisions
from roundsman.migration.verify.stored import (
    check_fencing,
    check_identifiers,
    check_profiles,
    user_statuses,
)
from roundsman.migration.verify.verification import Account, Check, CheckResult, Verification


async def verify_without_source(tx: Tx, seal: Seal) -> Verification:
    """Prove what the stored documents and the plans can prove; writes nothing. Raises UndoingUnfinished."""
    await refuse_while_undoing(tx)
    statuses = await user_statuses(tx)
    content, bad_key = CheckResult(Check.CONTENT), CheckResult(Check.MATCH_ON_BAD_KEY)
    classes: dict[str, Counter[str]] = {}
    waiting = await members_waiting(tx)
    for run in await list_runs(tx):
        async for row, became in _check_run(tx, run, seal, content):
            fate = standing_fate(became, waiting) if became else "lost"
            classes.setdefault(row.collection, Counter())[fate] += 1
    content.said = f"{content.looked_at - content.failures} of {content.looked_at} compared with the plans"
    checks = [
        content,
        await check_identifiers(tx, statuses, bad_key),
        bad_key,
        *await check_profiles(tx, statuses),
        await check_decisions(tx),
        await check_fencing(tx),
        await check_erasure(tx),
    ]
    accounts = [Account(name, counts.total() - counts[ERASED], dict(counts)) for name, counts in classes.items()]
    return Verification(checks, accounts, not_taken={}, with_source=False)


async def _check_run(
    tx: Tx, run: Run, seal: Seal, content: CheckResult
) -> AsyncIterator[tuple[DocumentRow, Became | None]]:
    """The documents that the run took last, with what their copies say they became."""
    found = await find_plan(tx, run.plan)
    if found is None:
        content.fail(f"run {run.id}: its plan is not there")
        return
    left_out = {*run.drifted, *run.gone}
    async for rows in read_rows(tx, found[1], Section.DOCUMENTS):
        for one in await _check_rows(tx, [row for row in rows if row.key not in left_out], run, seal, content):
            yield one


async def _check_rows(
    tx: Tx, rows: list[DocumentRow], run: Run, seal: Seal, content: CheckResult
) -> list[tuple[DocumentRow, Became | None]]:
    # One copy after another, for a batch of very large ones is more than fits into memory.
    missing = {row.key: row for row in rows}
    looked_at: list[tuple[DocumentRow, Became | None]] = []
    async for copy in tx.database[SOURCE_DOCUMENTS].find({"_id": {"$in": list(missing)}}):
        row = missing.pop(copy["_id"])
        if copy["run"] != run.id:
            continue  # A later run renewed the copy; its own plan tells the hash.
        if "erased_at" in copy:
            looked_at.append((row, Became(row.key, copy["user_id"], copy.get("profile_id"), ERASED)))
            continue
        content.look()
        looked_at.append((row, Became(row.key, copy["user_id"], copy.get("profile_id"), copy["fate"])))
        try:
            if sha256(await open_copy(tx, copy, seal)) != row.sha256:
                content.fail(f"the copy of {row.key} is not what the plan took")
        except CopyDamaged as error:
            content.fail(error.message)
    for row in missing.values():
        content.look()
        content.fail(f"there is no copy of {row.key}")
        looked_at.append((row, None))
    return looked_at
