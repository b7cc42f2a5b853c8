"""The commands `roundsman migrate …`: from an existing database to one identity."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from roundsman.cli.files import make_private_file, write_file
from roundsman.cli.output import FINDINGS, json_text, print_json, print_table, say, warn
from roundsman.cli.progress import shown_progress
from roundsman.cli.running import interrupts_go_to, run
from roundsman.cli.sources import (
    BUILT_IN,
    AcceptGoneOption,
    ProfileOption,
    SourceOption,
    opened_import,
    planned_source,
    read_profile,
    require_planned,
)
from roundsman.migration.apply import Applied, Means, apply_plan, get_plan
from roundsman.migration.doubts import Doubt, refuse_doubtful, refuse_emptied, refuse_unlike_planned
from roundsman.migration.inspection.inspector import inspect_source
from roundsman.migration.plan import PlanHeader
from roundsman.migration.plan_file import write_plan_file
from roundsman.migration.planner import make_plan
from roundsman.migration.profile import SourceProfile
from roundsman.migration.report import markdown
from roundsman.migration.report_texts import FOUND_BY_IMPORT, meaning_of_count
from roundsman.migration.reporting import gather_report
from roundsman.migration.sealing import Seal
from roundsman.migration.sources.opening import Opened
from roundsman.migration.sources.port import Source, SourceUnreachable
from roundsman.migration.summary import remember
from roundsman.migration.verify.verification import CLASSES, MEANING, Verification
from roundsman.migration.verify.verifier import verify
from roundsman.migration.verify.without_source import verify_without_source
from roundsman.runtime import LONG_WORK_SECONDS, Runtime, open_runtime
from roundsman.settings import load_settings

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_NOT_PROVED_AGAINST_SOURCE = 2


def plan_(
    *,
    source: SourceOption = None,
    profile: ProfileOption = BUILT_IN,
    as_of: Annotated[str | None, typer.Option(help="Decide as if it were this time (ISO 8601).")] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the plan to a file, one row a line.")] = None,
    accept_gone: AcceptGoneOption = False,
    as_json: JsonOption = False,
) -> None:
    """Decide what would become of every person in the source, and keep the decisions as a plan."""
    doubt = refuse_emptied if accept_gone else refuse_doubtful
    header = run(_plan(source, read_profile(profile), as_of, out, doubt))
    if as_json:
        print_json(asdict(header))
        return
    rows = [(name, count, meaning_of_count(name)) for name, count in sorted(header.counts.items())]
    print_table(("decided", "number", "meaning"), rows)
    say(f"\nPlan {header.digest}")
    if any(header.counts.values()):
        say(f"Nothing is imported yet. Apply it with:\n  roundsman migrate apply --plan {header.digest[:12]}")
    else:
        say(
            f"It is empty: the profile {header.profile} knows nobody in {header.source} who is new or changed.\n"
            f"What it knows: roundsman migrate inspect. Orders, products and addresses are taken by: roundsman migrate sync"
        )


async def _plan(
    locator: str | None, profile: SourceProfile, as_of: str | None, out: Path | None, doubt: Doubt
) -> PlanHeader:
    if out:
        make_private_file(out)
    async with _opened(locator, profile) as (runtime, opened):
        await doubt(runtime.tx, opened.source, opened.profile)
        moment = datetime.fromisoformat(as_of) if as_of else runtime.clock()
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        with shown_progress() as progress:
            header = await make_plan(runtime.tx, opened.source, opened.profile, as_of=moment, progress=progress)
        if out:
            await write_plan_file(runtime.tx, header, out)
        return header


def apply_(
    *,
    plan: Annotated[str, typer.Option(help="The digest of the plan; its first twelve characters do.")],
    source: Annotated[str | None, typer.Option(help="The source; without it, the one the plan was made from.")] = None,
    profile: ProfileOption = BUILT_IN,
    throttle: Annotated[int, typer.Option(min=0, help="At most so many documents a second; 0 is no limit.")] = 0,
    accept_gone: AcceptGoneOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write what a plan says. After a crash or Ctrl-C apply the same plan again: it goes on and ends the same."""
    doubt = refuse_emptied if accept_gone else refuse_unlike_planned(plan)
    applied = run(_apply(plan, source, read_profile(profile), throttle, doubt))
    if as_json:
        print_json(asdict(applied))
    elif applied.already:
        say(f"Run {applied.run_id} was applied before; nothing was done.")
    else:
        rows = [(name, one.inserted, one.same, len(one.differing)) for name, one in applied.totals.items()]
        print_table(("collection", "written", "there already", "differing"), rows)
        for name, keys in (("changed since the plan", applied.drifted), ("gone since the plan", applied.gone)):
            if keys:
                say(f"{len(keys)} documents {name}, left for the next plan: {', '.join(keys[:5])}")
        for finding, count in applied.findings.items():
            say(f"{finding}: {count}. {FOUND_BY_IMPORT.get(finding, '')}")
        say(f"\nApplied as run {applied.run_id}. Prove it with: roundsman migrate verify")


async def _apply(digest: str, option: str | None, profile: SourceProfile, throttle: int, doubt: Doubt) -> Applied:
    async with open_runtime(load_settings(), patience_seconds=LONG_WORK_SECONDS) as runtime:
        header = await get_plan(runtime.tx, digest)
        async with opened_import(planned_source(option, header.source), profile) as opened:
            require_planned(opened, header)
            await doubt(runtime.tx, opened.source, opened.profile)
            return await apply_with_progress(runtime, opened.source, opened.profile, header.digest, throttle=throttle)


async def apply_with_progress(
    runtime: Runtime, source: Source, profile: SourceProfile, digest: str, *, throttle: int = 0
) -> Applied:
    """Apply a plan; SIGTERM and Ctrl-C end it at a batch border."""
    asked_to_stop = asyncio.Event()
    with interrupts_go_to(asked_to_stop.set), shown_progress() as progress:
        means = Means(
            Seal(runtime.sealing_key),
            runtime.clock,
            progress=progress,
            stop=asked_to_stop.is_set,
            documents_a_second=throttle,
        )
        return await apply_plan(runtime.tx, source, profile, digest, means)


def verify_(
    *,
    source: SourceOption = None,
    without_source: Annotated[
        bool, typer.Option("--without-source", help="Prove what can be proved without the source.")
    ] = False,
    profile: ProfileOption = BUILT_IN,
    as_json: JsonOption = False,
) -> None:
    """Prove from the source and the stored documents that nothing was lost and everything belongs together."""
    verification = run(_verify(source, read_profile(profile), without_source=without_source))
    if as_json:
        print_json(_as_json(verification))
    else:
        print_verification(verification)
    if not verification.passed:
        raise typer.Exit(FINDINGS)
    if not verification.with_source and not without_source:
        raise typer.Exit(_NOT_PROVED_AGAINST_SOURCE)


async def _verify(locator: str | None, profile: SourceProfile, *, without_source: bool) -> Verification:
    if not without_source:
        try:
            async with _opened(locator, profile) as (runtime, opened):
                return await verify_and_remember(runtime, opened.source, opened.profile)
        except SourceUnreachable as error:
            warn(f"{error.message}; only the copies are checked")
    async with open_runtime(load_settings()) as runtime:
        return await verify_without_source(runtime.tx, Seal(runtime.sealing_key))


async def verify_and_remember(runtime: Runtime, source: Source, profile: SourceProfile) -> Verification:
    """Verify, and keep the accounts for the overview page."""
    now = runtime.clock()
    verification = await verify(runtime.tx, source, profile, Seal(runtime.sealing_key), as_of=now)
    await remember(runtime.tx, verification, now=now)
    return verification


def print_verification(verification: Verification) -> None:
    """Print the accounts and the checks, the number of lost documents last."""
    shown = [name for name in CLASSES if any(one.classes.get(name) for one in verification.accounts)]
    rows = [
        [one.collection, one.in_source, *(one.classes.get(name, 0) for name in shown)] for one in verification.accounts
    ]
    print_table(("collection", "in the source", *shown), rows)
    say("")
    for one in verification.checks:
        mark = "ok  " if one.passed else "FAIL"
        say(f"{mark}  {one.check}: {MEANING[one.check]}{f' ({one.said})' if one.said else ''}")
        for example in one.examples if not one.passed else ():
            say(f"        {example}")
    if verification.not_taken:
        names = ", ".join(f"{name} {count}" for name, count in verification.not_taken.items())
        say(f"\nnot taken: {names}")
    for advice in _advice(verification):
        say(f"\n{advice}")
    say(f"\nlost {verification.lost}")


def _advice(verification: Verification) -> Iterator[str]:
    """What to do next, where something is to be done."""
    if not verification.passed:
        yield "Do not cut over: each line FAIL says below it what is wrong. An import is taken back by: roundsman migrate undo RUN"
    if waiting := sum(account.waiting for account in verification.accounts):
        yield f"{waiting} documents are not imported as they are now; plan them, or take them by: roundsman migrate sync"


def _as_json(verification: Verification) -> dict[str, object]:
    return {
        "passed": verification.passed,
        "lost": verification.lost,
        "checks": [asdict(one) | {"passed": one.passed} for one in verification.checks],
        "accounts": [asdict(one) | {"lost": one.lost} for one in verification.accounts],
        "not_taken": dict(verification.not_taken),
    }


def report_(
    *,
    source: SourceOption = None,
    profile: ProfileOption = BUILT_IN,
    out: Annotated[Path | None, typer.Option(help="The file to write, instead of the terminal.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the data cleanup report of the last import, with its proofs made anew."""
    content = run(_report(source, read_profile(profile), as_json=as_json))
    if out:
        write_file(out, content)
        say(f"Written to {out}")
    else:
        say(content)


async def _report(locator: str | None, profile: SourceProfile, *, as_json: bool) -> str:
    async with _opened(locator, profile) as (runtime, opened):
        verification = await verify_and_remember(runtime, opened.source, opened.profile)
        before = await inspect_source(opened.source, opened.profile)
        report = await gather_report(runtime.tx, verification, before=before)
        return json_text(asdict(report)) if as_json else markdown(report)


@asynccontextmanager
async def _opened(option: str | None, profile: SourceProfile) -> AsyncIterator[tuple[Runtime, Opened]]:
    async with opened_import(option, profile) as opened, open_runtime(load_settings()) as runtime:
        yield runtime, opened
