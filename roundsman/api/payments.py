"""Payments: those of oneself, and those that staff tells of."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from roundsman.access.permissions import Permission
from roundsman.api.models import KEPT_FOR_GOOD, AnswerModel, Id, IdInBody, IdInPath, Line, RequestModel, problems
from roundsman.api.operating import Key, Method, Page, Paise
from roundsman.ids import CustomerId, OrderId
from roundsman.operations.facts.intake import customer_of_somebody
from roundsman.operations.selling.payment_intake import GivenBack, Received, record_payment, refund_order
from roundsman.orders.book import list_payments
from roundsman.orders.payments import PaymentStatus
from roundsman.web.guards import require
from roundsman.web.operating import Work

router = APIRouter(prefix="/payments", tags=["payments"])
of_customers = APIRouter(prefix="/customers/{customer_id}/payments", tags=["payments"])
of_orders = APIRouter(prefix="/orders/{order_id}/refunds", tags=["payments"])


class Paying(RequestModel):
    """A payment of a customer, or one that failed."""

    key: Key
    customer_id: IdInBody
    amount_paise: Paise
    method: Method
    succeeded: bool = Field(True, description="False for one that failed.")
    order_id: IdInBody | None = Field(None, description="The order of his that it is for, if it is for one.")


class Refunding(RequestModel):
    """Money of an order that goes back."""

    key: Key
    amount_paise: Paise
    method: Method
    reason: Line = Field(description=KEPT_FOR_GOOD, examples=["the milk was sour"])


class PaymentView(AnswerModel):
    """A payment, or money that went back."""

    id: Id
    customer_id: Id | None
    order_id: Id | None
    amount_paise: int
    method: str
    at: datetime
    status: PaymentStatus


@router.post(
    "",
    status_code=201,
    dependencies=[Depends(require(Permission.PAYMENTS_RECORD))],
    responses=problems(401, 403, 404, 409, 422),
)
async def record(body: Paying, work: Work) -> PaymentView:
    """Tell of a payment of a customer."""
    order_id = None if body.order_id is None else OrderId(body.order_id)
    received = Received(body.key, body.amount_paise, body.method, succeeded=body.succeeded, order_id=order_id)
    payment = await record_payment(work.tx, CustomerId(body.customer_id), received, intake=work.intake, now=work.now)
    return PaymentView.model_validate(payment)


@router.get("", dependencies=[Depends(require(Permission.ME_PURCHASES))], responses=problems(401, 403, 422))
async def own(work: Work, page: Annotated[Page, Query()]) -> list[PaymentView]:
    """List what one paid, could not pay and got back, the newest first."""
    found = await list_payments(work.tx, work.user_id, skip=page.skip, limit=page.limit)
    return [PaymentView.model_validate(payment) for payment in found]


@of_customers.get(
    "", dependencies=[Depends(require(Permission.PURCHASES_READ))], responses=problems(401, 403, 404, 422)
)
async def of_customer(customer_id: IdInPath, work: Work, page: Annotated[Page, Query()]) -> list[PaymentView]:
    """List what the person a customer is paid, could not pay and got back, the newest first."""
    customer = await customer_of_somebody(work.tx, CustomerId(customer_id))
    found = await list_payments(work.tx, customer.user_id, skip=page.skip, limit=page.limit)
    return [PaymentView.model_validate(payment) for payment in found]


@of_orders.post(
    "",
    status_code=201,
    dependencies=[Depends(require(Permission.PAYMENTS_RECORD))],
    responses=problems(401, 403, 404, 409, 422),
)
async def refund(body: Refunding, order_id: IdInPath, work: Work) -> PaymentView:
    """Tell that money of an order went back to the customer, in all no more than the order costs."""
    given = GivenBack(**body.model_dump())
    return PaymentView.model_validate(
        await refund_order(work.tx, OrderId(order_id), given, intake=work.intake, now=work.now)
    )
