"""Whether the program runs and whether it can work, for whatever supervises it."""

from typing import Literal

from fastapi import APIRouter, Depends, Request

from roundsman.api.models import AnswerModel, problems
from roundsman.database.readiness import require_answer
from roundsman.database.wholeness import require_whole
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
