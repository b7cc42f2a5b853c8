"""Customer profiles as values."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from roundsman.ids import AddressId, CustomerId, DeliveryBoyId, SourceRef, UserId


class CustomerStatus(StrEnum):
    """Whether the business delivers to the customer; not to be confused with his activation."""

    TRIAL = "trial"
    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"


SERVED: Final = frozenset({CustomerStatus.TRIAL, CustomerStatus.ACTIVE})
"""Whom something is brought to."""


@dataclass(frozen=True, slots=True)
class FormerDelivery:
    """Who delivered to a customer until an instant; nobody if he is absent."""

    until: datetime
    delivery_boy_id: DeliveryBoyId | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """A household the business delivers to, and the user it belongs to.

    `phone` and `email` are contacts: they may repeat between customers and prove nothing. `phone` is E.164 where it
    could be read, else as it was written. `stop` is his place in the round of his delivery boy, from 1 on, and `note`
    what he has to know at the door. `former_deliveries` are in the order of time, from when Roundsman says who delivers to
    him. `served_until` is when his account was closed, if he was served until then.
    """

    id: CustomerId
    user_id: UserId
    name: str
    status: CustomerStatus
    created_at: datetime
    created_by: str
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    area: str | None = None
    delivery_boy_id: DeliveryBoyId | None = None
    stop: int | None = None
    note: str | None = None
    former_deliveries: tuple[FormerDelivery, ...] = ()
    served_until: datetime | None = None

    def is_served(self, at: datetime) -> bool:
        """Whether he was one to whom something is brought, at an instant."""
        return self.status in SERVED or (self.served_until is not None and at < self.served_until)

    def delivery_boys_between(self, first: datetime, last: datetime) -> set[DeliveryBoyId]:
        """All who delivered to him at some time between two instants."""
        found, begun = set(), None
        for former in self.former_deliveries:
            if former.until > first and (begun is None or begun <= last):
                found.add(former.delivery_boy_id)
            begun = former.until
        if begun is None or begun <= last:
            found.add(self.delivery_boy_id)
        return {boy for boy in found if boy is not None}


def assigned_to(customer: Customer, boy: DeliveryBoyId | None, stop: int | None, *, now: datetime) -> Customer:
    """The customer with another who delivers to him from now on, or nobody, at this stop of his round."""
    former = customer.former_deliveries
    if boy != customer.delivery_boy_id:
        former = (*former, FormerDelivery(now, customer.delivery_boy_id))
    return replace(customer, delivery_boy_id=boy, stop=stop, former_deliveries=former)


@dataclass(frozen=True, slots=True)
class Address:
    """One of the places a user has things delivered to; a source's address may be of nobody who is known."""

    id: AddressId
    user_id: UserId | None
    label: str
    text: str
    is_default: bool
    source: SourceRef | None = None
