from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.catalog.prices import NotSold, begun_price, price_at, with_price
from roundsman.catalog.products import Price
from tests.builders import a_product

BEGIN = datetime(2026, 4, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def test_a_price_counts_from_its_first_instant_on() -> None:
    milk = a_product(Price(3000, BEGIN), Price(3200, BEGIN + timedelta(days=30)))
    assert price_at(milk, BEGIN) == 3000
    assert price_at(milk, BEGIN + timedelta(days=30) - MILLISECOND) == 3000
    assert price_at(milk, BEGIN + timedelta(days=30)) == 3200


def test_before_its_first_price_and_out_of_the_catalogue_a_product_is_not_sold() -> None:
    with pytest.raises(NotSold, match="Milk is not sold"):
        price_at(a_product(Price(3000, BEGIN)), BEGIN - MILLISECOND)
    with pytest.raises(NotSold):
        price_at(a_product(Price(3000, BEGIN), active=False), BEGIN)


def test_of_two_prices_of_one_instant_the_later_one_counts() -> None:
    assert price_at(a_product(Price(3000, BEGIN), Price(3100, BEGIN)), BEGIN) == 3100


@given(st.lists(st.integers(0, 50), min_size=1, unique=True), st.integers(0, 50), st.randoms())
def test_it_is_the_latest_that_has_begun_in_whatever_order_they_stand(
    days: list[int], day: int, chance: object
) -> None:
    chance.shuffle(days)  # type: ignore[attr-defined]  # Hypothesis gives random.Random
    product = a_product(*(Price(100 + begun, BEGIN + timedelta(days=begun)) for begun in days))
    begun = [one for one in days if one <= day]
    if begun:
        assert price_at(product, BEGIN + timedelta(days=day)) == 100 + max(begun)
    else:
        with pytest.raises(NotSold):
            price_at(product, BEGIN + timedelta(days=day))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=8))
def test_a_price_never_changes_what_was_to_be_paid_before_it(changes: list[tuple[int, int]]) -> None:
    milk, now = a_product(Price(3000, BEGIN)), BEGIN
    for number, (passed, ahead) in enumerate(changes):
        now += timedelta(days=passed)
        since, before = now + timedelta(days=ahead), milk
        milk = with_price(milk, Price(3100 + number, since), now=now)
        assert begun_price(milk, since) == 3100 + number
        earlier = [BEGIN + timedelta(days=day) for day in range(30) if BEGIN + timedelta(days=day) < since]
        assert [begun_price(milk, one) for one in earlier] == [begun_price(before, one) for one in earlier]
        assert [one.valid_from for one in milk.prices] == sorted(one.valid_from for one in milk.prices)
        assert with_price(milk, Price(3100 + number, since), now=now) == milk


def test_of_a_day_to_come_the_last_price_that_was_said_stays() -> None:
    day = BEGIN + timedelta(days=9)
    milk = with_price(a_product(Price(3000, BEGIN)), Price(3500, day), now=BEGIN)
    assert with_price(milk, Price(3600, day), now=BEGIN).prices == (Price(3000, BEGIN), Price(3600, day))
    assert len(with_price(milk, Price(3600, day), now=day).prices) == 3
