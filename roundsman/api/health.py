"""Whether the program runs and whether it can work, for whatever supervises it."""

from typing import Literal

from fastapi import APIRouter, Depends, Request

from roundsman.api.models import AnswerModel, problems
from roundsman.database.readiness import require_answer
from roundsman.database.wholeness import require_whole
from roundsman.migration.source_cursor import SourceCursor, find_cursor
from roundsman.web.guards import public
from roundsman.web.services import services_of

router = APIRouter(prefix="/health", tags=["health"])

_SUPERVISED = public(reason="A supervisor has no account, and the answer tells nothing but yes or no.")


class Health(AnswerModel):
    """The program runs."""

    status: Literal["ok"] = "ok"


class Readiness(AnswerModel):
    """The program runs and its database answers."""

    status: Literal["ready"] = "ready"


class SourceHealth(AnswerModel):
    """How far Roundsman follows the existing application.

    `none`: it follows no source. `followed`: `lag_seconds` ago everything in the source was here; a lag that grows says
    that no worker runs, or that it is busy. `unreachable`: the worker gets no answer from the source. `doubted`: what it
    finds looks like another database, and it takes nothing until somebody has looked.
    """

    status: Literal["none", "followed", "unreachable", "doubted"]
    lag_seconds: float | None = None


@router.get("", dependencies=[Depends(_SUPERVISED)])
async def health() -> Health:
    """Answer as long as the program runs, whether or not it can work."""
    return Health()


@router.get("/ready", dependencies=[Depends(_SUPERVISED)], responses=problems())
async def ready(request: Request) -> Readiness:
    """Answer 200 when the database answers and is whole, 503 when it is not."""
    tx = services_of(request).runtime.tx
    await require_answer(tx)
    await require_whole(tx.database)
    return Readiness()


@router.get("/source", dependencies=[Depends(_SUPERVISED)], responses=problems())
async def source(request: Request) -> SourceHealth:
    """Tell how many seconds Roundsman is behind the existing application."""
    runtime = services_of(request).runtime
    cursor = await find_cursor(runtime.tx)
    if cursor is None:
        return SourceHealth(status="none")
    lag = (runtime.clock() - cursor.taken_until).total_seconds() if cursor.taken_until else None
    return SourceHealth(
        status=_status(cursor),
        lag_seconds=None if lag is None else max(lag, 0.0),
    )


def _status(cursor: SourceCursor) -> Literal["followed", "unreachable", "doubted"]:
    if cursor.unreachable_since:
        return "unreachable"
    return "doubted" if cursor.doubted_since else "followed"
