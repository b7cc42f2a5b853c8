"""Which runs took which source: beside an application's data there may be lists, and each is judged by its own runs."""

from collections.abc import Collection, Sequence

from roundsman.database.transaction import Tx
from roundsman.migration.plan_store import find_plan
from roundsman.migration.runs import Run, list_runs
from roundsman.migration.sources.table import is_table


async def runs_about(tx: Tx, runs: Sequence[Run], collections: Collection[str]) -> list[Run]:
    """Those of the runs, in their order, whose source had one of the collections; and any whose source had none at all."""
    found = []
    for run in runs:
        plan = await find_plan(tx, run.plan)
        in_source = plan[0].source_counts.keys() if plan else frozenset[str]()
        if not in_source or not in_source.isdisjoint(collections):
            found.append(run)
    return found


async def is_application_imported(tx: Tx) -> bool:
    """Whether any run took an application's data; a business may also have nothing but lists."""
    plans = [await find_plan(tx, run.plan) for run in await list_runs(tx)]
    return any(not is_table(plan[0].source) for plan in plans if plan)
