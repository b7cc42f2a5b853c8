"""Every value survives being a document, and what is unknown leaves no trace in it."""

import types
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

import bson
import pytest
from bson import CodecOptions, ObjectId
from hypothesis import given, settings
from hypothesis import strategies as st

from roundsman.audit_log.entries import AuditEntry, digest
from roundsman.audit_log.store import entry_document, entry_from
from roundsman.catalog.products import Product
from roundsman.catalog.store import product_document, product_from
from roundsman.customers.customers import Address, Customer
from roundsman.customers.store import address_document, address_from, customer_document, customer_from
from roundsman.database.transaction import Document
from roundsman.delivery.delivery_boys import DeliveryBoy
from roundsman.delivery.store import delivery_boy_document, delivery_boy_from
from roundsman.identity.store import identifier_document, identifier_from, user_document, user_from
from roundsman.identity.users import Identifier, User
from roundsman.orders.orders import Order
from roundsman.orders.store import order_document, order_from
from roundsman.suppliers.dues import Due
from roundsman.suppliers.proposals import PriceProposal
from roundsman.suppliers.purchase_orders import PurchaseOrder
from roundsman.suppliers.store import (
    due_document,
    due_from,
    proposal_document,
    proposal_from,
    purchase_order_document,
    purchase_order_from,
    supplier_document,
    supplier_from,
)
from roundsman.suppliers.suppliers import Supplier
from tests.depth import depth

STORED_DATES: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    types.NoneType: st.none(),
    ObjectId: st.binary(min_size=12, max_size=12).map(ObjectId),
    datetime: st.datetimes(timezones=st.just(UTC)).map(
        lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
    ),
    date: st.dates(),
    str: st.text(st.characters(codec="utf-8")),
    bytes: st.binary(),
    bool: st.booleans(),
    int: st.integers(min_value=-(2**63), max_value=2**63 - 1),
    float: st.floats(allow_nan=False),
}
STORES: tuple[tuple[type, Callable[[Any], Document], Callable[[Document], Any]], ...] = (
    (User, user_document, user_from),
    (Identifier, identifier_document, identifier_from),
    (Customer, customer_document, customer_from),
    (Address, address_document, address_from),
    (DeliveryBoy, delivery_boy_document, delivery_boy_from),
    (Supplier, supplier_document, supplier_from),
    (Product, product_document, product_from),
    (Order, order_document, order_from),
    (PurchaseOrder, purchase_order_document, purchase_order_from),
    (Due, due_document, due_from),
    (PriceProposal, proposal_document, proposal_from),
    (AuditEntry, entry_document, entry_from),
)


def values_of(annotation: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401  any annotation of a field
    annotation = getattr(annotation, "__supertype__", annotation)
    parts = typing.get_args(annotation)
    if annotation in LEAVES:
        return LEAVES[annotation]
    if typing.get_origin(annotation) is tuple:
        return st.lists(values_of(parts[0]), max_size=3).map(tuple)
    if parts:
        return st.one_of([values_of(part) for part in parts])
    if issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    assert isinstance(annotation, type)
    assert is_dataclass(annotation)
    hints = typing.get_type_hints(annotation)
    return st.builds(annotation, **{field.name: values_of(hints[field.name]) for field in fields(annotation)})


def nulls_in(value: object) -> bool:
    if isinstance(value, dict):
        return any(nulls_in(item) for item in value.values())
    if isinstance(value, list):
        return any(nulls_in(item) for item in value)
    return value is None


@pytest.mark.parametrize(("kind", "document_of", "value_from"), STORES, ids=[store[0].__name__ for store in STORES])
@settings(max_examples=depth(test=60, proof=3000))
@given(data=st.data())
def test_a_value_survives_being_stored(
    data: st.DataObject, kind: type, document_of: Callable[[Any], Document], value_from: Callable[[Document], Any]
) -> None:
    value = data.draw(values_of(kind).filter(lambda value: not isinstance(value, Identifier) or value.user_ids))

    document = document_of(value)

    assert not nulls_in(document)
    stored = bson.decode(bson.encode(document), STORED_DATES)
    assert stored == document, "a batch written twice must find the same documents"
    assert value_from(stored) == value


def test_a_digest_does_not_depend_on_the_order_of_fields() -> None:
    assert digest({"a": 1, "b": [{"x": 1, "y": 2}]}) == digest({"b": [{"y": 2, "x": 1}], "a": 1})
    assert digest({"a": 1}) != digest({"a": "1"})
    assert digest({"a": [1, 2]}) != digest({"a": [2, 1]})
