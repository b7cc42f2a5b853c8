"""Whether a database is whole, or a restoring into it has begun and not ended.

The mark is one document that is written before the first old document goes and removed after the last restored one was
proved. Whoever finds it works with nothing here: a half-restored database can look like a whole one in every other way.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pymongo import WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from roundsman.database.collections import SYSTEM
from roundsman.database.transaction import Document
from roundsman.errors import Unavailable

RESTORING_ID: Final = "restoring"


class DatabaseHalfRestored(Unavailable):
    """A backup is being restored into the database, or that was broken off."""

    code = "database_half_restored"


@dataclass(frozen=True, slots=True)
class Restoring:
    """Which backup is being restored, and since when."""

    directory: str
    digest: str
    since: datetime


async def find_restoring(database: AsyncDatabase[Document]) -> Restoring | None:
    """Return what is being restored into the database; None for a whole one."""
    found = await database[SYSTEM].find_one({"_id": RESTORING_ID})
    return None if found is None else Restoring(found["directory"], found["digest"], found["since"])


async def require_whole(database: AsyncDatabase[Document]) -> None:
    """Go on only with a whole database; raises DatabaseHalfRestored, which says how to make it whole."""
    if restoring := await find_restoring(database):
        raise DatabaseHalfRestored(
            f"The database {database.name} is only partly restored from {restoring.directory} (begun "
            f"{restoring.since:%Y-%m-%d %H:%M} UTC). If nobody is at it any more, do it again: "
            f"roundsman db restore {restoring.directory}"
        )


async def mark_restoring(database: AsyncDatabase[Document], restoring: Restoring) -> None:
    """Note that from here on the database is not whole."""
    document = {"directory": restoring.directory, "digest": restoring.digest, "since": restoring.since}
    await _system(database).replace_one({"_id": RESTORING_ID}, document, upsert=True)


async def mark_whole(database: AsyncDatabase[Document]) -> None:
    """Note that everything is there and proved."""
    await _system(database).delete_one({"_id": RESTORING_ID})


def _system(database: AsyncDatabase[Document]) -> AsyncCollection[Document]:
    return database.get_collection(SYSTEM, write_concern=WriteConcern("majority"))
