"""The handle through which every function reaches storage."""

from dataclasses import dataclass
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tx:
    """Roundsman's database, and the session of the running transaction if there is one."""

    database: AsyncDatabase[Document]
    session: AsyncClientSession | None = None
