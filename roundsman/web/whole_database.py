"""No answers from a database into which a backup is being restored: what they said could be of two different times."""

from datetime import datetime, timedelta
from typing import Final

from fastapi import Request

from roundsman.database.transaction import Tx
from roundsman.database.wholeness import require_whole
from roundsman.web.services import services_of

_RECENT: Final = timedelta(seconds=2)


class RecentlyWhole:
    """Remembers for two seconds that the database was whole, because every request asks."""

    def __init__(self) -> None:
        self._seen: datetime | None = None

    async def require(self, tx: Tx, *, now: datetime) -> None:
        """Go on with a whole database; raises DatabaseHalfRestored."""
        if self._seen is None or not timedelta() <= now - self._seen < _RECENT:
            await require_whole(tx.database)
            self._seen = now


async def only_whole_database(request: Request) -> None:
    """Refuse the request with 503 while the database is only partly restored."""
    runtime = services_of(request).runtime
    recently: RecentlyWhole = request.app.state.recently_whole
    await recently.require(runtime.tx, now=runtime.clock())
