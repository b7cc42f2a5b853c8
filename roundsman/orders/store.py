"""Orders, deliveries and payments as documents."""

from dataclasses import asdict
from datetime import date

from roundsman.database.documents import source_document, source_from, without_absent
from roundsman.database.transaction import Document
from roundsman.orders.deliveries import Collected, Delivery, DeliveryStatus, Paid, Told
from roundsman.orders.orders import Order, OrderLine, OrderOrigin, OrderStatus, OrderType
from roundsman.orders.payments import Payment, PaymentStatus


def order_document(order: Order) -> Document:
    """Store an order."""
    return without_absent(
        {
            "_id": order.id,
            "customer_id": order.customer_id,
            "user_id": order.user_id,
            "lines": [_line_document(line) for line in order.lines],
            "total_paise": order.total_paise,
            "status": order.status.value,
            "placed_at": order.placed_at,
            "origin": order.origin.value,
            "for_date": None if order.for_date is None else order.for_date.isoformat(),
            "delivered_at": order.delivered_at,
            "cancelled_at": order.cancelled_at,
            "delivery_boy_id": order.delivery_boy_id,
            "cancelled_by_customer": order.cancelled_by_customer or None,
            "refunded_paise": order.refunded_paise or None,
            "type": order.type.value if order.type is OrderType.SUBSCRIPTION else None,
            "old_id": order.old_id,
            "source": source_document(order.source),
        }
    )


def order_from(document: Document) -> Order:
    """Read an order."""
    for_date = document.get("for_date")
    return Order(
        id=document["_id"],
        customer_id=document.get("customer_id"),
        user_id=document.get("user_id"),
        lines=tuple(_line_from(line) for line in document["lines"]),
        total_paise=document["total_paise"],
        status=OrderStatus(document["status"]),
        placed_at=document["placed_at"],
        origin=OrderOrigin(document["origin"]),
        for_date=None if for_date is None else date.fromisoformat(for_date),
        delivered_at=document.get("delivered_at"),
        cancelled_at=document.get("cancelled_at"),
        delivery_boy_id=document.get("delivery_boy_id"),
        cancelled_by_customer=document.get("cancelled_by_customer", False),
        refunded_paise=document.get("refunded_paise", 0),
        type=OrderType(document.get("type", OrderType.ONE_TIME)),
        old_id=document.get("old_id"),
        source=source_from(document.get("source")),
    )


def delivery_document(delivery: Delivery) -> Document:
    """Store a delivery."""
    return without_absent(
        {
            "_id": delivery.id,
            "customer_id": delivery.customer_id,
            "user_id": delivery.user_id,
            "order_id": delivery.order_id,
            "order_name": delivery.order_name,
            "delivery_boy_id": delivery.delivery_boy_id,
            "for_date": delivery.for_date.isoformat(),
            "status": delivery.status.value,
            "at": delivery.at,
            "failed_attempts": delivery.failed_attempts or None,
            "reason": delivery.reason,
            "collected": None if delivery.collected is None else asdict(delivery.collected),
            "marks": [_told_document(told) for told in delivery.marks] or None,
            "origin": delivery.origin.value,
            "source": source_document(delivery.source),
        }
    )


def delivery_from(document: Document) -> Delivery:
    """Read a delivery."""
    return Delivery(
        id=document["_id"],
        customer_id=document.get("customer_id"),
        user_id=document.get("user_id"),
        for_date=date.fromisoformat(document["for_date"]),
        status=DeliveryStatus(document["status"]),
        origin=OrderOrigin(document["origin"]),
        order_id=document.get("order_id"),
        order_name=document.get("order_name"),
        delivery_boy_id=document.get("delivery_boy_id"),
        at=document.get("at"),
        failed_attempts=document.get("failed_attempts", 0),
        reason=document.get("reason"),
        collected=None if "collected" not in document else Collected(**document["collected"]),
        marks=tuple(_told_from(told) for told in document.get("marks", ())),
        source=source_from(document.get("source")),
    )


def _told_document(told: Told) -> Document:
    paid = None if told.paid is None else asdict(told.paid)
    return without_absent({"key": told.key, "failed_because": told.failed_because, "paid": paid})


def _told_from(document: Document) -> Told:
    paid = document.get("paid")
    return Told(document["key"], document.get("failed_because"), None if paid is None else Paid(**paid))


def payment_document(payment: Payment) -> Document:
    """Store a payment."""
    return without_absent(
        {
            "_id": payment.id,
            "customer_id": payment.customer_id,
            "user_id": payment.user_id,
            "order_id": payment.order_id,
            "amount_paise": payment.amount_paise,
            "method": payment.method,
            "at": payment.at,
            "status": payment.status.value,
            "origin": payment.origin.value,
            "source": source_document(payment.source),
        }
    )


def payment_from(document: Document) -> Payment:
    """Read a payment."""
    return Payment(
        id=document["_id"],
        customer_id=document.get("customer_id"),
        user_id=document.get("user_id"),
        amount_paise=document["amount_paise"],
        method=document["method"],
        at=document["at"],
        status=PaymentStatus(document["status"]),
        origin=OrderOrigin(document["origin"]),
        order_id=document.get("order_id"),
        source=source_from(document.get("source")),
    )


def _line_document(line: OrderLine) -> Document:
    return without_absent(
        {
            "product_id": line.product_id,
            "name": line.name,
            "quantity": line.quantity,
            "unit_price_paise": line.unit_price_paise,
        }
    )


def _line_from(line: Document) -> OrderLine:
    return OrderLine(line.get("product_id"), line["name"], line["quantity"], line["unit_price_paise"])
