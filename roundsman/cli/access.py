"""The command `roundsman access audit`: who may pass at every route, of Roundsman or of any FastAPI application."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from roundsman.access import inspector
from roundsman.access.route_audit.audit import Audit, audit_routes
from roundsman.access.route_audit.facts import Facts, facts_from
from roundsman.access.route_audit.findings import Finding, Level
from roundsman.access.route_audit.markdown import audit_page
from roundsman.cli.files import write_file
from roundsman.cli.output import FINDINGS, print_json, print_table, say
from roundsman.errors import InvalidInput, Unavailable

_OWN: Final = "roundsman.app:create_app()"
_PATIENCE_SECONDS: Final = 300

app = typer.Typer(help="Who may do what, and whether every route holds to it.", no_args_is_help=True)


class TargetNotFound(InvalidInput):
    """The folder or the Python that was named is not there."""

    code = "target_not_found"


class TargetNotImportable(Unavailable):
    """The application cannot be imported by its own Python, so that nothing can be said about it."""

    code = "target_not_importable"


@app.callback()
def _group() -> None:
    """Keep `audit` a word of its own."""


@app.command()
def audit(
    *,
    target: Annotated[
        str, typer.Option("--app", help="The application, as `module:attribute` or `module:factory()`.")
    ] = _OWN,
    python: Annotated[
        Path | None, typer.Option(help="The application's own Python; nothing is installed there.")
    ] = None,
    cwd: Annotated[Path, typer.Option(help="The folder it is started in.")] = Path(),
    public: Annotated[
        list[str] | None,
        typer.Option(
            help="A path that is for everybody, such as `/health/*`, where a star is no slash; may be repeated."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON, with the patches.")] = False,
    markdown: Annotated[Path | None, typer.Option(help="Also write it as a page, with the patches.")] = None,
    fail_on: Annotated[
        Level, typer.Option(help="Exit with 1 if there is a finding of this level or a graver one.")
    ] = Level.BLOCKER,
) -> None:
    """Show who may pass at every route of a FastAPI application, and every guard that does not guard.

    The application is imported by its own Python and not started; nothing of it is changed.
    """
    facts = facts_from(inspected(target, python or Path(sys.executable), cwd))
    found = audit_routes(facts, public=tuple(public or ()))
    if markdown:
        write_file(markdown, own_page(found, facts) if target == _OWN else _page_of(target, found, facts))
    if as_json:
        print_json(as_values(found, facts))
    else:
        _print(found, facts)
    worst = found.worst()
    if worst is not None and worst.rank <= fail_on.rank:
        raise typer.Exit(FINDINGS)


def inspected(target: str, python: Path, cwd: Path) -> Mapping[str, Any]:
    """Let the target's Python tell what is in it. Raises TargetNotFound or TargetNotImportable."""
    command = [_executable(python), inspector.__file__, target, "."]
    try:
        done = subprocess.run(  # noqa: S603  the target and its Python are the caller's own
            command, cwd=cwd, capture_output=True, timeout=_PATIENCE_SECONDS, check=False
        )
    except OSError as error:
        raise TargetNotFound(f"{python} cannot be started in {cwd}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise TargetNotImportable(f"{target} was not imported within {_PATIENCE_SECONDS} seconds") from error
    try:
        told: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise TargetNotImportable(f"{target} ended while it was inspected: {' '.join(last)}") from error
    if "error" in told:
        raise TargetNotImportable(_import_failure(target, told))
    return told


def own_page(found: Audit, facts: Facts) -> str:
    """Write the report about Roundsman itself."""
    return audit_page(found, facts, title="Who may do what in Roundsman", made_by="roundsman access audit")


def _page_of(target: str, found: Audit, facts: Facts) -> str:
    return audit_page(found, facts, title=f"Access to {target}", made_by=f"roundsman access audit --app {target}")


def as_values(found: Audit, facts: Facts) -> Mapping[str, object]:
    """The audit for JSON."""
    return {
        "versions": found.versions,
        "routes": [
            {
                "route": str(one.route),
                "kind": one.route.kind,
                "methods": one.route.methods,
                "path": one.route.path,
                "documented": one.route.documented,
                "endpoint": one.route.name,
                "place": str(facts.shown(one.place)) if one.place.file else None,
                "protection": one.protection,
                "reason": one.reason or None,
                "guards": [guard.name for guard in one.guards],
                "dependencies": [facts.calls[each.call].name for each in one.route.tree()],
                "permissions": sorted(one.permissions),
                "roles": None if one.roles is None else sorted(one.roles),
            }
            for one in found.accesses
        ],
        "middleware": found.middleware,
        "findings": [
            {
                "code": one.code,
                "level": one.level,
                "route": one.route or None,
                "place": _place(one, facts) or None,
                "about": one.about,
                "meaning": one.code.meaning,
                "mend": one.mend.advice,
                "patch": one.mend.patch or None,
            }
            for one in found.findings
        ],
    }


def _executable(python: Path) -> str:
    """A path counts from where the command was given; a symbolic link stays one, since a virtual environment is one."""
    return str(python.absolute()) if len(python.parts) > 1 else str(python)


def _import_failure(target: str, told: Mapping[str, Any]) -> str:
    swallowed = "".join(f"; before it, passed over: {one['module']}: {one['error']}" for one in told["swallowed"])
    lines = [line.strip() for line in told["trace"].splitlines() if line.lstrip().startswith("File ")]
    own = [line for line in lines if inspector.__file__ not in line and "importlib" not in line]
    return f"{target} cannot be imported: {told['error']}{f' ({own[-1]})' if own else ''}{swallowed}"


def _print(found: Audit, facts: Facts) -> None:
    rows = [
        (
            str(one.route),
            one.protection.value,
            ", ".join(sorted(one.permissions)) or ", ".join(dict.fromkeys(guard.name for guard in one.guards)),
            "" if one.roles is None else ", ".join(sorted(one.roles)) or "nobody",
        )
        for one in found.accesses
    ]
    print_table(("route", "protection", "by", "roles"), rows)
    counts = ", ".join(f"{number} {one.value}" for one, number in found.counts().items() if number)
    say(f"\n{len(found.accesses)} routes: {counts} ({found.versions})")
    for one in found.middleware:
        say(f"Middleware that refuses too, which counts as no guard: {one}")
    _print_findings(found, facts)


def _print_findings(found: Audit, facts: Facts) -> None:
    if not found.findings:
        say("\nNothing was found that needs anybody's eyes.")
        return
    say("\nFindings (their mends as patches: --json, --markdown FILE):\n")
    rows = [(one.level.value, one.code.value, one.route, _place(one, facts), one.about) for one in found.findings]
    print_table(("level", "finding", "route", "place", "about"), rows)
    say("\nWhat they mean:\n")
    for code in dict.fromkeys(one.code for one in found.findings):
        say(f"{code.value}: {code.meaning}")


def _place(one: Finding, facts: Facts) -> str:
    return str(facts.shown(one.place)) if one.place.file else ""
