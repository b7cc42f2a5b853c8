"""The handle through which every function reaches storage, and transactions that are run again where MongoDB asks for it."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import pymongo
from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern

Document = dict[str, Any]
DatabaseRefused: TypeAlias = OperationFailure
"""What is raised where the database is there and does not do what it is told."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Tx:
    """Roundsman's database, and the session of the running transaction if there is one."""

    database: AsyncDatabase[Document]
    session: AsyncClientSession | None = None


async def in_transaction(tx: Tx, work: Callable[[Tx], Awaitable[_T]]) -> _T:
    """Run `work` so that all of its writes happen or none, and give back what it returns.

    `work` is called again when MongoDB reports a passing conflict with another transaction, so it may have no effect
    outside the database. Within a running transaction it simply becomes a part of that one. Where the client's operations
    have a time in which they must be done, the whole has no more; the driver would go on trying for two minutes.
    """
    if tx.session is not None:
        return await work(tx)
    client = tx.database.client
    with _time_of_one_operation(client):
        async with client.start_session() as session:
            return await session.with_transaction(
                lambda session: work(Tx(tx.database, session)),
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority"),
                read_preference=ReadPreference.PRIMARY,
            )


def _time_of_one_operation(client: AsyncMongoClient[Document]) -> AbstractContextManager[None]:
    seconds = client.options.timeout
    return nullcontext() if seconds is None else pymongo.timeout(seconds)
