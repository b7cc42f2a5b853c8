"""Health: whether everything that works by itself does, and how far it is behind."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.activation.sweep import last_swept_at
from roundsman.console.guards import require_page
from roundsman.console.rendering import show
from roundsman.console.wording import instant, span
from roundsman.database.backup import find_last_backup
from roundsman.database.lease import MIGRATION, Runner, list_runners
from roundsman.database.oplog import OplogWindow, find_oplog_window
from roundsman.database.status import SchemaStatus, database_status
from roundsman.migration.jobs import JOBS
from roundsman.migration.source_cursor import SourceCursor, find_cursor
from roundsman.money import grouped
from roundsman.notifications.outbox import OutboxStanding, outbox_standing
from roundsman.operations.signing_in.code_spend import CodeSpend, read_code_spend
from roundsman.runtime import Runtime
from roundsman.web.services import services_of

PATH: Final = "/health"
_LONG_AGO: Final = timedelta(minutes=2)
_SHORT_WINDOW: Final = timedelta(hours=24)
_OLD_BACKUP: Final = timedelta(days=2)
_JOBS: Final = {
    "worker": ("Follows the existing application", "roundsman worker"),
    "activation": ("Moves customers on as time passes", "roundsman worker"),
    "audit_log": ("Seals the audit log", "roundsman serve"),
    MIGRATION: ("Imports", ""),
    JOBS: ("Imports begun on a page", ""),
}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that is well (`good`), should be looked at (`wait`) or is not well (`bad`), and what to do then."""

    name: str
    state: str
    value: str
    note: str


@router.get(PATH, dependencies=[Depends(require_page(Permission.SYSTEM_READ))], name="health_page")
async def show_health(request: Request) -> Response:
    """Show what works by itself, and how far it is behind."""
    runtime = services_of(request).runtime
    now = runtime.clock()
    status = await database_status(runtime.client, runtime.settings.database_name)
    runners = await list_runners(runtime.tx, now=now)
    return show(
        request,
        "health.html",
        signals=await _signals(runtime, runners, schema=status.schema, now=now),
        runners=[(one, _JOBS.get(one.job, (one.job, ""))[0]) for one in runners],
        database=status,
        now=now,
    )


async def _signals(runtime: Runtime, runners: list[Runner], *, schema: SchemaStatus, now: datetime) -> list[Signal]:
    tx = runtime.tx
    backup = await find_last_backup(tx)
    return [
        _worker(runners, await last_swept_at(tx), now=now),
        _source(await find_cursor(tx), now=now),
        _outbox(await outbox_standing(tx, now=now), now=now),
        _codes(await read_code_spend(tx, runtime.proving.policy, now=now)),
        _oplog(await find_oplog_window(runtime.client)),
        _backup(backup.at if backup else None, now=now),
        *([] if schema is SchemaStatus.CURRENT else [Signal("Schema", "bad", "not current", schema.value)]),
    ]


def _worker(runners: list[Runner], swept_at: datetime | None, *, now: datetime) -> Signal:
    is_at_work = any(one.is_at_work for one in runners if one.job in {"worker", "activation"})
    if swept_at is None or not is_at_work:
        last = f"; customers were moved on last at {instant(swept_at)}" if swept_at else ""
        return Signal("Worker", "bad", "none runs", f"Start one: roundsman worker{last}")
    lag = now - swept_at
    state = "good" if lag < _LONG_AGO else "bad"
    return Signal("Worker lag", state, span(lag), "since customers were last moved on as time passes")


def _source(cursor: SourceCursor | None, *, now: datetime) -> Signal:
    name = "Sync lag"
    if cursor is None:
        return Signal(name, "none", "no source", "Roundsman follows no other application")
    if cursor.unreachable_since:
        return Signal(
            name, "bad", "unreachable", f"The source does not answer since {instant(cursor.unreachable_since)}"
        )
    if cursor.doubted_since:
        note = f"Since {instant(cursor.doubted_since)} it looks like another database; nothing is taken from it"
        return Signal(name, "bad", "doubted", note)
    if cursor.taken_until is None:
        return Signal(name, "wait", "nothing taken yet", cursor.source)
    lag = max(now - cursor.taken_until, timedelta())
    return Signal(name, "good" if lag < _LONG_AGO else "bad", span(lag), f"behind {cursor.source}")


def _outbox(outbox: OutboxStanding, *, now: datetime) -> Signal:
    late = outbox.due_since is not None and now - outbox.due_since > _LONG_AGO
    state = "bad" if late else "wait" if outbox.failed or outbox.tried_again else "good"
    parts = [
        f"{grouped(outbox.failed)} failed this week",
        f"{grouped(outbox.tried_again)} are tried again",
        f"{grouped(outbox.too_late)} came too late to be of use",
    ]
    due = f"; the oldest is due since {instant(outbox.due_since)}" if late and outbox.due_since else ""
    return Signal("Messages waiting", state, grouped(outbox.waiting), ", ".join(parts) + due)


def _codes(spend: CodeSpend) -> Signal:
    state = "bad" if spend.is_spent else "wait" if spend.this_hour * 5 > spend.most_an_hour * 4 else "good"
    note = f"{grouped(spend.this_hour)} of {grouped(spend.most_an_hour)} in this hour, which ends at {instant(spend.hour_ends_at)}"
    if spend.is_spent:
        note += ". No more are sent until then; ROUNDSMAN_OTP_BUDGET_HOUR is the budget"
    return Signal("Codes sent today", state, grouped(spend.today), note)


def _oplog(window: OplogWindow | None) -> Signal:
    if window is None:
        note = "The user of the database may not read local.oplog.rs, or it is no replica set"
        return Signal("Oplog window", "none", "not known", note)
    state = "good" if window.span >= _SHORT_WINDOW else "wait"
    return Signal(
        "Oplog window", state, span(window.span), f"the database remembers its changes since {instant(window.first)}"
    )


def _backup(at: datetime | None, *, now: datetime) -> Signal:
    if at is None:
        return Signal("Last backup", "bad", "never", "Make one: roundsman db backup")
    return Signal(
        "Last backup", "good" if now - at < _OLD_BACKUP else "wait", f"{span(now - at)} ago", f"Made {instant(at)}"
    )
