"""Reading several collections as they were at one instant, while others write."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from roundsman.database.transaction import Document

SNAPSHOT_UNAVAILABLE: Final = 246
_TRIES: Final = 50
_PAUSE_SECONDS: Final = 0.2


@asynccontextmanager
async def at_one_instant(database: AsyncDatabase[Document], names: Sequence[str]) -> AsyncIterator[AsyncClientSession]:
    """Give a session that reads one instant, at which all the collections are readable; it cannot write.

    A collection whose indexes were made a moment ago can be read only at an instant after that. The server keeps the history
    of an instant for some minutes, in which all has to be read.
    """
    for tries_left in reversed(range(_TRIES)):
        async with database.client.start_session(snapshot=True) as session:
            try:
                for name in names:
                    await database[name].find_one({}, {"_id": 1}, session=session)
            except OperationFailure as error:
                if error.code != SNAPSHOT_UNAVAILABLE or not tries_left:
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            yield session
            return
