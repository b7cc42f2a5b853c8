"""What must hold before anything is written back: looked at without writing anything."""

from roundsman.database.transaction import Tx
from roundsman.errors import Conflict, InvalidInput
from roundsman.migration.profile import SourceProfile
from roundsman.migration.runs import find_latest_run, find_unfinished_run
from roundsman.migration.write_back.deciding import Wanted
from roundsman.migration.write_back.journal import IN_FORCE, iterate_rows
from roundsman.migration.write_back.progress import written_places, written_source
from roundsman.migration.write_back.settling import settle
from roundsman.migration.write_back.target import WriteBackTarget


class NothingDeclared(InvalidInput):
    """The profile names no field to write to."""

    code = "write_back_not_declared"


class NotImportedYet(Conflict):
    """There is nothing to write back."""

    code = "not_imported_yet"


class ImportUnfinished(Conflict):
    """A run of an import was broken off; it must be resumed first."""

    code = "import_unfinished"


class WrittenElsewhere(Conflict):
    """Another database holds what was written; its journal would be written over, or taken for undone."""

    code = "written_elsewhere"


async def require_ready(tx: Tx, target: WriteBackTarget, profile: SourceProfile, request: Wanted) -> None:
    """Raise what stands against writing back, in one sentence that says what to do."""
    for meaning in request.meanings:
        if not any(meaning in collection.write_back for collection in profile.collections):
            raise NothingDeclared(
                f"the profile {profile.name} does not say where to write it: name the field as {meaning} in "
                "[collections.NAME.write_back]"
            )
    await _require_finished_import(tx)
    await _require_same_target(tx, target)
    if await find_latest_run(tx) is None:
        raise NotImportedYet("nothing was imported yet; begin with: roundsman migrate plan --source …")
    await target.require_writable(sorted({name for name, _ in request.places(profile)}))


async def require_ready_to_undo(tx: Tx, target: WriteBackTarget) -> None:
    """The same for undoing."""
    await _require_finished_import(tx)
    await _require_same_target(tx, target)
    await target.require_writable(sorted(await written_places(tx)))


async def _require_finished_import(tx: Tx) -> None:
    if run := await find_unfinished_run(tx):
        raise ImportUnfinished(
            f"run {run.id} was broken off; finish it with: roundsman migrate apply --plan {run.plan}"
        )


async def _require_same_target(tx: Tx, target: WriteBackTarget) -> None:
    """The same database may be reached at another address: then it holds something of what was written."""
    written = await written_source(tx)
    if written in (None, target.locator):
        return
    async for rows in iterate_rows(tx, *IN_FORCE):
        if (await settle(target, rows)).ours:
            return
        raise WrittenElsewhere(
            f"fields were written back to {written}, and {target.locator} holds none of them; give the address of the "
            "database that does as --source, or undo it there first"
        )
