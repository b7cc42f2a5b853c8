"""Recording payments: money that came, that should have come and did not, and that went back."""

from dataclasses import dataclass
from datetime import datetime

from roundsman.customers.customers import Customer
from roundsman.database.transaction import Tx, in_transaction
from roundsman.identity.mode import require_operations_managed_here
from roundsman.ids import CustomerId, OrderId, PaymentId, UserId
from roundsman.operations.facts.intake import Change, Intake, KeyUsedOtherwise, customer_of_somebody, write_down
from roundsman.operations.facts.telling import facts_of_payment
from roundsman.orders.book import UnknownOrder, find_payment, get_order, insert_payment, owner_of, replace_order
from roundsman.orders.changes import refunded
from roundsman.orders.orders import Order, OrderOrigin
from roundsman.orders.payments import Payment, PaymentStatus


@dataclass(frozen=True, slots=True)
class Received:
    """A customer's payment, once by its key: for an order of his, or for whatever he owes."""

    key: str
    amount_paise: int
    method: str
    succeeded: bool = True
    order_id: OrderId | None = None


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Money of an order that goes back to the customer, once by its key, and why."""

    key: str
    amount_paise: int
    method: str
    reason: str


async def record_payment(
    tx: Tx, customer_id: CustomerId, received: Received, *, intake: Intake, now: datetime
) -> Payment:
    """Record a payment, or that one failed; sent again, gives the same one.

    Raises UnknownCustomer, UnknownOrder, KeyUsedOtherwise, OperationsManagedElsewhere.
    """

    async def work(tx: Tx) -> Payment:
        await require_operations_managed_here(tx)
        customer = await customer_of_somebody(tx, customer_id)
        if received.order_id is not None:
            await _require_his(tx, received.order_id, customer)
        payment = _payment(customer, received, intake=intake, now=now)
        return await _stored_once(tx, customer.user_id, payment, intake=intake, now=now)

    return await in_transaction(tx, work)


async def refund_order(tx: Tx, order_id: OrderId, given: GivenBack, *, intake: Intake, now: datetime) -> Payment:
    """Record that money of an order went back, no more than it costs; sent again, gives the same one.

    Raises UnknownOrder, RefundTooLarge, KeyUsedOtherwise, OperationsManagedElsewhere.
    """

    async def work(tx: Tx) -> Payment:
        await require_operations_managed_here(tx)
        order = await get_order(tx, order_id)
        payment = _refund(order, given, intake=intake, now=now)
        if await find_payment(tx, payment.id) is None:
            await replace_order(tx, refunded(order, given.amount_paise))
        return await _stored_once(tx, owner_of(order), payment, reason=given.reason, intake=intake, now=now)

    return await in_transaction(tx, work)


async def _require_his(tx: Tx, order_id: OrderId, customer: Customer) -> None:
    if (await get_order(tx, order_id)).user_id != customer.user_id:
        raise UnknownOrder("There is no such order of this customer")


async def _stored_once(
    tx: Tx, user_id: UserId, payment: Payment, *, reason: str | None = None, intake: Intake, now: datetime
) -> Payment:
    if (there := await find_payment(tx, payment.id)) is not None:
        if _content(there) != _content(payment):
            raise KeyUsedOtherwise
        return there
    facts = facts_of_payment(user_id, payment)
    action = f"payment.{payment.status.value}"
    change = Change(action, f"payment:{payment.id}", await insert_payment(tx, payment), reason)
    await write_down(tx, intake, user_id, change, *facts, now=now)
    return payment


def _content(payment: Payment) -> tuple[object, ...]:
    """What was said of it: all but when, and whose user the customer is now."""
    return payment.customer_id, payment.order_id, payment.amount_paise, payment.method, payment.status


def _payment(customer: Customer, received: Received, *, intake: Intake, now: datetime) -> Payment:
    return Payment(
        id=PaymentId(intake.id_for("payment", received.key)),
        customer_id=customer.id,
        user_id=customer.user_id,
        amount_paise=received.amount_paise,
        method=received.method,
        at=now,
        status=PaymentStatus.SUCCEEDED if received.succeeded else PaymentStatus.FAILED,
        origin=OrderOrigin.ROUNDSMAN,
        order_id=received.order_id,
    )


def _refund(order: Order, given: GivenBack, *, intake: Intake, now: datetime) -> Payment:
    return Payment(
        id=PaymentId(intake.id_for("payment", given.key)),
        customer_id=order.customer_id,
        user_id=order.user_id,
        amount_paise=given.amount_paise,
        method=given.method,
        at=now,
        status=PaymentStatus.REFUNDED,
        origin=OrderOrigin.ROUNDSMAN,
        order_id=order.id,
    )
