"""Names in two fields and words that are booleans, as many an application writes them."""

from typing import Any

import bson
import pytest

from roundsman.access.roles import Role
from roundsman.migration.conversion import OrderParties, Reading, order_of
from roundsman.migration.full_names import full_name
from roundsman.migration.inspection.inspector import inspect_source
from roundsman.migration.profile import parse_profile
from roundsman.migration.records import read_person
from roundsman.migration.sources.port import SourceDocument
from roundsman.orders.orders import OrderStatus
from tests.migration_builders import AS_OF, MemorySource, completed

PROFILE = parse_profile("""
name = "shop"
version = 1
timezone = "Asia/Kolkata"
[words.role]
true = "admin"
[words.order_status]
true = "delivered"
[collections.users]
kind = "user"
[collections.users.fields]
name = ["name", "firstName"]
last_name = "lastName"
role = "isAdmin"
[collections.orders]
kind = "order"
[collections.orders.fields]
status = ["state", "isDelivered"]
""")
USERS, ORDERS = PROFILE.collections


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"firstName": "Asha", "lastName": "Rao"}, "Asha Rao"),
        ({"name": "Asha rao", "lastName": "Rao"}, "Asha rao"),
        ({"name": "Asha Patilrao", "lastName": "Rao"}, "Asha Patilrao Rao"),
        ({"firstName": "Asha", "lastName": " "}, "Asha"),
        ({"firstName": "", "lastName": "Rao"}, "Rao"),
        ({"lastName": ["Rao"]}, None),
    ],
)
def test_a_name_in_two_fields_is_one_name(fields: dict[str, Any], name: str | None) -> None:
    document = SourceDocument(bson.encode({"_id": 1, **fields}))

    assert full_name(fields, USERS) == name
    assert read_person(document, USERS, PROFILE).name == (name or "")


def test_a_boolean_is_a_word_where_the_profile_says_so() -> None:
    admin, other = ({"_id": number, "name": "Asha", "isAdmin": number == 1} for number in (1, 2))

    records = [read_person(SourceDocument(bson.encode(one)), USERS, PROFILE) for one in (admin, other)]
    assert [record.role for record in records] == [Role.ADMIN, None]
    findings = completed(inspect_source(MemorySource({"users": [admin, other]}), PROFILE)).findings
    assert not {"field_type", "role_unknown"} & {one.code for one in findings}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"isDelivered": True}, OrderStatus.DELIVERED),
        ({"isDelivered": False}, OrderStatus.PENDING),
        ({"state": "lost", "isDelivered": True}, OrderStatus.PENDING),
    ],
)
def test_an_order_may_say_with_a_boolean_that_it_was_delivered(fields: dict[str, Any], status: OrderStatus) -> None:
    reading = Reading(SourceDocument(bson.encode({"_id": 1, **fields})), ORDERS, PROFILE, AS_OF)

    assert order_of(reading, OrderParties(None, None, None), products={}).status is status
