"""Running all checks of an import."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from roundsman.database.transaction import Tx
from roundsman.migration.collecting import count_people
from roundsman.migration.crew import Crew, crew_for
from roundsman.migration.doubts import SourceDoubted, refuse_doubtful
from roundsman.migration.freshness import refuse_while_undoing
from roundsman.migration.members import Opener
from roundsman.migration.plan_documents import Section
from roundsman.migration.plan_store import find_plan, read_rows
from roundsman.migration.profile import Kind, SourceProfile
from roundsman.migration.runs import RunState, list_runs
from roundsman.migration.runs_about import runs_about
from roundsman.migration.sealing import Seal
from roundsman.migration.seldom_collected import seldom_collected
from roundsman.migration.sources.port import Source
from roundsman.migration.sources.table import is_table
from roundsman.migration.verify.accounting import Accounting
from roundsman.migration.verify.attached import AttachedCheck
from roundsman.migration.verify.closed import check_erasure
from roundsman.migration.verify.decisions import check_decisions
from roundsman.migration.verify.earned import check_earnings
from roundsman.migration.verify.plans import check_plans
from roundsman.migration.verify.replanning import check_replan
from roundsman.migration.verify.stored import (
    check_fencing,
    check_identifiers,
    check_profiles,
    check_users,
    user_statuses,
)
from roundsman.migration.verify.verification import Account, Check, CheckResult, Verification
from roundsman.migration.write_back.restored import as_before_write_back

_STILL_TO_COME = (Kind.ACTIVITY,)


@seldom_collected
async def verify(tx: Tx, source: Source, profile: SourceProfile, seal: Seal, *, as_of: datetime) -> Verification:
    """Recompute every proof from the source and the stored documents; writes nothing. Raises UndoingUnfinished."""
    await refuse_while_undoing(tx)
    source = await as_before_write_back(tx, source)
    async with crew_for(await count_people(source, profile)) as crew:
        return await _verify(tx, source, profile, seal, crew, as_of=as_of)


async def _verify(
    tx: Tx, source: Source, profile: SourceProfile, seal: Seal, crew: Crew, *, as_of: datetime
) -> Verification:
    statuses = await user_statuses(tx)
    runs = await list_runs(tx)
    drifted = frozenset(key for run in runs for key in run.drifted)
    accounting = Accounting(tx, source, profile, seal, statuses, drifted, crew)
    people = await accounting.accounts()
    orphans, linked = await check_profiles(tx, statuses)
    ours = await runs_about(tx, runs, {collection.name for collection in profile.collections})
    imported_at = max((run.started_at for run in ours if run.state is RunState.APPLIED), default=None)
    attached, money = await AttachedCheck(tx, source, profile, as_of, imported_at, orphans).run()
    lost = await _planned_without_copy(tx, (run.plan for run in runs), accounting.missing, drifted)
    accounts = [*_with_lost(people, lost), *attached]
    checks = [
        _accounting_check(accounts, lost, await _doubt(tx, source, profile)),
        _said(accounting.content, len(accounting.missing)),
        accounting.result,
        await check_identifiers(tx, statuses, accounting.bad_key),
        orphans,
        linked,
        accounting.bad_key,
        *await check_users(
            tx, statuses, accounting.staff, other_runs={run.id for run in runs} - {run.id for run in ours}
        ),
        money,
        await check_earnings(tx, source, profile),
        await check_decisions(tx),
        await check_plans(tx, Opener(seal, profile), as_of=as_of),
        await check_replan(tx, source, profile, crew, as_of=as_of, news=accounting.changed | set(accounting.missing)),
        await check_fencing(tx),
        await check_erasure(tx),
    ]
    return Verification(checks, accounts, await _not_taken(source, profile), with_source=True)


async def _planned_without_copy(
    tx: Tx, plans: Iterable[str], missing: Iterable[str], drifted: frozenset[str]
) -> frozenset[str]:
    """Documents that an applied plan took and that have no copy: these are lost, the others arrived since."""
    suspects = set(missing) - drifted
    lost: set[str] = set()
    for digest in plans if suspects else ():
        if found := await find_plan(tx, digest):
            async for rows in read_rows(tx, found[1], Section.DOCUMENTS):
                lost |= suspects & {row.key for row in rows}
    return frozenset(lost)


def _with_lost(accounts: Iterable[Account], lost: frozenset[str]) -> list[Account]:
    result = []
    for account in accounts:
        count = sum(key.startswith(f"{account.collection}:") for key in lost)
        classes = dict(account.classes)
        if count:
            classes |= {"arrived": classes["arrived"] - count, "lost": count}
        result.append(Account(account.collection, account.in_source, classes))
    return result


async def _doubt(tx: Tx, source: Source, profile: SourceProfile) -> str | None:
    """What is strange about the source: against one that was emptied nothing would be proved. A list may shrink."""
    try:
        if not is_table(source.locator):
            await refuse_doubtful(tx, source, profile)
    except SourceDoubted as doubted:
        return doubted.message
    return None


def _accounting_check(accounts: Sequence[Account], lost: frozenset[str], doubt: str | None) -> CheckResult:
    result = CheckResult(Check.ACCOUNTING)
    if doubt:
        result.fail(doubt)
    for account in accounts:
        result.look(account.in_source)
        if account.lost:
            result.fail(f"{account.collection}: {account.lost} of {account.in_source} documents are in no class")
    result.examples += sorted(lost)[:5]
    missing = sum(account.lost for account in accounts)
    result.said = f"{result.looked_at} documents accounted for, lost {missing}"
    return result


def _said(content: CheckResult, missing: int) -> CheckResult:
    """What has no copy yet was not compared."""
    whole = content.looked_at - content.failures - missing
    content.said = f"{whole} of {content.looked_at} compared"
    return content


async def _not_taken(source: Source, profile: SourceProfile) -> Mapping[str, int]:
    taken = {collection.name for collection in profile.collections if collection.kind not in _STILL_TO_COME}
    return {name: count for name, count in (await source.count_documents()).items() if name not in taken}
