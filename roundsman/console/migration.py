"""Migration: what was imported, whether all of it is there, how far a run is, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.console.guards import require_page
from roundsman.console.migration_endings import ending_of
from roundsman.console.overview import Reconciliation, reconciliation_of
from roundsman.console.rendering import show
from roundsman.database.transaction import Tx
from roundsman.errors import RoundsmanError
from roundsman.identity.mode import get_mode
from roundsman.migration.freshness import why_outdated
from roundsman.migration.jobs import find_job
from roundsman.migration.plan import PlanHeader
from roundsman.migration.plan_store import find_plan, latest_plans
from roundsman.migration.report import markdown
from roundsman.migration.report_texts import FOUND_BY_IMPORT, meaning_of_count
from roundsman.migration.reporting import report_without_source
from roundsman.migration.review_queue import count_waiting
from roundsman.migration.run_progress import find_progress
from roundsman.migration.runs import Run, find_run, latest_runs
from roundsman.migration.sealing import Seal
from roundsman.migration.sources.mongodb import without_password
from roundsman.migration.summary import latest_summary
from roundsman.migration.undoing import RunNotFound, why_run_stays
from roundsman.migration.verify.verification import MEANING
from roundsman.operations.people.actor_names import names_of_actors
from roundsman.web.errors import status_of
from roundsman.web.operating import Operating, Work
from roundsman.web.services import services_of

PATH: Final = "/migration"
_READ: Final = [Depends(require_page(Permission.REVIEWS_READ))]
_RUNS: Final = 20
_PLANS: Final = 5

router = APIRouter(include_in_schema=False)


class RunsQuery(BaseModel):
    """From where on the runs are listed."""

    before: AwareDatetime | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody can do next at the command line, with the values filled in, and what it does."""

    line: str
    meaning: str


@dataclass(frozen=True, slots=True)
class WaitingPlan:
    """A plan that nobody applied, and what stands against doing so; None if nothing is known to."""

    header: PlanHeader
    outdated: str | None


@router.get(PATH, dependencies=_READ, name="migration_page")
async def show_migration(request: Request, query: Annotated[RunsQuery, Query()], work: Work) -> Response:
    """Show the runs, the reconciliation of the last proof, and what comes next."""
    return await show_runs(request, work, query.before)


@router.get(f"{PATH}/report", dependencies=_READ, name="migration_report_page")
async def report(request: Request, work: Work) -> Response:
    """Give the cleanup report of the last import as a file, with the proofs that need no source."""
    try:
        made = await report_without_source(work.tx, Seal(services_of(request).runtime.sealing_key))
    except RoundsmanError as error:
        return await show_runs(request, work, trouble=error)
    headers = {"Content-Disposition": 'attachment; filename="DATA_CLEANUP_REPORT.md"', "Cache-Control": "no-store"}
    return Response(markdown(made), media_type="text/markdown; charset=utf-8", headers=headers)


@router.get(f"{PATH}/runs/{{run_id}}", dependencies=_READ, name="migration_run_page")
async def show_run(request: Request, run_id: str, work: Work) -> Response:
    """Show what a run wrote, what it found, and what taking it back would change."""
    run = await find_run(work.tx, run_id)
    if run is None:
        raise RunNotFound(f"There is no run {run_id}; the list of runs shows which there are.")
    plan = await find_plan(work.tx, run.plan)
    return show(
        request,
        "migration/run.html",
        run=run,
        plan=plan[0] if plan else None,
        stays=await why_run_stays(work.tx, run.id),
        meaning_of_count=meaning_of_count,
        found_by_import=FOUND_BY_IMPORT,
    )


async def show_runs(
    request: Request, work: Operating, before: datetime | None = None, *, trouble: RoundsmanError | None = None
) -> Response:
    """Show the page of the migration, with what stood in the way of something that was begun on it."""
    runs = await latest_runs(work.tx, before=before, limit=_RUNS + 1)
    summary, progress = await latest_summary(work.tx), await find_progress(work.tx, now=work.now)
    accounts = [reconciliation_of(one) for one in summary.accounts] if summary else []
    job = await find_job(work.tx, now=work.now)
    source = services_of(request).runtime.settings.source
    plans = await _plans_not_applied(work.tx)
    return show(
        request,
        "migration/index.html",
        status=status_of(type(trouble)) if trouble else HTTPStatus.OK,
        trouble=trouble,
        mode=await get_mode(work.tx),
        source=without_password(source) if source else None,
        runs=runs[:_RUNS],
        next=_next(runs),
        first=PATH if before else "",
        summary=summary,
        accounts=accounts,
        total=sum(accounts, Reconciliation("All collections", 0)),
        meaning=MEANING,
        progress=progress,
        job=job,
        job_by=(await names_of_actors(work.tx, [job.by]))[job.by] if job else "",
        ending=ending_of(job) if job else None,
        is_busy=bool((job and job.is_running) or (progress and progress.runner)),
        waiting=await count_waiting(work.tx),
        plans=plans,
        commands=_commands(runs, [one.header for one in plans], has_source=source is not None),
    )


def _next(runs: Sequence[Run]) -> str:
    if len(runs) <= _RUNS:
        return ""
    return f"{PATH}?{urlencode({'before': runs[_RUNS - 1].started_at.isoformat()})}"


async def _plans_not_applied(tx: Tx) -> list[WaitingPlan]:
    waiting = [one for one in await latest_plans(tx, limit=_PLANS) if await find_run(tx, one.run_id) is None]
    return [WaitingPlan(one, await why_outdated(tx, one.digest)) for one in waiting]


def _commands(runs: Sequence[Run], plans: Sequence[PlanHeader], *, has_source: bool) -> list[Command]:
    """What can be done at the command line now, and how much of it on the page too."""
    source = "" if has_source else " --source mongodb://…"
    commands = [
        Command(f"roundsman migrate plan{source}", "decides what would become of everybody, and writes only that")
    ]
    commands += [
        Command(f"roundsman migrate apply --plan {plan.run_id}", f"writes the plan of {plan.as_of:%Y-%m-%d %H:%M} UTC")
        for plan in plans
    ]
    if runs:
        commands += [
            Command(f"roundsman migrate verify{source}", "proves against the source that nothing is lost"),
            Command(
                f"roundsman migrate report{source} --out REPORT.md", "the same as a report, with the source's faults"
            ),
        ]
    return commands
