"""Where the marks of the chain are kept: its head and the checkpoints in the database, checkpoints also in a file.

Whoever cuts the tail off in the database can put an old head in place of the newer one, if he has kept one. The file lies
in the data directory, out of his reach.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pymongo import DESCENDING

from roundsman.audit_log.chain import START, ChainKey, Mark, MarkKind
from roundsman.database.collections import AUDIT_CHECKPOINTS, SYSTEM
from roundsman.database.transaction import Document, Tx
from roundsman.errors import IntegrityBroken

_HEAD: Final = "audit_log_head"


class StrangeChainKey(IntegrityBroken):
    """The log was sealed with another key."""

    code = "strange_chain_key"


class CheckpointFileDamaged(IntegrityBroken):
    """The file of checkpoints holds a line that is none."""

    code = "checkpoint_file_damaged"


@dataclass(frozen=True, slots=True)
class Head:
    """How far the chain goes, with which key it is made, and the fencing number of the sealer who went so far."""

    mark: Mark
    key_id: str
    fencing: int

    @property
    def place(self) -> tuple[int, bytes]:
        """The number and the mac that the next row follows."""
        return self.mark.number, self.mark.mac


async def find_head(tx: Tx, key: ChainKey) -> Head | None:
    """Return how far the chain goes; None where nothing was ever sealed. Raises StrangeChainKey."""
    found = await tx.database[SYSTEM].find_one({"_id": _HEAD}, session=tx.session)
    if found is None:
        return None
    if found["key"] != key.id:
        raise StrangeChainKey(
            f"The audit log was sealed with the key {found['key']}, and the key file holds {key.id}: put the right "
            "audit-log.key back into the folder keys of the data directory."
        )
    return Head(_mark_from(found, MarkKind.HEAD, found["number"]), found["key"], found["fencing"])


async def replace_head(tx: Tx, head: Head) -> None:
    """Note how far the chain goes from now on."""
    document = {**_mark_document(head.mark), "number": head.mark.number, "key": head.key_id, "fencing": head.fencing}
    await tx.database[SYSTEM].replace_one({"_id": _HEAD}, document, upsert=True, session=tx.session)


async def insert_checkpoint(tx: Tx, mark: Mark) -> None:
    """Keep a checkpoint; where its number has one already, that one stays."""
    await tx.database[AUDIT_CHECKPOINTS].update_one(
        {"_id": mark.number}, {"$setOnInsert": _mark_document(mark)}, upsert=True
    )


async def find_last_checkpoint(tx: Tx) -> Mark | None:
    """Return the checkpoint that was made last."""
    found = await tx.database[AUDIT_CHECKPOINTS].find_one({}, sort=[("_id", DESCENDING)])
    return None if found is None else _mark_from(found, MarkKind.CHECKPOINT, found["_id"])


async def list_checkpoints(tx: Tx) -> list[Mark]:
    """All checkpoints in the database, the first one first."""
    found = tx.database[AUDIT_CHECKPOINTS].find().sort("_id")
    return [_mark_from(document, MarkKind.CHECKPOINT, document["_id"]) async for document in found]


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """The file of checkpoints: one to a line, and a line for each time a backup was restored."""

    path: Path

    def append(self, mark: Mark) -> None:
        """Add a mark, and have it on the disk."""
        line = {
            "kind": mark.kind.value,
            "number": mark.number,
            "mac": mark.mac.hex(),
            "at": mark.at.isoformat(),
            "signature": mark.signature.hex(),
        }
        with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def marks(self, key: ChainKey) -> list[Mark]:
        """The checkpoints since a backup was restored last: what was before is not in the database any more.

        Raises CheckpointFileDamaged.
        """
        marks = list(self._lines())
        restored = [at for at, mark in enumerate(marks) if mark.kind is MarkKind.RESTORED and key.made(mark)]
        return marks[restored[-1] :] if restored else marks

    def _lines(self) -> Iterator[Mark]:
        if not self.path.exists():
            return
        for number, line in enumerate(self.path.read_text("utf-8").splitlines(), 1):
            try:
                yield _mark_of_line(line)
            except (ValueError, KeyError, TypeError) as error:
                raise CheckpointFileDamaged(f"Line {number} of {self.path} is no checkpoint.") from error


async def note_restored(tx: Tx, key: ChainKey, file: CheckpointFile, *, now: datetime) -> None:
    """Note that the database was made what a backup holds, where this machine knows checkpoints of before."""
    if file.path.exists():
        head = await find_head(tx, key)
        number, mac = head.place if head else (0, START)
        file.append(key.sign(MarkKind.RESTORED, number, mac, at=now))


def _mark_of_line(line: str) -> Mark:
    said = json.loads(line)
    at = datetime.fromisoformat(said["at"]).astimezone(UTC)
    mac, signature = bytes.fromhex(said["mac"]), bytes.fromhex(said["signature"])
    return Mark(MarkKind(said["kind"]), int(said["number"]), mac, at, signature)


def _mark_document(mark: Mark) -> Document:
    return {"mac": mark.mac, "at": mark.at, "signature": mark.signature}


def _mark_from(document: Document, kind: MarkKind, number: int) -> Mark:
    return Mark(kind, number, document["mac"], document["at"], document["signature"])
