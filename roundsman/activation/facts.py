"""What can happen to a customer, as values; the list is closed (spec activation, Facts).

Each fact has a natural key, so that whoever tells it twice tells it once. Two tellings of one key that differ in their
digest, or are about two people, contradict each other. Not in the digest are the amount, who cancelled and the order of a
delivery, because they may be corrected apart, nor the person, because people are merged.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from roundsman.ids import UserId


class FactType(StrEnum):
    """The kinds of facts, in the order in which those of one instant are taken."""

    SIGNUP = "signup"
    LOGIN = "login"
    ORDER_PLACED = "order.placed"
    ORDER_CANCELLED = "order.cancelled"
    DELIVERY_COMPLETED = "delivery.completed"
    DELIVERY_FAILED = "delivery.failed"
    PAYMENT_FAILED = "payment.failed"
    PAYMENT_SUCCEEDED = "payment.succeeded"
    ORDER_REFUNDED = "order.refunded"
    INTERACTION = "interaction"
    STAFF_CONTACT = "staff.contact"


class Ahead(StrEnum):
    """What becomes of a fact that lies ahead of the clock."""

    REFUSED = "refused"
    """Somebody's clock is wrong."""
    WAITS = "waits"
    """An order that a subscription makes takes effect on its day."""
    CLAMPED = "clamped"
    """A source says so: it counts from when it was seen."""


_KEY_NAMES: Final = {FactType.ORDER_REFUNDED: "refund", FactType.STAFF_CONTACT: "contact"}
_ALWAYS_ACTIVITY: Final = frozenset(
    {
        FactType.SIGNUP,
        FactType.LOGIN,
        FactType.ORDER_PLACED,
        FactType.DELIVERY_COMPLETED,
        FactType.PAYMENT_SUCCEEDED,
        FactType.INTERACTION,
    }
)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to a customer.

    `source_id` names what it happened with: the order for what is placed and cancelled, the delivery, the payment, the
    session; for a sign-up the customer profile, for a failed delivery `{delivery}:{attempt}`, for an interaction `{source}:{id}`.
    `order_id` is the order of a delivery, absent where the delivery names none; `by_customer` is about cancellations.
    """

    type: FactType
    subject: UserId
    source_id: str
    occurred_at: datetime
    order_id: str | None = None
    by_customer: bool = False
    amount_paise: int = 0
    ahead: Ahead = field(default=Ahead.REFUSED, compare=False)

    @property
    def key(self) -> str:
        """What it is once by."""
        return f"{_KEY_NAMES.get(self.type, self.type.value)}:{self.source_id}"

    @property
    def is_activity(self) -> bool:
        """Whether it shows that the customer is still there."""
        if self.type is FactType.ORDER_CANCELLED:
            return self.by_customer
        return self.type in _ALWAYS_ACTIVITY

    @property
    def counts_as_order(self) -> bool:
        """Whether it may count as an order by itself: a delivery that names none, as subscriptions make them."""
        return self.type is FactType.DELIVERY_COMPLETED and self.order_id is None

    def digest(self) -> bytes:
        """What two tellings of it have in common."""
        said = (self.type.value, self.source_id, self.occurred_at.astimezone(UTC).isoformat(timespec="milliseconds"))
        return hashlib.sha256("\x00".join(said).encode()).digest()


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """Give each fact once, the earliest first; those of one instant in the order of their types, then of their keys."""
    types = list(FactType)
    once = {fact.key: fact for fact in facts}
    return sorted(once.values(), key=lambda fact: (fact.occurred_at, types.index(fact.type), fact.key))
