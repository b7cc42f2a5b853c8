"""The commands `roundsman db backup` and `roundsman db restore`."""

from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from roundsman.audit_log.entries import SYSTEM, AuditEntry
from roundsman.audit_log.files import checkpoint_file, find_chain_key
from roundsman.audit_log.log import record
from roundsman.audit_log.marks import note_restored
from roundsman.cli.confirming import require_word
from roundsman.cli.output import print_json, print_table, say
from roundsman.cli.running import run
from roundsman.clock import utc_now
from roundsman.database.backup import take_backup
from roundsman.database.backup_folder import KeyFolder
from roundsman.database.backup_keys import put_keys_back, require_room_for_keys, strange_keys
from roundsman.database.backup_manifest import Manifest, read_manifest, require_intact
from roundsman.database.restore import count_to_lose, restore_backup
from roundsman.database.transaction import Tx
from roundsman.migration.write_back.forgetting import refuse_forgetting
from roundsman.runtime import open_database
from roundsman.settings import Settings, load_settings

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", resolve_path=True, help="The folder of the backup.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def backup_(
    folder: Folder,
    *,
    with_keys: Annotated[
        bool,
        typer.Option("--with-keys", help="Copy the data directory's key files too; then the folder opens everything."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write all of Roundsman's database, as it is at one instant, to a new folder, and read it back."""
    manifest = run(_backup(load_settings(), folder, with_keys=with_keys))
    if as_json:
        print_json(asdict(manifest) | {"directory": folder})
        return
    rows = [(one.name, one.documents, one.bytes) for one in manifest.collections]
    print_table(("collection", "documents", "bytes"), rows)
    say(f"\nBackup {manifest.digest[:12]} is in {folder}, read back and intact.")
    for sentence in _not_in_it(manifest):
        say(sentence)


async def _backup(settings: Settings, folder: Path, *, with_keys: bool) -> Manifest:
    async with open_database(settings) as client:
        tx = Tx(client[settings.database_name])
        return await back_up(settings, tx, folder, with_keys=with_keys, now=utc_now())


async def back_up(settings: Settings, tx: Tx, folder: Path, *, with_keys: bool, now: datetime) -> Manifest:
    """Take a backup of the database, and of the data directory's key files at least their digests."""
    keys = KeyFolder(_keys(settings), with_keys)
    return await take_backup(tx.database, folder, keys=keys, program=version("roundsman"), now=now)


def restore_(
    folder: Folder,
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Take away what the database holds.")] = False,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Put the key files of the backup into the data directory too.")
    ] = False,
    forget_write_back: Annotated[
        bool, typer.Option("--forget-write-back", help="Restore even if nobody can undo then what was written back.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
) -> None:
    """Make Roundsman's database what a backup holds. Stop everything that uses it first; after a crash do it again."""
    settings = load_settings()
    manifest = read_manifest(folder)
    require_intact(folder, manifest)
    if with_keys:
        require_room_for_keys(folder, manifest, _keys(settings))
    if replace and not forget_write_back:
        run(_refuse_forgetting(settings, folder, manifest))
    if replace and (documents := run(_to_lose(settings))):
        name = settings.database_name
        require_word(f"The {documents} documents in the database {name} are taken away.", name, yes=yes)
    if with_keys:
        put_keys_back(folder, manifest, _keys(settings))
    run(_restore(settings, folder, manifest, replace=replace))
    say(
        f"The database {settings.database_name} is what it was on {manifest.taken_at:%Y-%m-%d %H:%M} UTC "
        f"(backup {manifest.digest[:12]} of {manifest.database})."
    )
    for name in strange_keys(manifest, _keys(settings)):
        say(f"The data directory lacks the {name} of the backup: put it back, or what it opens stays closed.")


async def _refuse_forgetting(settings: Settings, folder: Path, manifest: Manifest) -> None:
    async with open_database(settings) as client:
        await refuse_forgetting(Tx(client[settings.database_name]), folder, manifest)


async def _to_lose(settings: Settings) -> int:
    async with open_database(settings) as client:
        return await count_to_lose(client[settings.database_name])


async def _restore(settings: Settings, folder: Path, manifest: Manifest, *, replace: bool) -> None:
    now = utc_now()
    async with open_database(settings) as client:
        database = client[settings.database_name]
        await restore_backup(database, folder, manifest, replace=replace, now=now)
        reason = f"backup {manifest.digest} of {manifest.taken_at.isoformat()}"
        if key := find_chain_key(settings.data_dir):
            await note_restored(Tx(database), key, checkpoint_file(settings.data_dir, settings.database_name), now=now)
        await record(Tx(database), AuditEntry(now, SYSTEM, "database.restored", "system:database", reason=reason))


def _keys(settings: Settings) -> Path:
    return settings.data_dir / "keys"


def _not_in_it(manifest: Manifest) -> list[str]:
    sentences = ["Not in it: the source, the settings, and the users and passwords of the database server."]
    left_out = ", ".join(key.name for key in manifest.keys if not key.included)
    if left_out:
        sentences.append(
            f"Not in it either: the key files {left_out}. Without them the verbatim copies of source documents stay closed "
            "for ever and everybody signs in again: keep them somewhere else, or back up --with-keys."
        )
    return sentences
