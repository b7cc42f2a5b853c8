"""Placing and cancelling orders, by the customer himself or by staff for him.

Prices come from the catalogue, never from who asks: those of the day the order is for, or of this moment.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime

from roundsman.calendar import begin_of, day_of
from roundsman.catalog.listing import get_products
from roundsman.catalog.prices import price_at
from roundsman.customers.customers import Customer, CustomerStatus
from roundsman.customers.linkage import find_owner_of_customer
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict, InvalidInput
from roundsman.identity.mode import require_operations_managed_here
from roundsman.ids import CustomerId, OrderId, ProductId, UserId
from roundsman.operations.facts.intake import (
    Change,
    Intake,
    KeyUsedOtherwise,
    customer_of_somebody,
    own_customer,
    write_down,
)
from roundsman.operations.facts.telling import fact_of_cancelling, fact_of_placing
from roundsman.orders.book import UnknownOrder, find_order, get_order, insert_order, replace_order
from roundsman.orders.changes import cancelled, total_of
from roundsman.orders.orders import Order, OrderLine, OrderOrigin, OrderStatus


class DayPassed(InvalidInput):
    """The day is over."""

    code = "day_passed"


class CustomerStopped(Conflict):
    """Nothing is brought to the customer any more."""

    code = "customer_stopped"


@dataclass(frozen=True, slots=True)
class WantedLine:
    """How much of what."""

    product_id: ProductId
    quantity: float


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """What is ordered, once by its key; for a day, or for as soon as possible."""

    key: str
    lines: tuple[WantedLine, ...]
    for_date: date | None = None


async def place_own_order(
    tx: Tx, user_id: UserId, wanted: WantedOrder, *, customer_id: CustomerId | None, intake: Intake, now: datetime
) -> Order:
    """Place an order for oneself; sent again, gives the same order.

    Raises NoCustomerProfile and UnknownCustomer, and what `_placed` raises.
    """

    async def his(tx: Tx) -> Customer:
        return await own_customer(tx, user_id, customer_id)

    return await _placed(tx, his, wanted, intake=intake, now=now)


async def place_order(tx: Tx, customer_id: CustomerId, wanted: WantedOrder, *, intake: Intake, now: datetime) -> Order:
    """Place an order for a customer; sent again, gives the same order. Raises UnknownCustomer, and what `_placed` raises."""

    async def his(tx: Tx) -> Customer:
        return await customer_of_somebody(tx, customer_id)

    return await _placed(tx, his, wanted, intake=intake, now=now)


async def cancel_own_order(tx: Tx, user_id: UserId, order_id: OrderId, *, intake: Intake, now: datetime) -> Order:
    """Cancel an order of oneself; one that was cancelled before stays as it is. Raises what `_cancelled` raises."""
    return await _cancelled(tx, order_id, user_id, intake=intake, now=now)


async def cancel_order(
    tx: Tx, customer_id: CustomerId, order_id: OrderId, *, reason: str, intake: Intake, now: datetime
) -> Order:
    """Cancel an order of the person a customer is, for the business; one that was cancelled before stays as it is.

    Raises what `_cancelled` raises.
    """

    async def work(tx: Tx) -> Order:
        owner = await find_owner_of_customer(tx, customer_id)
        return await _cancelled(tx, order_id, owner, reason=reason, intake=intake, now=now)

    return await in_transaction(tx, work)


async def _placed(
    tx: Tx, his: Callable[[Tx], Awaitable[Customer]], wanted: WantedOrder, *, intake: Intake, now: datetime
) -> Order:
    """Raises UnknownProduct, NotSold, DayPassed, CustomerStopped, KeyUsedOtherwise, OperationsManagedElsewhere."""

    async def work(tx: Tx) -> Order:
        await require_operations_managed_here(tx)
        customer = await his(tx)
        order_id = OrderId(intake.id_for("order", wanted.key))
        if (there := await find_order(tx, order_id)) is not None:
            return _same(there, customer, wanted)
        order = await _new_order(tx, order_id, customer, wanted, now=now)
        fact = fact_of_placing(customer.user_id, order)
        change = Change("order.placed", f"order:{order_id}", await insert_order(tx, order))
        await write_down(tx, intake, customer.user_id, change, fact, now=now)
        return order

    return await in_transaction(tx, work)


async def _new_order(tx: Tx, order_id: OrderId, customer: Customer, wanted: WantedOrder, *, now: datetime) -> Order:
    if customer.status is CustomerStatus.STOPPED:
        raise CustomerStopped("Nothing is brought to this customer any more")
    if wanted.for_date is not None and wanted.for_date < day_of(now):
        raise DayPassed(f"{wanted.for_date} is over")
    priced_at = now if wanted.for_date is None else max(now, begin_of(wanted.for_date))
    products = await get_products(tx, {line.product_id for line in wanted.lines})
    sold = [(products[line.product_id], line.quantity) for line in wanted.lines]
    lines = tuple(OrderLine(one.id, one.name, quantity, price_at(one, priced_at)) for one, quantity in sold)
    return Order(
        id=order_id,
        customer_id=customer.id,
        user_id=customer.user_id,
        lines=lines,
        total_paise=total_of(lines),
        status=OrderStatus.PENDING,
        placed_at=now,
        origin=OrderOrigin.ROUNDSMAN,
        for_date=wanted.for_date,
    )


def _same(order: Order, customer: Customer, wanted: WantedOrder) -> Order:
    asked = [(line.product_id, line.quantity) for line in wanted.lines]
    there = [(line.product_id, line.quantity) for line in order.lines]
    if (order.customer_id, there, order.for_date) != (customer.id, asked, wanted.for_date):
        raise KeyUsedOtherwise
    return order


async def _cancelled(
    tx: Tx,
    order_id: OrderId,
    owner: UserId | None,
    *,
    reason: str | None = None,
    intake: Intake,
    now: datetime,
) -> Order:
    """Cancel an order: without a reason it is the customer who does. Raises UnknownOrder, OrderNotOpen, OperationsManagedElsewhere."""
    by_customer = reason is None

    async def work(tx: Tx) -> Order:
        await require_operations_managed_here(tx)
        before = await get_order(tx, order_id)
        if owner is None or before.user_id != owner:
            raise UnknownOrder("There is no such order")
        after = cancelled(before, by_customer=by_customer, at=now)
        if after == before:
            return before
        fact = fact_of_cancelling(owner, after)
        change = Change("order.cancelled", f"order:{order_id}", await replace_order(tx, after), reason)
        await write_down(tx, intake, owner, change, fact, now=now)
        return after

    return await in_transaction(tx, work)
