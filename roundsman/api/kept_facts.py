"""Facts that were told and changed nothing: whoever tells sees here what he has to look at."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from roundsman.access.permissions import Permission
from roundsman.activation.kept_facts import DEFAULT_LIMIT, HIGHEST_LIMIT, list_conflicts, list_unmatched
from roundsman.api.kept_fact_views import KeptFactsView
from roundsman.api.models import RequestModel, problems
from roundsman.web.guards import require
from roundsman.web.services import services_of

router = APIRouter(prefix="/activation", tags=["activation"])

_GUARD: Final = [Depends(require(Permission.FACTS_TELL))]


class KeptQuery(RequestModel):
    """How many to show."""

    limit: Annotated[int, Field(ge=1, le=HIGHEST_LIMIT)] = DEFAULT_LIMIT


@router.get("/conflicts", dependencies=_GUARD, responses=problems(401, 403, 422))
async def conflicts(request: Request, query: Annotated[KeptQuery, Query()]) -> KeptFactsView:
    """List facts that contradict what was told first; the newest first."""
    tx = services_of(request).runtime.tx
    return KeptFactsView.model_validate(await list_conflicts(tx, limit=query.limit))


@router.get("/unmatched", dependencies=_GUARD, responses=problems(401, 403, 422))
async def unmatched(request: Request, query: Annotated[KeptQuery, Query()]) -> KeptFactsView:
    """List facts about people who are no customers yet; the newest first."""
    tx = services_of(request).runtime.tx
    return KeptFactsView.model_validate(await list_unmatched(tx, limit=query.limit))
