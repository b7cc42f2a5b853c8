"""Which runs took which source: beside an application's data there may be lists, and each is judged by its own runs."""

from collections.abc import Collection, Sequence

from roundsman.database.transaction import Tx
from roundsman.migration.plan_store import find_plan
from roundsman.migration.runs import Run


async def runs_about(tx: Tx, runs: Sequence[Run], collections: Collection[str]) -> list[Run]:
    """Those of the runs, in their order, whose source had one of the collections; and any whose source had none at all."""
    found = []
    for run in runs:
        plan = await find_plan(tx, run.plan)
        in_source = plan[0].source_counts.keys() if plan else frozenset[str]()
        if not in_source or not in_source.isdisjoint(collections):
            found.append(run)
    return found
