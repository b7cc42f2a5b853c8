"""The commands `roundsman audit-log …`: whether the log is what was written, and what it says."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from roundsman.audit_log.browsing import LoggedRow, Wanted, latest_rows, whole_log
from roundsman.audit_log.chain import ChainKey, Finding
from roundsman.audit_log.files import checkpoint_file, find_chain_key
from roundsman.audit_log.verification import Verified, verify_log
from roundsman.cli.output import FINDINGS, print_json, print_table, say
from roundsman.cli.running import run
from roundsman.database.backup_folder import private_file
from roundsman.database.transaction import Tx
from roundsman.errors import InvalidInput
from roundsman.runtime import open_runtime
from roundsman.settings import Settings, load_settings

app = typer.Typer(help="The audit log: who did what, and whether nobody changed that.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_NO_KEY = ChainKey(b"")


class FileExists(InvalidInput):
    """The file to write is there already."""

    code = "file_exists"


@app.command("verify")
def verify_(*, as_json: JsonOption = False) -> None:
    """Prove that no row was edited, deleted, moved, inserted or cut off; exit 1 if one was."""
    verified = run(_verify(load_settings()))
    if as_json:
        print_json(_as_json(verified))
    else:
        _tell(verified)
    if verified.findings:
        raise typer.Exit(FINDINGS)


@app.command("show")
def show_(
    *,
    target: Annotated[str | None, typer.Option(help="Only what was done to this: user:<id>.")] = None,
    by: Annotated[str | None, typer.Option(help="Only what this one did: a user's id, system, self.")] = None,
    action: Annotated[str | None, typer.Option(help="Only actions that begin so: role.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only since then, in UTC.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0 shows all.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show the latest rows, the newest first."""
    wanted = Wanted(target, by, action, since.replace(tzinfo=UTC) if since else None)
    rows = run(_show(load_settings(), wanted, limit))
    if as_json:
        print_json([_fields(row) for row in rows])
    elif not rows:
        say("There is no such row.")
    else:
        print_table(("at", "number", "who", "action", "target", "reason"), [_cells(row) for row in rows])


@app.command("export")
def export_(
    *, output: Annotated[Path | None, typer.Option(help="A new file; without it, standard output.")] = None
) -> None:
    """Write all rows with their seals as JSON, one to a line, in the order of the chain."""
    if output and output.exists():
        raise FileExists(f"{output} is there already; name a new file")
    count = run(_export(load_settings(), output))
    if output:
        say(f"{count} rows are in {output}.")


async def _verify(settings: Settings) -> Verified:
    async with open_runtime(settings) as runtime:
        # Where no key was ever made nothing was sealed with it; seals that are there all the same are somebody else's.
        key = find_chain_key(settings.data_dir) or _NO_KEY
        return await verify_log(runtime.tx, key, checkpoint_file(settings.data_dir, settings.database_name))


async def _show(settings: Settings, wanted: Wanted, limit: int) -> list[LoggedRow]:
    async with open_runtime(settings) as runtime:
        return await latest_rows(runtime.tx, wanted, limit=limit)


async def _export(settings: Settings, output: Path | None) -> int:
    async with open_runtime(settings) as runtime:
        with _opened(output) as file:
            return await _write(runtime.tx, file)


async def _write(tx: Tx, file: TextIO) -> int:
    count = 0
    async for row in whole_log(tx):
        file.write(json.dumps(_fields(row), ensure_ascii=False) + "\n")
        count += 1
    return count


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    with private_file(output) as binary:
        text = io.TextIOWrapper(binary, "utf-8", write_through=True)
        yield text
        text.detach()


def _tell(verified: Verified) -> None:
    if verified.findings:
        print_table(("what", "number", "row", "detail"), [_finding_cells(one) for one in verified.findings])
        say("")
    say(f"{verified.held} rows hold, {len(verified.findings)} findings, {verified.checkpoints} checkpoints.")
    if verified.unsealed:
        say(f"{verified.unsealed} rows are not sealed yet, since {verified.unsealed_since:%Y-%m-%d %H:%M:%S} UTC.")


def _finding_cells(one: Finding) -> tuple[str, str, str, str]:
    numbers = "-" if one.first is None else str(one.first) if one.first == one.last else f"{one.first} to {one.last}"
    return one.trouble.value, numbers, one.row or "-", one.detail


def _as_json(verified: Verified) -> dict[str, Any]:
    findings = [
        {"trouble": one.trouble.value, "first": one.first, "last": one.last, "row": one.row, "detail": one.detail}
        for one in verified.findings
    ]
    return {
        "held": verified.held,
        "findings": findings,
        "checkpoints": verified.checkpoints,
        "unsealed": verified.unsealed,
        "unsealed_since": verified.unsealed_since,
    }


def _cells(row: LoggedRow) -> tuple[object, ...]:
    number = row.seal.number if row.seal else "-"
    entry = row.entry
    return f"{entry.at:%Y-%m-%d %H:%M:%S}", number, entry.actor.who, entry.action, entry.target, entry.reason or "-"


def _fields(row: LoggedRow) -> dict[str, Any]:
    entry, seal = row.entry, row.seal
    return {
        "number": seal and seal.number,
        "id": row.id,
        "at": entry.at.isoformat(),
        "who": entry.actor.who,
        "session": entry.actor.session,
        "address": entry.actor.address,
        "action": entry.action,
        "target": entry.target,
        "before_digest": entry.before_digest and entry.before_digest.hex(),
        "after_digest": entry.after_digest and entry.after_digest.hex(),
        "reason": entry.reason,
        "previous": seal and seal.previous.hex(),
        "mac": seal and seal.mac.hex(),
    }
