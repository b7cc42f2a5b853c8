"""The validators know the same words as the code, and refuse what the code never writes."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import WriteError

from roundsman.access.roles import Role
from roundsman.auth.credentials import CredentialOrigin
from roundsman.customers.customers import CustomerStatus
from roundsman.database import collections
from roundsman.database.transaction import Document, Tx
from roundsman.database.validators import VALIDATORS
from roundsman.delivery.delivery_boys import DeliveryBoyStatus
from roundsman.identity.users import Claim, UserStatus
from roundsman.orders.deliveries import DeliveryStatus
from roundsman.orders.orders import OrderOrigin, OrderStatus
from roundsman.orders.payments import PaymentStatus
from roundsman.subscriptions.subscriptions import SubscriptionOrigin, SubscriptionStatus
from roundsman.suppliers.dues import DueKind
from roundsman.suppliers.proposals import ProposalStatus
from roundsman.suppliers.purchase_orders import PurchaseOrderOrigin, PurchaseOrderStatus
from roundsman.suppliers.suppliers import SupplierStatus

_AT = datetime(2026, 1, 2, tzinfo=UTC)


def _property(collection: str, field: str) -> Document:
    found: Document = VALIDATORS[collection]["$jsonSchema"]["properties"][field]
    return found


@pytest.mark.parametrize(
    ("collection", "field", "words"),
    [
        (collections.USERS, "status", UserStatus),
        (collections.USERS, "claim", Claim),
        (collections.CUSTOMERS, "status", CustomerStatus),
        (collections.DELIVERY_BOYS, "status", DeliveryBoyStatus),
        (collections.SUPPLIERS, "status", SupplierStatus),
        (collections.ORDERS, "status", OrderStatus),
        (collections.ORDERS, "origin", OrderOrigin),
        (collections.DELIVERIES, "status", DeliveryStatus),
        (collections.PAYMENTS, "status", PaymentStatus),
        (collections.SUBSCRIPTIONS, "status", SubscriptionStatus),
        (collections.SUBSCRIPTIONS, "origin", SubscriptionOrigin),
        (collections.CREDENTIALS, "origin", CredentialOrigin),
        (collections.PURCHASE_ORDERS, "status", PurchaseOrderStatus),
        (collections.PURCHASE_ORDERS, "origin", PurchaseOrderOrigin),
        (collections.SUPPLIER_DUES, "kind", DueKind),
        (collections.PRICE_PROPOSALS, "status", ProposalStatus),
    ],
)
def test_an_enum_and_its_validator_have_the_same_words(collection: str, field: str, words: type[StrEnum]) -> None:
    assert set(_property(collection, field)["enum"]) == set(words)


def test_roles_and_their_validator_have_the_same_words() -> None:
    assert set(_property(collections.USERS, "roles")["items"]["enum"]) == set(Role)


def test_every_collection_has_a_validator() -> None:
    names = {value for name, value in vars(collections).items() if name.isupper() and isinstance(value, str)}
    assert set(VALIDATORS) == names


_USER: Document = {
    "name": "Asha",
    "status": "active",
    "claim": "claimed",
    "roles": ["customer"],
    "created_at": _AT,
    "created_by": "self",
    "session_version": 0,
}


@pytest.mark.parametrize(
    "change",
    [
        {"status": "asleep"},
        {"roles": ["king"]},
        {"created_at": "2026-01-02"},
        {"created_by": ""},
        {"merged_into": None},
        {"merged_into": "not an id"},
    ],
)
async def test_a_user_that_is_none_is_refused(tx: Tx, change: dict[str, Any]) -> None:
    with pytest.raises(WriteError, match="failed validation"):
        await tx.database[collections.USERS].insert_one({"_id": ObjectId(), **_USER, **change})


async def test_a_user_with_a_field_of_a_later_version_is_welcome(tx: Tx) -> None:
    await tx.database[collections.USERS].insert_one({"_id": ObjectId(), **_USER, "nickname": "Ash"})
    assert await tx.database[collections.USERS].count_documents({}) == 1


@pytest.mark.parametrize(
    "identifier",
    [
        {"_id": "phone:+919876543210", "epoch": 0},
        {"_id": "phone:9876543210", "user_id": ObjectId(), "epoch": 0},
        {"_id": "alias:x", "user_id": ObjectId(), "user_ids": [ObjectId()], "epoch": 0},
        {"_id": "email:", "user_id": ObjectId(), "epoch": 0},
    ],
)
async def test_an_identifier_leads_to_one_user_or_to_several_and_has_its_form(tx: Tx, identifier: Document) -> None:
    with pytest.raises(WriteError, match="failed validation"):
        await tx.database[collections.IDENTIFIERS].insert_one(identifier)
