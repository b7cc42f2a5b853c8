"""Every status, everything that can happen, and where a customer may be afterwards (spec activation, What follows).

The machine does not read it; it follows from the rule. A test watches the machine on random histories and sees that this
table says all that happens and nothing that does not, so that docs/activation.md can be made of it.
"""

from enum import StrEnum
from typing import Final

from roundsman.activation.lifecycle import ActivationStatus

_NEW, _ONBOARDED, _ACTIVE, _ENGAGED, _INACTIVE, _CHURNED = ActivationStatus


class Event(StrEnum):
    """What can happen, as far as it makes a difference to the status."""

    SIGN_IN = "sign-in"
    ORDER = "order that counts"
    CANCELLED_BY_CUSTOMER = "cancelled by the customer"
    CANCELLED_BY_OTHERS = "cancelled by others"
    ACTIVITY = "delivery, payment or interaction"
    NO_ACTIVITY = "anything else"
    CLOCK = "time alone"


Following = dict[Event, frozenset[ActivationStatus]]


def _following(
    status: ActivationStatus,
    *,
    sign_in: set[ActivationStatus],
    order: set[ActivationStatus],
    by_customer: set[ActivationStatus],
    by_others: set[ActivationStatus],
    activity: set[ActivationStatus],
    clock: set[ActivationStatus],
) -> Following:
    happened = (sign_in, order, by_customer, by_others, activity, {status}, clock)
    return {event: frozenset(after) for event, after in zip(Event, happened, strict=True)}


TABLE: Final[dict[ActivationStatus, Following]] = {
    _NEW: _following(
        _NEW,
        sign_in={_ONBOARDED},
        order={_ACTIVE},
        by_customer=set(),
        by_others=set(),
        activity={_NEW},
        clock={_CHURNED},
    ),
    _ONBOARDED: _following(
        _ONBOARDED,
        sign_in={_ONBOARDED},
        order={_ACTIVE},
        by_customer=set(),
        by_others=set(),
        activity={_ONBOARDED},
        clock={_CHURNED},
    ),
    _ACTIVE: _following(
        _ACTIVE,
        sign_in={_ACTIVE},
        order={_ACTIVE, _ENGAGED},
        by_customer={_ACTIVE, _INACTIVE, _ONBOARDED, _NEW},
        by_others={_ACTIVE, _INACTIVE, _ONBOARDED, _NEW},
        activity={_ACTIVE},
        clock={_INACTIVE},
    ),
    _ENGAGED: _following(
        _ENGAGED,
        sign_in={_ENGAGED},
        order={_ENGAGED},
        by_customer={_ENGAGED, _ACTIVE, _INACTIVE},
        by_others={_ENGAGED, _ACTIVE, _INACTIVE},
        activity={_ENGAGED},
        clock={_INACTIVE},
    ),
    _INACTIVE: _following(
        _INACTIVE,
        sign_in={_INACTIVE},
        order={_ACTIVE, _ENGAGED},
        by_customer={_INACTIVE, _ONBOARDED, _NEW},
        by_others={_INACTIVE, _ONBOARDED, _NEW},
        activity={_INACTIVE},
        clock={_CHURNED},
    ),
    _CHURNED: _following(
        _CHURNED,
        sign_in={_INACTIVE, _ONBOARDED},
        order={_ACTIVE, _ENGAGED},
        by_customer={_INACTIVE, _ONBOARDED, _NEW},
        by_others={_CHURNED},
        activity={_INACTIVE, _ONBOARDED, _NEW},
        clock=set(),
    ),
}
"""A cancellation is one of an order that counted; where none can have counted, nothing follows."""
