"""Whether restoring a backup would forget what the source held before write-back, so that nobody could undo it."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bson.raw_bson import RawBSONDocument

from roundsman.database.backup_manifest import Manifest
from roundsman.database.collections import WRITE_BACK_JOURNAL
from roundsman.database.restore import documents_in
from roundsman.database.transaction import Tx
from roundsman.database.wholeness import find_restoring
from roundsman.errors import Conflict
from roundsman.migration.write_back.journal import IN_FORCE, count_in_force

_BATCH = 1_000


class WriteBackForgotten(Conflict):
    """The database holds a journal of write-back that the backup does not have."""

    code = "write_back_forgotten"


async def refuse_forgetting(tx: Tx, directory: Path, manifest: Manifest) -> None:
    """Raise WriteBackForgotten if something is written back that the backup in the folder does not know of."""
    if await find_restoring(tx.database) or not (written := await count_in_force(tx)):
        return
    known = 0
    rows = _rows_in_force(directory, manifest)
    while batch := dict(islice(rows, _BATCH)):
        known += await count_in_force(tx, among=batch)
    if known < written:
        raise WriteBackForgotten(
            f"The database {tx.database.name} alone knows what {written - known} fields of the source held before they were "
            "written back. Undo that first: roundsman migrate write-back --undo; or restore with --forget-write-back, and "
            "they stay as they are."
        )


def _rows_in_force(directory: Path, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """The keys of the backup's rows, and the runs that wrote them."""
    for file in (one.file for one in manifest.collections if one.name == WRITE_BACK_JOURNAL):
        for raw in documents_in(directory / file):
            row = RawBSONDocument(raw)
            if row["state"] in IN_FORCE:
                yield row["_id"], row["run"]
