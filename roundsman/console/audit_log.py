"""The audit log: who did what to whom, when and why, and how far it is proved that nobody changed that."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from bson import ObjectId
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.audit_log.browsing import LoggedPlace, LoggedRow, Wanted, latest_rows
from roundsman.audit_log.files import chain_key_or_none, checkpoint_file
from roundsman.audit_log.standing import LogStanding, read_standing
from roundsman.calendar import begin_of, end_of
from roundsman.console.forms import Form, InvalidForm, model_of, refused
from roundsman.console.guards import require_page
from roundsman.console.recent import Recent
from roundsman.console.rendering import show
from roundsman.database.transaction import Tx
from roundsman.errors import InvalidInput, NotFound
from roundsman.identity.lookup import find_user
from roundsman.operations.people.actor_names import names_of_actors
from roundsman.runtime import Runtime
from roundsman.web.operating import Work
from roundsman.web.services import services_of

PATH: Final = "/audit-log"
_PAGE: Final = 50
_PROVED_AGAIN_AFTER: Final = timedelta(minutes=1)
_PAGES_OF: Final = {"user": "/users/", "review": "/migration/reviews/", "run": "/migration/runs/"}
_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
_Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]

router = APIRouter(include_in_schema=False)


class LogQuery(BaseModel):
    """Which rows, of which Indian days, and from where on."""

    who: _Text | None = None
    target: _Text | None = None
    action: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] | None = None
    first: _Day | None = None
    last: _Day | None = None
    after: Annotated[str, StringConstraints(pattern=r"^\d{1,13}:[0-9a-f]{24}$")] | None = None


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row with the names that people know, and the page of what it is about."""

    row: LoggedRow
    who: str
    target: str
    href: str | None


class RecentStanding(Recent[LogStanding]):
    """How the log stood at most a minute ago: proving reads every row."""

    def __init__(self) -> None:
        super().__init__(_PROVED_AGAIN_AFTER)


@router.get(PATH, dependencies=[Depends(require_page(Permission.SYSTEM_READ))], name="audit_log_page")
async def show_log(request: Request, work: Work) -> Response:
    """Show the latest rows that are wanted, and how far the log is proved."""
    sent, runtime = dict(request.query_params), services_of(request).runtime
    recent: RecentStanding = request.app.state.recent_log_standing
    standing = await recent.get(lambda: _standing(runtime), now=work.now)
    try:
        query = model_of(LogQuery, sent)
        rows = await latest_rows(work.tx, await _wanted(work.tx, query), limit=_PAGE + 1, after=_place(query.after))
        form = Form(sent)
    except (InvalidForm, InvalidInput, NotFound) as error:
        rows, form = [], refused(sent, error)
    asked = {name: sent[name] for name in ("who", "target", "action", "first", "last") if sent.get(name)}
    return show(
        request,
        "audit_log.html",
        status=form.status,
        form=form,
        standing=standing,
        rows=await _named(work.tx, rows[:_PAGE]),
        is_narrowed=bool(asked),
        next=f"{PATH}?{urlencode({**asked, 'after': _cursor(rows[_PAGE - 1])})}" if len(rows) > _PAGE else "",
        first=f"{PATH}?{urlencode(asked)}" if sent.get("after") else "",
    )


async def _standing(runtime: Runtime) -> LogStanding:
    settings = runtime.settings
    key, file = chain_key_or_none(settings.data_dir), checkpoint_file(settings.data_dir, settings.database_name)
    return await read_standing(runtime.tx, key, file, now=runtime.clock())


async def _wanted(tx: Tx, query: LogQuery) -> Wanted:
    if query.first and query.last and query.first > query.last:
        raise InvalidForm({"first": "It comes after the last day."})
    return Wanted(
        target=await _target(tx, query.target) if query.target else None,
        who=await _actor(tx, query.who) if query.who else None,
        action=query.action,
        since=begin_of(query.first) if query.first else None,
        until=end_of(query.last) if query.last else None,
    )


async def _actor(tx: Tx, text: str) -> str:
    """Whom the filter means: an actor as the log writes him, or a user by what finds him. Raises what finding raises."""
    is_written_so = text in {"system", "self", "sync"} or text.startswith("import:") or ObjectId.is_valid(text)
    return text if is_written_so else str((await find_user(tx, text)).id)


async def _target(tx: Tx, text: str) -> str:
    if ObjectId.is_valid(text):
        return f"user:{text}"
    return text if ":" in text else f"user:{(await find_user(tx, text)).id}"


def _place(text: str | None) -> LoggedPlace | None:
    if text is None:
        return None
    milliseconds, _, row = text.partition(":")
    return LoggedPlace(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(milliseconds)), row)


def _cursor(row: LoggedRow) -> str:
    milliseconds = (row.entry.at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return f"{milliseconds}:{row.id}"


async def _named(tx: Tx, rows: list[LoggedRow]) -> list[ShownRow]:
    targets = {row.entry.target: row.entry.target.partition(":")[::2] for row in rows}
    users = {thing for kind, thing in targets.values() if kind == "user"}
    names = await names_of_actors(tx, {row.entry.actor.who for row in rows} | users)
    shown = []
    for row in rows:
        kind, thing = targets[row.entry.target]
        name = names.get(thing, thing) if kind == "user" else row.entry.target
        href = f"{_PAGES_OF[kind]}{thing}" if kind in _PAGES_OF and thing else None
        shown.append(ShownRow(row, names[row.entry.actor.who], name, href))
    return shown
