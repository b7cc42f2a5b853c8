"""What was brought to oneself, and how it was."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from roundsman.access.permissions import Permission
from roundsman.api.models import AnswerModel, RequestModel, problems
from roundsman.api.operating import Page
from roundsman.operations.delivering.rating import Rated, own_deliveries, rate_delivery
from roundsman.orders.deliveries import DeliveryStatus
from roundsman.web.guards import require
from roundsman.web.operating import Work

router = APIRouter(prefix="/deliveries", tags=["deliveries"])

ListedId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=200,
        description="As it is listed.",
        examples=["69a3d7f0c2a4e5b6d7e8f901", "69a3d7f0c2a4e5b6d7e8f902:2026-11-23:-"],
    ),
]


class Rating(RequestModel):
    """How a delivery was."""

    stars: Annotated[int, Field(ge=1, le=5)]


class DeliveryView(AnswerModel):
    """Something that was brought, or should have been."""

    id: str
    for_date: date
    status: DeliveryStatus
    at: datetime | None
    stars: int | None


@router.get("", dependencies=[Depends(require(Permission.ME_PURCHASES))], responses=problems(401, 403, 422))
async def own(work: Work, page: Annotated[Page, Query()]) -> list[DeliveryView]:
    """List what was brought to oneself, the newest first."""
    return [_view(one) for one in await own_deliveries(work.tx, work.user_id, skip=page.skip, limit=page.limit)]


@router.put(
    "/{stop_id}/rating",
    dependencies=[Depends(require(Permission.ME_RATE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def rate(body: Rating, stop_id: ListedId, work: Work) -> DeliveryView:
    """Say how a delivery was, or say it otherwise."""
    return _view(await rate_delivery(work.tx, work.user_id, stop_id, body.stars, now=work.now))


def _view(rated: Rated) -> DeliveryView:
    one = rated.delivery
    return DeliveryView(id=rated.id, for_date=one.for_date, status=one.status, at=one.at, stars=rated.stars)
