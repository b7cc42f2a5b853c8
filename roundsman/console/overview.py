"""The overview page: how many people there are, whether all customers are linked, and what the import did with each record.

It shows counts and nothing about any person, so everybody may see it.
"""

import asyncio
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from roundsman.console.guards import whoever_browses
from roundsman.console.rendering import show
from roundsman.customers.counting import Linkage, count_linkage
from roundsman.database.transaction import Tx
from roundsman.delivery.linkage import count_delivery_boys
from roundsman.identity.counting import UserCounts, count_users_by_kind
from roundsman.identity.mode import Mode, get_mode
from roundsman.migration.summary import latest_summary
from roundsman.migration.verify.verification import Account
from roundsman.operations.signing_in.authentication import Known
from roundsman.suppliers.linkage import count_suppliers
from roundsman.web.guards import public
from roundsman.web.services import services_of

_RECENT: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What became of the documents of one source collection. Each is in exactly one class, so that none is lost."""

    collection: str
    documents: int
    kept: int = 0
    linked: int = 0
    created_for: int = 0
    merged: int = 0
    archived: int = 0
    held: int = 0
    waiting: int = 0
    """Changed or arrived in the source since the import. The next one takes them, but no orders after the second switch."""

    @property
    def lost(self) -> int:
        """The documents in no class: 0, or the import is wrong."""
        accounted = (self.kept, self.linked, self.created_for, self.merged, self.archived, self.held, self.waiting)
        return self.documents - sum(accounted)

    def __add__(self, other: "Reconciliation") -> "Reconciliation":
        """Both collections together."""
        counts = [field.name for field in fields(self) if field.name != "collection"]
        return Reconciliation(self.collection, *(getattr(self, name) + getattr(other, name) for name in counts))


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything the page shows. `reconciliation` is empty before the first import."""

    mode: Mode
    users: UserCounts
    linkage: Linkage
    delivery_boys: int
    suppliers: int
    reconciliation: tuple[Reconciliation, ...] = ()

    @property
    def reconciled(self) -> Reconciliation:
        """All source collections together."""
        return sum(self.reconciliation, Reconciliation("All collections", 0))

    @property
    def reconciliation_and_total(self) -> tuple[Reconciliation, ...]:
        """The rows of the table: each source collection, and all together last."""
        return (*self.reconciliation, self.reconciled)


class RecentOverview:
    """The overview as it was at most a minute ago: counting reads every user, and the page is open to everybody."""

    def __init__(self) -> None:
        self._counting = asyncio.Lock()
        self._last: tuple[datetime, Overview] | None = None

    async def get(self, tx: Tx, *, now: datetime) -> Overview:
        """Return the overview; of simultaneous requests one counts and the others wait for its result."""
        async with self._counting:
            if self._last is None or not timedelta() <= now - self._last[0] < _RECENT:
                self._last = (now, await read_overview(tx))
            return self._last[1]


async def read_overview(tx: Tx) -> Overview:
    """Count what the page shows; the numbers are of one moment only while nobody writes."""
    summary = await latest_summary(tx)
    return Overview(
        mode=await get_mode(tx),
        users=await count_users_by_kind(tx),
        linkage=await count_linkage(tx),
        delivery_boys=await count_delivery_boys(tx),
        suppliers=await count_suppliers(tx),
        reconciliation=tuple(map(reconciliation_of, summary.accounts if summary else ())),
    )


def reconciliation_of(account: Account) -> Reconciliation:
    """Bring an account into the words of the page."""
    classes = account.classes
    return Reconciliation(
        account.collection,
        account.in_source,
        **{name: classes.get(name, 0) for name in ("kept", "linked", "created_for", "merged", "archived", "held")},
        waiting=sum(classes.get(name, 0) for name in ("drifted", "changed", "arrived", "after_switch")),
    )


async def _overview(request: Request) -> Overview:
    runtime = services_of(request).runtime
    recent: RecentOverview = request.app.state.recent_overview
    return await recent.get(runtime.tx, now=runtime.clock())


router = APIRouter(include_in_schema=False)


@router.get(
    "/", dependencies=[Depends(public(reason="It shows counts only, nothing about any person."))], name="overview"
)
async def show_overview(
    request: Request,
    overview: Annotated[Overview, Depends(_overview)],
    known: Annotated[Known | None, Depends(whoever_browses)],
) -> HTMLResponse:
    """Show the overview, in the frame of who is signed in."""
    del known  # the frame finds him
    return show(request, "overview.html", overview=overview)
