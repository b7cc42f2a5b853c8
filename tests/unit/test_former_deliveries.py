"""Who delivered to a customer when, as his profile keeps it."""

from dataclasses import replace
from datetime import timedelta

from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from roundsman.customers.customers import CustomerStatus, FormerDelivery
from roundsman.ids import DeliveryBoyId, UserId
from tests.builders import NOW, a_customer

BOYS = (None, DeliveryBoyId(ObjectId()), DeliveryBoyId(ObjectId()))
ASHA = a_customer(UserId(ObjectId()))
HOUR = timedelta(hours=1)


@given(
    boys=st.lists(st.sampled_from(BOYS), min_size=1, max_size=6), hours=st.tuples(st.integers(-2, 7), st.integers(0, 9))
)
def test_who_delivered_at_some_time_is_who_did_so_in_one_of_its_hours(
    boys: list[DeliveryBoyId | None], hours: tuple[int, int]
) -> None:
    """One after the other delivered for an hour, the last one since then and the first one always before."""
    *former, current = boys
    ended = tuple(FormerDelivery(NOW + number * HOUR, boy) for number, boy in enumerate(former, start=1))
    customer = replace(ASHA, delivery_boy_id=current, former_deliveries=ended)
    first, last = hours[0], hours[0] + hours[1]

    found = customer.delivery_boys_between(NOW + first * HOUR + HOUR / 2, NOW + last * HOUR + HOUR / 2)

    by_hour = {boys[min(max(hour, 0), len(boys) - 1)] for hour in range(first, last + 1)}
    assert found == by_hour - {None}


def test_who_closed_his_account_was_served_until_then() -> None:
    closed = replace(ASHA, status=CustomerStatus.STOPPED, served_until=NOW)
    assert (closed.is_served(NOW - HOUR), closed.is_served(NOW)) == (True, False)
    assert not replace(closed, served_until=None).is_served(NOW - HOUR)
    assert ASHA.is_served(NOW + HOUR)
