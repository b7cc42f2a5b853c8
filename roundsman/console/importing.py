"""Planning an import, applying a plan, proving what was imported and taking a run back, each begun on a page.

The page only begins it: the work is done by the command that an operator would type, in a process beside the server.
"""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.console.forms import read_form
from roundsman.console.guards import require_page
from roundsman.console.migration import PATH, show_runs
from roundsman.console.migration_jobs import MigrationJobs, Wanted
from roundsman.console.rendering import see_other, show
from roundsman.database.transaction import Tx
from roundsman.errors import Conflict, NotFound, RoundsmanError
from roundsman.migration.apply import get_plan
from roundsman.migration.freshness import why_outdated
from roundsman.migration.jobs import JobKind
from roundsman.migration.plan import PlanHeader
from roundsman.migration.plan_store import find_plan
from roundsman.migration.profile import is_built_in
from roundsman.migration.report_texts import meaning_of_count
from roundsman.migration.review_queue import count_waiting
from roundsman.migration.runs import Run, RunState, find_run
from roundsman.migration.sources.mongodb import without_password
from roundsman.migration.undoing import RunNotFound, why_run_stays
from roundsman.operations.signing_in.authentication import Known
from roundsman.web.errors import status_of
from roundsman.web.operating import Operating, Work
from roundsman.web.services import services_of

_PLAN: Final = f"{PATH}/plans/{{plan_id}}"
_UNDO: Final = f"{PATH}/runs/{{run_id}}/undo"
_RUN: Final = [Depends(require_page(Permission.MIGRATION_RUN))]
# What writes is hard to take back, so who looks at what it would do proves himself before.
_WRITE: Final = [Depends(require_page(Permission.MIGRATION_RUN, fresh=True))]

router = APIRouter(include_in_schema=False)


class NoSourceNamed(Conflict):
    """The settings name no source, so that nothing can be planned on a page."""

    code = "no_source_named"

    def __init__(self) -> None:
        super().__init__("The settings name no source. Set ROUNDSMAN_SOURCE and start the server again.")


class NotFromHere(Conflict):
    """It cannot be done on a page now; the message says why."""

    code = "not_from_here"


@router.post(f"{PATH}/plan", dependencies=_RUN, name="start_plan_page")
async def plan(request: Request, work: Work) -> Response:
    """Begin to make a plan from the source of the settings."""
    return await _begun_with_source(request, work, Wanted(JobKind.PLAN, "", [["migrate", "plan"]]))


@router.post(f"{PATH}/verify", dependencies=_RUN, name="start_verify_page")
async def prove(request: Request, work: Work) -> Response:
    """Begin to prove against the source that nothing is lost."""
    return await _begun_with_source(request, work, Wanted(JobKind.VERIFY, "", [["migrate", "verify"]]))


@router.get(_PLAN, dependencies=_WRITE, name="plan_page")
async def show_plan(request: Request, plan_id: str, work: Work) -> Response:
    """Show what a plan would write, and what stands against it."""
    return await _plan_shown(request, work, plan_id)


@router.post(_PLAN, dependencies=_WRITE, name="apply_plan_page")
async def apply(request: Request, plan_id: str, work: Work) -> Response:
    """Begin to apply a plan, and to prove it then."""
    header = await get_plan(work.tx, plan_id)
    run = await find_run(work.tx, header.run_id)
    if run and run.state is RunState.APPLIED:
        return see_other(request, f"{PATH}/runs/{run.id}")
    try:
        if reason := await _why_not_applied(work.tx, header):
            raise NotFromHere(reason)
        await _jobs(request).start(Wanted(JobKind.APPLY, header.run_id, _applying(request, header)), work.intake.actor)
    except RoundsmanError as error:
        return await _plan_shown(request, work, plan_id, trouble=error)
    return see_other(request, PATH, flash="flash.migration_begun")


@router.get(_UNDO, dependencies=_WRITE, name="undo_page")
async def show_undo(request: Request, run_id: str, work: Work) -> Response:
    """Show what taking a run back changes, and what stands against it."""
    return await _undo_shown(request, work, run_id)


@router.post(_UNDO, dependencies=_WRITE, name="undo_run_page")
async def undo(request: Request, run_id: str, work: Work) -> Response:
    """Begin to take a run back."""
    run, header = await _run_and_plan(work.tx, run_id)
    try:
        if reason := await _why_not_undone(work.tx, run, header):
            raise NotFromHere(reason)
        await _jobs(request).start(Wanted(JobKind.UNDO, run.id, [_undoing(work, run, header)]), work.intake.actor)
    except RoundsmanError as error:
        return await _undo_shown(request, work, run_id, trouble=error)
    return see_other(request, PATH, flash="flash.migration_begun")


async def _begun_with_source(request: Request, work: Operating, wanted: Wanted) -> Response:
    await read_form(request)
    try:
        if services_of(request).runtime.settings.source is None:
            raise NoSourceNamed
        await _jobs(request).start(wanted, work.intake.actor)
    except RoundsmanError as error:
        return await show_runs(request, work, trouble=error)
    return see_other(request, PATH, flash="flash.migration_begun")


async def _plan_shown(
    request: Request, work: Operating, plan_id: str, *, trouble: RoundsmanError | None = None
) -> Response:
    header = await get_plan(work.tx, plan_id)
    run = await find_run(work.tx, header.run_id)
    if run and run.state is RunState.APPLIED:
        return see_other(request, f"{PATH}/runs/{run.id}")
    return show(
        request,
        "migration/plan.html",
        status=status_of(type(trouble)) if trouble else 200,
        trouble=trouble,
        plan=header,
        run=run,
        stays=None if trouble else await _why_not_applied(work.tx, header),
        written=[(name, count) for name, count in sorted(header.counts.items()) if count and name.startswith("rows.")],
        meaning_of_count=meaning_of_count,
        waiting=await count_waiting(work.tx),
        next_page=f"{PATH}/plans/{header.run_id}",
    )


async def _undo_shown(
    request: Request, work: Operating, run_id: str, *, trouble: RoundsmanError | None = None
) -> Response:
    run, header = await _run_and_plan(work.tx, run_id)
    known: Known = request.state.known
    return show(
        request,
        "migration/undo.html",
        status=status_of(type(trouble)) if trouble else 200,
        trouble=trouble,
        run=run,
        stays=None if trouble else await _why_not_undone(work.tx, run, header),
        is_of_run=known.user.created_by == f"import:{run.id}",
        next_page=f"{PATH}/runs/{run.id}/undo",
    )


async def _run_and_plan(tx: Tx, run_id: str) -> tuple[Run, PlanHeader | None]:
    run = await find_run(tx, run_id)
    if run is None:
        raise RunNotFound(f"There is no run {run_id}; the list of runs shows which there are.")
    found = await find_plan(tx, run.plan)
    return run, found[0] if found else None


async def _why_not_applied(tx: Tx, header: PlanHeader) -> str | None:
    if not is_built_in(header.profile):
        return (
            f"its profile {header.profile} is a file, which only the command line knows; give it there with --profile"
        )
    return await why_outdated(tx, header.digest)


async def _why_not_undone(tx: Tx, run: Run, header: PlanHeader | None) -> str | None:
    if header and not is_built_in(header.profile):
        return (
            f"its profile {header.profile} is a file, which only the command line knows; give it there with --profile"
        )
    try:
        return await why_run_stays(tx, run.id)
    except NotFound as error:
        return error.message


def _applying(request: Request, header: PlanHeader) -> Sequence[Sequence[str]]:
    known = services_of(request).runtime.settings.source
    is_of_settings = known is not None and without_password(known) == header.source
    profile, source = ["--profile", header.profile], [] if is_of_settings else ["--source", header.source]
    return [
        ["migrate", "apply", "--plan", header.digest, *profile],
        ["migrate", "verify", *profile, *source],
    ]


def _undoing(work: Operating, run: Run, header: PlanHeader | None) -> list[str]:
    profile = ["--profile", header.profile] if header else []
    return ["migrate", "undo", run.id, "--by", str(work.user_id), *profile]


def _jobs(request: Request) -> MigrationJobs:
    jobs: MigrationJobs = request.app.state.migration_jobs
    return jobs
