from datetime import UTC, date, datetime
from typing import Any

import bson
import pytest
from bson import Decimal128, ObjectId

from roundsman.customers.customers import CustomerStatus
from roundsman.delivery.delivery_boys import DeliveryBoyStatus
from roundsman.ids import ProductId
from roundsman.migration.conversion import (
    OrderParties,
    Reading,
    credential_of,
    customer_of,
    delivery_boy_of,
    order_of,
    product_of,
)
from roundsman.migration.sources.port import SourceDocument
from roundsman.migration.trade_conversion import subscription_of
from roundsman.orders.orders import Order, OrderStatus
from roundsman.subscriptions.quantities import quantity_on
from roundsman.subscriptions.subscriptions import Pause, Rule, RuleKind
from tests.migration_builders import AS_OF, EARLYBIRD, PASSWORD_HASH, PHONE, account, doc, object_id, plan

MILK = ProductId(ObjectId())


def reading(collection: str, **fields: Any) -> Reading:  # noqa: ANN401 - any BSON value
    document = SourceDocument(bson.encode({"_id": "x", **fields}))
    return Reading(document, next(one for one in EARLYBIRD.collections if one.name == collection), EARLYBIRD, AS_OF)


def an_order(**fields: Any) -> Order:  # noqa: ANN401 - any BSON value
    return order_of(reading("orders", **fields), OrderParties(None, None, None), products={"p1": MILK})


def test_days_with_a_quantity_of_their_own_may_stand_in_several_lists() -> None:
    read = reading(
        "subscriptions_v2",
        mode="weekly_pattern",
        default_qty=1.5,
        weekly_pattern=[0, 6],
        irregular_list=[{"date": "2026-03-02", "qty": 3}],
        day_overrides=[{"date": "2026-03-02", "qty": 5}, {"date": "2026-03-03", "quantity": 0}, {"date": "soon"}],
        dayOverrides=[],
        pause_intervals=[{"start": "2026-04-01", "end": None}],
    )

    one = subscription_of(read, OrderParties(None, None, None), products={})

    assert one.rule == Rule(RuleKind.WEEKDAYS, 1.5, frozenset({0, 6}), {date(2026, 3, 2): 3, date(2026, 3, 3): 0})
    assert one.pauses == (Pause(date(2026, 4, 1)),)
    alone = reading("subscriptions_v2", irregular_list=[], dayOverrides=[{"date": "2026-03-04", "qty": 2}])
    assert subscription_of(alone, OrderParties(None, None, None), products={}).rule.exact == {date(2026, 3, 4): 2}


def brought(collection: str, **fields: object) -> str:
    """The days of the second week of March, a Monday to a Sunday, on which something comes."""
    read = reading(collection, **fields)
    one = subscription_of(read, OrderParties(None, None, None), products={})
    return "".join(
        name if quantity_on(one, date(2026, 3, 9 + number)) else "-" for number, name in enumerate("MTWTFSS")
    )


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ({}, "MTWTFSS"),
        ({"stop_date": "2026-03-12"}, "MTW----"),
        ({"stop_date": "2026-03-12", "endDate": "2026-03-10"}, "MT-----"),
        ({"stop_date": "2026-03-12", "endDate": "2026-03-14"}, "MTW----"),
        ({"auto_start": False}, "-------"),
        ({"auto_start": None}, "-------"),
        ({"pause_start": "2026-03-10", "pause_end": "2026-03-11"}, "M--TFSS"),
        ({"pause_start": "2026-03-11", "pause_end": None}, "MT-----"),
        (
            {"pause_start": "2026-03-10", "pause_end": "2026-03-10", "pause_intervals": [{"start": "2026-03-14"}]},
            "M-WTF--",
        ),
    ],
)
def test_a_subscription_comes_on_the_days_on_which_the_application_brings_it(
    fields: dict[str, object], days: str
) -> None:
    daily = {"mode": "fixed_daily", "default_qty": 1.0, "status": "active", "auto_start": True}
    assert brought("subscriptions_v2", **(daily | fields)) == days


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ({"pattern": "daily", "pause_dates": ["2026-03-10", "soon", "2026-03-13"]}, "M-WT-SS"),
        ({"frequency": "daily", "delivery_days": ["monday", "Wed", "someday"]}, "M-W----"),
        ({"frequency": "weekly", "delivery_days": ["Friday"], "start_date": "2026-03-02"}, "----F--"),
        ({"frequency": "daily", "delivery_days": []}, "MTWTFSS"),
        ({"pattern": "daily", "custom_days": [0]}, "MTWTFSS"),
        ({"pattern": "custom_days", "custom_days": [0, 6]}, "M-----S"),
    ],
)
def test_the_older_kind_comes_on_the_days_it_names_and_not_on_single_days_of_pause(
    fields: dict[str, object], days: str
) -> None:
    assert brought("subscriptions", **({"quantity": 1, "is_active": True} | fields)) == days


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, CustomerStatus.ACTIVE),
        ({"is_active": False}, CustomerStatus.STOPPED),
        ({"is_active": "no"}, CustomerStatus.ACTIVE),
        ({"status": "Paused", "is_active": False}, CustomerStatus.PAUSED),
        ({"status": "dancing"}, CustomerStatus.ACTIVE),
    ],
)
def test_a_customers_status_is_his_word_for_it_else_whether_he_is_active(
    fields: dict[str, object], status: CustomerStatus
) -> None:
    row = plan({"customers_v2": [doc("c", "Asha Rao", phone=PHONE)]}).document("c")

    assert customer_of(reading("customers_v2", **fields), row, created_by="x", delivery_boy_id=None).status is status


def test_a_phone_is_kept_as_written_where_it_cannot_be_read() -> None:
    row = plan({"customers_v2": [doc("c", "Asha Rao", phone=PHONE)]}).document("c")
    phones = [
        customer_of(reading("customers_v2", phone=raw), row, created_by="x", delivery_boy_id=None).phone
        for raw in (f"{PHONE}.0", "ask the neighbour", None)
    ]

    assert phones == [f"+91{PHONE}", "ask the neighbour", None]


def test_a_delivery_boy_has_each_of_his_areas_once() -> None:
    row = plan({"delivery_boys": [doc("d", "Ravi Kumar", phone=PHONE)]}).document("d")
    read = reading("delivery_boys", area_assigned="HSR", assigned_areas=["BTM", "HSR", None], status="on_leave")

    boy = delivery_boy_of(read, row, created_by="x")

    assert boy.areas == ("HSR", "BTM")
    assert boy.status is DeliveryBoyStatus.ON_LEAVE


def test_the_first_hash_that_can_be_verified_is_carried_as_it_is() -> None:
    row = plan({"users": [account("u", "Asha Rao")]}).document("u")

    carried = credential_of(reading("users", password_hash="plain!", password=PASSWORD_HASH), row)

    assert carried is not None
    assert carried.user_id == row.user_id
    assert PASSWORD_HASH in carried.password_hash
    assert credential_of(reading("users", password="plain!"), row) is None


def test_an_order_keeps_its_total_even_where_its_lines_say_otherwise() -> None:
    items = [{"product_id": "p1", "product_name": "Milk", "quantity": 2, "price": 32.5}, "not a line"]

    order = an_order(items=items, total_amount=-500, delivery_date="2026-05-01", status="OUT_FOR_DELIVERY")

    assert order.total_paise == -50_000
    assert [(line.product_id, line.quantity, line.unit_price_paise) for line in order.lines] == [(MILK, 2.0, 3250)]
    assert order.for_date == date(2026, 5, 1)
    assert order.status is OrderStatus.OUT_FOR_DELIVERY


def test_an_order_without_a_total_costs_the_sum_of_its_lines() -> None:
    items = [{"product_id": "gone", "quantity": "1.5", "price": Decimal128("10.00")}, {"price": 3}]

    order = an_order(items=items, total_amount="free")

    assert order.total_paise == 1500
    assert [line.product_id for line in order.lines] == [None, None]


def test_an_order_was_placed_when_it_says_else_when_its_id_says_else_at_the_time_of_the_plan() -> None:
    born = ObjectId.from_datetime(datetime(2025, 1, 2, tzinfo=UTC))

    assert an_order(created_at="2026-05-01T00:00:00+00:00").placed_at == datetime(2026, 5, 1, tzinfo=UTC)
    assert an_order(_id=born, created_at="?").placed_at == datetime(2025, 1, 2, tzinfo=UTC)
    assert an_order().placed_at == AS_OF


def test_a_product_without_a_readable_price_has_none() -> None:
    assert product_of(reading("products", price="ask"), supplier_id=None).prices == ()
    (price,) = product_of(reading("products", price=1, default_price="32.50"), supplier_id=None).prices
    assert price.paise == 3250


def test_each_line_is_rounded_as_an_order_of_roundsman_s_own_is() -> None:
    lines = [{"quantity": 0.5, "price": 10.25}, {"quantity": 0.5, "price": 10.25}, {"quantity": 3, "price": "0.01"}]

    assert an_order(items=lines).total_paise == 513 + 513 + 3
    assert an_order(items=[{"quantity": 1e300, "price": 1}, {"quantity": -1e300, "price": 1}]).total_paise == 0


def test_nobody_came_to_be_after_the_import() -> None:
    ahead = {"created_at": "2026-11-02"}
    written = reading("customers_v2", **ahead)
    world = plan({"customers_v2": [doc("c", "Asha Rao", phone=PHONE, **ahead)]})

    assert written.created_at() == AS_OF
    assert world.user("c").created_at == object_id("c Asha Rao").generation_time
