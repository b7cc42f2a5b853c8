from datetime import timedelta

import pytest
from bson import ObjectId

from roundsman.ids import UserId
from roundsman.orders.changes import (
    OrderNotOpen,
    RefundTooLarge,
    cancelled,
    delivered,
    not_delivered,
    refunded,
    total_of,
)
from roundsman.orders.orders import OrderLine, OrderStatus
from tests.builders import NOW, an_order

LATER = NOW + timedelta(hours=1)
ORDER = an_order(UserId(ObjectId()))


def test_what_is_so_already_stays_as_it_is() -> None:
    gone = cancelled(ORDER, by_customer=True, at=NOW)
    assert cancelled(gone, by_customer=False, at=LATER) == gone
    assert (gone.status, gone.cancelled_at, gone.cancelled_by_customer) == (OrderStatus.CANCELLED, NOW, True)
    brought = delivered(ORDER, at=NOW)
    assert delivered(brought, at=LATER) == brought
    assert (brought.status, brought.delivered_at) == (OrderStatus.DELIVERED, NOW)


def test_a_delivered_order_is_not_cancelled_and_a_cancelled_one_not_delivered() -> None:
    with pytest.raises(OrderNotOpen, match="delivered already"):
        cancelled(delivered(ORDER, at=NOW), by_customer=True, at=LATER)
    gone = cancelled(ORDER, by_customer=True, at=NOW)
    with pytest.raises(OrderNotOpen, match="cancelled already"):
        delivered(gone, at=LATER)
    with pytest.raises(OrderNotOpen):
        not_delivered(gone)


def test_after_a_failed_attempt_it_may_be_delivered_or_cancelled() -> None:
    failed = not_delivered(ORDER)
    assert delivered(failed, at=LATER).status is OrderStatus.DELIVERED
    assert cancelled(failed, by_customer=False, at=LATER).status is OrderStatus.CANCELLED


def test_no_more_goes_back_than_an_order_costs() -> None:
    half = refunded(ORDER, ORDER.total_paise // 2)
    assert refunded(half, ORDER.total_paise // 2).refunded_paise == ORDER.total_paise
    with pytest.raises(RefundTooLarge, match="3200 paise can be given back, not 3201"):
        refunded(half, ORDER.total_paise // 2 + 1)


@pytest.mark.parametrize(("quantity", "price", "total"), [(2, 3200, 6400), (0.5, 3201, 1601), (0.25, 2, 1), (1, 1, 1)])
def test_half_a_paisa_counts_as_a_whole_one(quantity: float, price: int, total: int) -> None:
    assert total_of([OrderLine(None, "Milk", quantity, price)]) == total
