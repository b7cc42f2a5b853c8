"""From source documents to deliveries, payments and subscriptions (pure); what cannot be read is left out."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from roundsman.ids import DeliveryId, OrderId, PaymentId, ProductId, SubscriptionId
from roundsman.migration.conversion import OrderParties, Reading
from roundsman.migration.reading import day, flag, number, paise, value_at, values_at
from roundsman.orders.deliveries import AnyDeliveryId, Delivery, DeliveryStatus
from roundsman.orders.orders import OrderOrigin
from roundsman.orders.payments import Payment, PaymentStatus
from roundsman.subscriptions.subscriptions import (
    Pause,
    Rule,
    RuleKind,
    Subscription,
    SubscriptionOrigin,
    SubscriptionStatus,
)


def delivery_id_of(reading: Reading) -> AnyDeliveryId:
    """The document's own id; where it has none, the stop: `<customer>:<date>:<shift or ->`."""
    customer, for_date = reading.old_id("owner"), _for_date(reading)
    if reading.old_id("app_id") or not customer:
        return DeliveryId(reading.own_id())
    return f"{customer}:{for_date.isoformat()}:{(reading.text('shift') or '-').lower()}"


def delivery_of(reading: Reading, parties: OrderParties, *, orders: Mapping[str, OrderId]) -> Delivery:
    """A mark of the existing application; one whose status nobody knows is still to come."""
    named = reading.old_id("order")
    word = reading.word("delivery_status")
    return Delivery(
        id=delivery_id_of(reading),
        customer_id=parties.customer_id,
        user_id=parties.user_id,
        for_date=_for_date(reading),
        status=DeliveryStatus(word) if word else DeliveryStatus.PENDING,
        origin=OrderOrigin.SOURCE,
        at=reading.moment("at"),
        order_id=orders.get(named) if named else None,
        names_order=named is not None,
        delivery_boy_id=parties.delivery_boy_id,
        source=reading.source(),
    )


def _for_date(reading: Reading) -> date:
    timezone = reading.profile.timezone
    written = day(reading.value("for_date"), timezone) or day(reading.value("at"), timezone)
    return written or reading.created_at().astimezone(timezone).date()


def payment_of(reading: Reading, parties: OrderParties, *, orders: Mapping[str, OrderId]) -> Payment:
    """A payment; without a status it succeeded, since then it would not be written down."""
    named = reading.old_id("order")
    word = reading.word("payment_status")
    return Payment(
        id=PaymentId(reading.own_id()),
        customer_id=parties.customer_id,
        user_id=parties.user_id,
        amount_paise=paise(reading.value("amount")) or 0,
        method=reading.text("method") or "",
        at=reading.moment("at") or reading.created_at(),
        status=PaymentStatus(word) if word else PaymentStatus.SUCCEEDED,
        origin=OrderOrigin.SOURCE,
        order_id=orders.get(named) if named else None,
        source=reading.source(),
    )


def subscription_of(reading: Reading, parties: OrderParties, *, products: Mapping[str, ProductId]) -> Subscription:
    """A subscription; of one whose rule nobody knows only what is listed day by day comes."""
    product, timezone = reading.old_id("product"), reading.profile.timezone
    return Subscription(
        id=SubscriptionId(reading.own_id()),
        customer_id=parties.customer_id,
        user_id=parties.user_id,
        product_id=products.get(product) if product else None,
        status=_subscription_status(reading),
        rule=_rule(reading, timezone),
        origin=SubscriptionOrigin.SOURCE,
        pauses=tuple(_pauses(reading, timezone)),
        start=day(reading.value("start"), timezone),
        end=day(reading.value("end"), timezone),
        created_at=reading.moment("at") or reading.created_at(),
        source=reading.source(),
    )


def _rule(reading: Reading, timezone: ZoneInfo) -> Rule:
    word = reading.word("subscription_rule", "rule")
    return Rule(
        RuleKind(word) if word else RuleKind.LISTED,
        number(reading.value("quantity")) or 0.0,
        frozenset(_weekdays(reading.value("weekdays"))),
        dict(_exact(reading, timezone)),
    )


def _exact(reading: Reading, timezone: ZoneInfo) -> Iterator[tuple[date, float]]:
    days, quantities = reading.collection.paths("exact_day"), reading.collection.paths("exact_quantity")
    # Read backwards, so that of a day which stands twice the first counts.
    for one in reversed(_listed(reading, "exact")):
        on, quantity = day(value_at(one, days), timezone), number(value_at(one, quantities))
        if on is not None and quantity is not None:
            yield on, quantity


def _listed(reading: Reading, meaning: str) -> list[Mapping[str, Any]]:
    """What is in the lists under the meaning; a source may have several, one of them empty."""
    lists = values_at(reading.document.fields, reading.collection.paths(meaning))
    return [one for items in lists if isinstance(items, list) for one in items if isinstance(one, Mapping)]


def _subscription_status(reading: Reading) -> SubscriptionStatus:
    if word := reading.word("subscription_status"):
        return SubscriptionStatus(word)
    runs = flag(reading.value("is_active"), default=False)
    return SubscriptionStatus.ACTIVE if runs else SubscriptionStatus.STOPPED


def _weekdays(written: Any) -> list[int]:  # noqa: ANN401 - any BSON value
    days = written if isinstance(written, list) else []
    return [
        int(one) for one in days if isinstance(one, int) and not isinstance(one, bool) and 0 <= one < len("MTWTFSS")
    ]


def _pauses(reading: Reading, timezone: ZoneInfo) -> list[Pause]:
    starts, ends = reading.collection.paths("pause_start"), reading.collection.paths("pause_end")
    read = [
        (day(value_at(one, starts), timezone), day(value_at(one, ends), timezone)) for one in _listed(reading, "pauses")
    ]
    return [Pause(start, end) for start, end in read if start is not None]
