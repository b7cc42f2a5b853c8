"""Orders: placed and cancelled by customers and by staff for them, and what became of their delivery."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from roundsman.access.permissions import Permission
from roundsman.api.models import (
    KEPT_FOR_GOOD,
    AnswerModel,
    Id,
    IdInBody,
    IdInPath,
    Line,
    RequestModel,
    problems,
)
from roundsman.api.operating import Key, Page
from roundsman.ids import CustomerId, OrderId, ProductId
from roundsman.operations.delivering.delivery_marks import mark_delivered, mark_not_delivered
from roundsman.operations.facts.intake import customer_of_somebody
from roundsman.operations.selling.order_intake import (
    WantedLine,
    WantedOrder,
    cancel_order,
    cancel_own_order,
    place_order,
    place_own_order,
)
from roundsman.orders.book import list_orders
from roundsman.orders.orders import OrderStatus
from roundsman.web.guards import require
from roundsman.web.operating import Work

router = APIRouter(prefix="/orders", tags=["orders"])
of_customers = APIRouter(prefix="/customers/{customer_id}/orders", tags=["orders"])


class Wanted(RequestModel):
    """How much of what."""

    product_id: IdInBody
    quantity: Annotated[float, Field(gt=0, le=1_000, multiple_of=0.25, description="In the product's unit.")]


class Ordering(RequestModel):
    """What is ordered. Prices are those of the catalogue, so none is sent."""

    key: Key
    lines: Annotated[list[Wanted], Field(min_length=1, max_length=50)] = Field(
        examples=[[{"product_id": "69a3d7f0c2a4e5b6d7e8f901", "quantity": 2}]]
    )
    for_date: date | None = Field(
        None, description="The Indian day it is for, today or later; its prices count.", examples=["2026-12-01"]
    )


class OwnOrdering(Ordering):
    """What somebody orders for himself."""

    customer_id: IdInBody | None = Field(None, description="Which of his customer profiles; the oldest if not given.")


class Why(RequestModel):
    """Why it is done; the audit log keeps it."""

    reason: Line = Field(description=KEPT_FOR_GOOD, examples=["the dairy brought no milk"])


class FailedAttempt(Why):
    """An attempt to deliver that failed."""

    attempt: Annotated[int, Field(ge=1, le=100)] = Field(1, description="Which of the attempts that failed: 1, 2, ...")


class LineView(AnswerModel):
    """One product of an order."""

    product_id: Id | None
    name: str
    quantity: float
    unit_price_paise: int


class OrderView(AnswerModel):
    """An order as it is now."""

    id: Id
    customer_id: Id | None
    lines: list[LineView]
    total_paise: int
    status: OrderStatus
    placed_at: datetime
    for_date: date | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    cancelled_by_customer: bool
    refunded_paise: int


@router.post(
    "",
    status_code=201,
    dependencies=[Depends(require(Permission.ME_ORDER))],
    responses=problems(401, 403, 404, 409, 422),
)
async def place_own(body: OwnOrdering, work: Work) -> OrderView:
    """Order something for oneself."""
    customer_id = None if body.customer_id is None else CustomerId(body.customer_id)
    wanted = _wanted(body)
    return OrderView.model_validate(
        await place_own_order(work.tx, work.user_id, wanted, customer_id=customer_id, intake=work.intake, now=work.now)
    )


@router.get("", dependencies=[Depends(require(Permission.ME_PURCHASES))], responses=problems(401, 403, 422))
async def own(work: Work, page: Annotated[Page, Query()]) -> list[OrderView]:
    """List one's own orders, the newest first."""
    found = await list_orders(work.tx, work.user_id, skip=page.skip, limit=page.limit)
    return [OrderView.model_validate(order) for order in found]


@router.post(
    "/{order_id}/cancel",
    dependencies=[Depends(require(Permission.ME_ORDER))],
    responses=problems(401, 403, 404, 409, 422),
)
async def cancel_own(order_id: IdInPath, work: Work) -> OrderView:
    """Cancel an order of oneself that was not delivered yet."""
    return OrderView.model_validate(
        await cancel_own_order(work.tx, work.user_id, OrderId(order_id), intake=work.intake, now=work.now)
    )


@router.post(
    "/{order_id}/delivered",
    dependencies=[Depends(require(Permission.ORDERS_MANAGE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def delivered(order_id: IdInPath, work: Work) -> OrderView:
    """Say that an order was delivered."""
    return OrderView.model_validate(await mark_delivered(work.tx, OrderId(order_id), intake=work.intake, now=work.now))


@router.post(
    "/{order_id}/not-delivered",
    dependencies=[Depends(require(Permission.ORDERS_MANAGE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def not_delivered(body: FailedAttempt, order_id: IdInPath, work: Work) -> OrderView:
    """Say that an attempt to deliver an order failed. It may be tried again."""
    order = await mark_not_delivered(
        work.tx,
        OrderId(order_id),
        attempt=body.attempt,
        reason=body.reason,
        intake=work.intake,
        now=work.now,
    )
    return OrderView.model_validate(order)


@of_customers.post(
    "",
    status_code=201,
    dependencies=[Depends(require(Permission.ORDERS_MANAGE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def place(body: Ordering, customer_id: IdInPath, work: Work) -> OrderView:
    """Order something for a customer."""
    return OrderView.model_validate(
        await place_order(work.tx, CustomerId(customer_id), _wanted(body), intake=work.intake, now=work.now)
    )


@of_customers.get(
    "", dependencies=[Depends(require(Permission.PURCHASES_READ))], responses=problems(401, 403, 404, 422)
)
async def of_customer(customer_id: IdInPath, work: Work, page: Annotated[Page, Query()]) -> list[OrderView]:
    """List the orders of the person a customer is, the newest first."""
    customer = await customer_of_somebody(work.tx, CustomerId(customer_id))
    found = await list_orders(work.tx, customer.user_id, skip=page.skip, limit=page.limit)
    return [OrderView.model_validate(order) for order in found]


@of_customers.post(
    "/{order_id}/cancel",
    dependencies=[Depends(require(Permission.ORDERS_MANAGE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def cancel(body: Why, customer_id: IdInPath, order_id: IdInPath, work: Work) -> OrderView:
    """Cancel a customer's order that was not delivered yet, for the business: it does not count as the customer's doing."""
    order = await cancel_order(
        work.tx,
        CustomerId(customer_id),
        OrderId(order_id),
        reason=body.reason,
        intake=work.intake,
        now=work.now,
    )
    return OrderView.model_validate(order)


def _wanted(body: Ordering) -> WantedOrder:
    lines = tuple(WantedLine(ProductId(line.product_id), line.quantity) for line in body.lines)
    return WantedOrder(body.key, lines, body.for_date)
