"""The command `roundsman auth audit`: what an attacker would try, tried."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from roundsman.access.route_audit.findings import Level
from roundsman.app import create_app
from roundsman.auth.kept_audit import KeptAudit, KeptCheck, keep_audit
from roundsman.cli.files import write_file
from roundsman.cli.output import FINDINGS, print_json, print_table, say
from roundsman.cli.running import run
from roundsman.runtime import open_runtime, server_uri
from roundsman.security_review.checks import Result, findings_in, worst_in
from roundsman.security_review.page import audit_page
from roundsman.security_review.review import review
from roundsman.settings import Settings, load_settings

app = typer.Typer(help="How people prove who they are, and whether it holds.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `audit` a word of its own."""


@app.command()
def audit(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
    markdown: Annotated[Path | None, typer.Option(help="Also write it as a page.")] = None,
    fail_on: Annotated[
        Level, typer.Option(help="Exit with 1 if there is a finding of this level or a graver one.")
    ] = Level.BLOCKER,
) -> None:
    """Try forged tokens, used codes, guessing, injection and more, and count what is stored.

    It works with the real settings and keys. What is tried runs on a database of its own beside the real one, which is
    dropped afterwards, and sends nobody a message. What came of it stands on the page Security until the next time.
    """
    results = run(audited(load_settings()))
    if markdown:
        write_file(markdown, audit_page(results))
    if as_json:
        print_json(as_values(results))
    else:
        _print(results)
    worst = worst_in(results)
    if worst is not None and worst.rank <= fail_on.rank:
        raise typer.Exit(FINDINGS)


async def audited(settings: Settings) -> tuple[Result, ...]:
    """Audit the Roundsman of these settings, and keep what came of it for the page Security."""
    async with (
        server_uri(settings) as uri,
        open_runtime(settings.model_copy(update={"mongodb_uri": uri})) as real,
    ):
        results = await review(real, uri, create_app)
        await keep_audit(real.tx, _kept(results, now=real.clock()))
        return results


def _kept(results: Sequence[Result], *, now: datetime) -> KeptAudit:
    checks = (
        KeptCheck(
            one.check.value, one.check.level, one.tried, one.evidence, one.holds, one.check.mend, one.check.source
        )
        for one in results
    )
    return KeptAudit(now, version("roundsman"), tuple(checks))


def as_values(results: Sequence[Result]) -> Mapping[str, object]:
    """The audit for JSON."""
    checks = [
        {
            "code": one.check,
            "level": one.check.level,
            "tried": one.tried,
            "evidence": one.evidence,
            "holds": one.holds,
            "mend": one.check.mend,
            "source": one.check.source,
        }
        for one in results
    ]
    return {"checks": checks, "findings": [one.check for one in findings_in(results)]}


def _print(results: Sequence[Result]) -> None:
    rows = [
        (one.check.value, "holds" if one.holds else one.check.level.value, one.tried, one.evidence) for one in results
    ]
    print_table(("check", "result", "tried", "answer"), rows)
    found = findings_in(results)
    say(f"\n{len(results)} checks, {len(found)} findings.")
    for one in found:
        say(f"{one.check.level.value} {one.check.value}: {one.check.mend} ({one.check.source})")
