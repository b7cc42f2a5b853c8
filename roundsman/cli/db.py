"""The commands `roundsman db …`: the database server, and the state of the database in it."""

from collections.abc import Sequence
from typing import Annotated

import typer

from roundsman.cli import backup
from roundsman.cli.output import FINDINGS, print_table, say
from roundsman.cli.running import run
from roundsman.database.connection import open_client, shown_uri
from roundsman.database.embedded import running_server, start_and_leave_up, stop_server
from roundsman.database.status import DatabaseStatus, database_status
from roundsman.database.upgrade import Drift, count_invalid, ensure_schema, find_drift, upgrade
from roundsman.database.wholeness import require_whole
from roundsman.runtime import open_database
from roundsman.settings import Settings, load_settings

app = typer.Typer(help="The database: its server, its schema, its backups.", no_args_is_help=True)
app.command("backup")(backup.backup_)
app.command("restore")(backup.restore_)


@app.command("up")
def up_() -> None:
    """Start Roundsman's own database server and leave it running until `db down`."""
    say(run(_up(load_settings())))


@app.command("uri")
def uri_() -> None:
    """Print the connection string for other tools; it holds the password."""
    say(run(_uri(load_settings())))


@app.command("status")
def status_() -> None:
    """Show which server is used and what is in the database; starts nothing."""
    settings = load_settings()
    status = run(_status(settings))
    print_table(("what", "value"), _status_rows(settings, status))


@app.command("check")
def check_() -> None:
    """Show where collections, validators, indexes and documents differ from what this version wants; exit 1 if so."""
    drifts, invalid = run(_check(load_settings()))
    rows = [*_drift_rows(drifts), *((name, "documents invalid", count) for name, count in invalid.items())]
    if not rows:
        say("The database is as this version of Roundsman wants it.")
        return
    print_table(("collection", "difference", "which"), rows)
    if drifts:
        say('"roundsman db upgrade" corrects the differences of collections, validators and indexes.')
    raise typer.Exit(FINDINGS)


@app.command("upgrade")
def upgrade_() -> None:
    """Bring the database to this version's collections, validators and indexes; documents are never touched."""
    drifts = run(_upgrade(load_settings()))
    if not drifts:
        say("Nothing to do: the database is as this version of Roundsman wants it.")
        return
    print_table(("collection", "corrected", "which"), _drift_rows(drifts))


@app.command("down")
def down_(
    *,
    force: Annotated[bool, typer.Option("--force", help="Stop it even while other processes use it.")] = False,
) -> None:
    """Stop Roundsman's own database server."""
    settings = load_settings()
    if settings.mongodb_uri is not None:
        say("ROUNDSMAN_MONGODB_URI names a server that Roundsman does not manage: nothing to stop.")
        return
    stopped = run(stop_server(settings.data_dir, even_if_used=force))
    say("The database server has stopped." if stopped else "The database server was not running.")


async def _up(settings: Settings) -> str:
    if settings.mongodb_uri is None:
        await start_and_leave_up(settings.data_dir, cache_gb=settings.database_cache_gb)
    async with open_database(settings) as client:
        await ensure_schema(client[settings.database_name])
    if settings.mongodb_uri is not None:
        return f"The database at {shown_uri(settings.mongodb_uri)} is ready; Roundsman does not manage its server."
    return 'The database server runs until "roundsman db down"; "roundsman db uri" prints its connection string.'


async def _uri(settings: Settings) -> str:
    return settings.mongodb_uri or await running_server(settings.data_dir)


async def _status(settings: Settings) -> DatabaseStatus:
    uri = await _uri(settings)
    async with await open_client(uri) as client:
        return await database_status(client, settings.database_name)


async def _check(settings: Settings) -> tuple[tuple[Drift, ...], dict[str, int]]:
    async with open_database(settings) as client:
        database = client[settings.database_name]
        await require_whole(database)
        return await find_drift(database), await count_invalid(database)


async def _upgrade(settings: Settings) -> tuple[Drift, ...]:
    async with open_database(settings) as client:
        await require_whole(client[settings.database_name])
        return await upgrade(client[settings.database_name])


def _drift_rows(drifts: Sequence[Drift]) -> list[tuple[str, str, object]]:
    return [(drift.collection, drift.kind.value, drift.detail) for drift in drifts]


def _status_rows(settings: Settings, status: DatabaseStatus) -> list[tuple[str, object]]:
    return [
        ("server", "Roundsman's own" if settings.mongodb_uri is None else "ROUNDSMAN_MONGODB_URI"),
        ("address", status.address),
        ("MongoDB", status.server_version),
        ("database", settings.database_name),
        ("schema", status.schema.value),
        ("documents", status.documents),
        ("data on disk", f"{status.stored_bytes / 1_000_000:.1f} MB"),
    ]
