"""How far back the database remembers its changes: whoever follows it may be away for so long and go on where he was."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo.errors import OperationFailure

from roundsman.database.connection import Client


@dataclass(frozen=True, slots=True)
class OplogWindow:
    """The first and the last change that the server remembers."""

    first: datetime
    last: datetime

    @property
    def span(self) -> timedelta:
        """How long that is."""
        return self.last - self.first


async def find_oplog_window(client: Client) -> OplogWindow | None:
    """Read how far the oplog goes back; None where there is none, or where the user may not read it."""
    oplog = client["local"]["oplog.rs"]
    try:
        first = await oplog.find_one({}, {"ts": 1}, sort=[("$natural", 1)])
        last = await oplog.find_one({}, {"ts": 1}, sort=[("$natural", -1)])
    except OperationFailure:
        return None
    return OplogWindow(first["ts"].as_datetime(), last["ts"].as_datetime()) if first and last else None
