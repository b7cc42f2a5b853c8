"""From source documents to deliveries, payments, subscriptions and purchase orders (pure); what cannot be read is left out."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from roundsman.ids import (
    DeliveryId,
    OrderId,
    PaymentId,
    ProductId,
    PurchaseOrderId,
    SubscriptionId,
    SupplierId,
)
from roundsman.migration.conversion import OrderParties, Reading
from roundsman.migration.reading import LARGEST_PAISE, day, flag, number, old_id, paise, text, value_at, values_at
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
from roundsman.suppliers.purchase_orders import (
    PurchaseLine,
    PurchaseOrder,
    PurchaseOrderOrigin,
    PurchaseOrderStatus,
    total_of,
)

_LARGEST_QUANTITY: Final = 10**9
"""What is written beyond is a mistake."""

_DAY: Final = timedelta(days=1)
_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS: Final = {shown: number for number, name in enumerate(_NAMES) for shown in (name, name[:3])}


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
        order_name=named,
        delivery_boy_id=parties.delivery_boy_id,
        source=reading.source(),
    )


def _for_date(reading: Reading) -> date:
    timezone = reading.profile.timezone
    written = day(reading.value("for_date"), timezone) or day(reading.value("at"), timezone)
    return written or reading.created_at().astimezone(timezone).date()


def payment_of(reading: Reading, parties: OrderParties, *, orders: Mapping[str, OrderId]) -> Payment:
    """A payment; without a status it succeeded, and with less than nothing money went back."""
    named = reading.old_id("order")
    word, amount = reading.word("payment_status"), paise(reading.value("amount")) or 0
    status = PaymentStatus(word) if word else PaymentStatus.SUCCEEDED
    return Payment(
        id=PaymentId(reading.own_id()),
        customer_id=parties.customer_id,
        user_id=parties.user_id,
        amount_paise=amount,
        method=reading.text("method") or "",
        at=reading.moment("at") or reading.created_at(),
        status=PaymentStatus.REFUNDED if status is PaymentStatus.SUCCEEDED and amount < 0 else status,
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
        pauses=tuple(dict.fromkeys(_pauses(reading, timezone))),
        start=day(reading.value("start"), timezone),
        end=_end(reading, timezone),
        created_at=reading.moment("at") or reading.created_at(),
        source=reading.source(),
    )


def _end(reading: Reading, timezone: ZoneInfo) -> date | None:
    """The last day; that on which somebody stopped it is the first without."""
    end, stop = (day(reading.value(meaning), timezone) for meaning in ("end", "stop"))
    return min([one for one in (end, stop and stop - _DAY) if one is not None], default=None)


def _rule(reading: Reading, timezone: ZoneInfo) -> Rule:
    word = reading.word("subscription_rule", "rule")
    kind = RuleKind(word) if word else RuleKind.LISTED
    quantity, exact = number(reading.value("quantity")) or 0.0, dict(_exact(reading, timezone))
    only = frozenset(_weekdays(reading.value("only_weekdays")))
    if only and kind in {RuleKind.DAILY, RuleKind.WEEKLY}:
        return Rule(RuleKind.WEEKDAYS, quantity, only, exact)
    return Rule(kind, quantity, frozenset(_weekdays(reading.value("weekdays"))) or only, exact)


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
    """The status as written, but a draft where the source says of each whether it begins by itself, and this one does not."""
    status = _written_status(reading)
    begins = not reading.collection.paths("begins_itself") or flag(reading.value("begins_itself"), default=False)
    return status if begins or status is not SubscriptionStatus.ACTIVE else SubscriptionStatus.DRAFT


def _written_status(reading: Reading) -> SubscriptionStatus:
    if word := reading.word("subscription_status"):
        return SubscriptionStatus(word)
    runs = flag(reading.value("is_active"), default=False)
    return SubscriptionStatus.ACTIVE if runs else SubscriptionStatus.STOPPED


def _weekdays(written: Any) -> Iterator[int]:  # noqa: ANN401 - any BSON value
    for one in written if isinstance(written, list) else []:
        number = _WEEKDAYS.get(one.strip().lower()) if isinstance(one, str) else one
        if isinstance(number, int) and not isinstance(number, bool) and number in _WEEKDAYS.values():
            yield int(number)


def _pauses(reading: Reading, timezone: ZoneInfo) -> Iterator[Pause]:
    """From lists of pauses, from the document itself, and from lists of single days."""
    starts, ends = reading.collection.paths("pause_first"), reading.collection.paths("pause_last")
    written = [(value_at(one, starts), value_at(one, ends)) for one in _listed(reading, "pauses")]
    written.append((reading.value("paused_from"), reading.value("paused_until")))
    days = reading.value("pause_days")
    written += [(one, one) for one in (days if isinstance(days, list) else [])]
    for first, last in written:
        if (start := day(first, timezone)) is not None:
            yield Pause(start, day(last, timezone))


def purchase_order_of(
    reading: Reading, supplier_id: SupplierId | None, *, products: Mapping[str, ProductId]
) -> PurchaseOrder:
    """A purchase order; one whose status nobody knows is a draft, so that nothing is asked of anybody by it.

    Of one that was received everything came, and no receipt tells when: nothing is billed for it here.
    """
    word = reading.word("purchase_order_status")
    status = PurchaseOrderStatus(word) if word else PurchaseOrderStatus.DRAFT
    lines = tuple(_purchase_lines(reading, products, is_received=status is PurchaseOrderStatus.RECEIVED))
    made_at, total = reading.moment("at") or reading.created_at(), paise(reading.value("total"))
    return PurchaseOrder(
        id=PurchaseOrderId(reading.own_id()),
        supplier_id=supplier_id,
        lines=lines,
        total_paise=total if total is not None else _sum_of(lines),
        status=status,
        for_date=day(reading.value("for_date"), reading.profile.timezone),
        created_at=made_at,
        origin=PurchaseOrderOrigin.SOURCE,
        sent_at=None if status is PurchaseOrderStatus.DRAFT else made_at,
        old_id=reading.old_id("app_id"),
        source=reading.source(),
    )


def _sum_of(lines: tuple[PurchaseLine, ...]) -> int:
    """What the lines cost together; 0 if that is more than any amount is."""
    total = total_of(lines)
    return total if abs(total) <= LARGEST_PAISE else 0


def _purchase_lines(
    reading: Reading, products: Mapping[str, ProductId], *, is_received: bool
) -> Iterator[PurchaseLine]:
    at = reading.collection.paths
    for item in _listed(reading, "lines"):
        product = old_id(value_at(item, at("line_product")))
        written = number(value_at(item, at("line_quantity"))) or 0.0
        quantity = written if abs(written) <= _LARGEST_QUANTITY else 0.0
        yield PurchaseLine(
            product_id=products.get(product) if product else None,
            name=text(value_at(item, at("line_name"))) or "",
            unit=text(value_at(item, at("line_unit"))) or "",
            quantity=quantity,
            unit_price_paise=paise(value_at(item, at("line_price"))) or 0,
            received=quantity if is_received else 0.0,
        )
