"""What a customer's status is, was and will be: a function of his facts, the policy and the time (spec activation).

- Churned is who showed no activity for `churn_after`. Else, without an order that counts, he is onboarded if he ever
  signed in, and new if not; with one he is inactive if the last is `inactive_after` ago, engaged if there are
  `engaged_orders` of them, and active otherwise. Both periods are over at their very last instant.
- At one instant all facts are taken first and the status is looked at once, so an order beats the clock.
- An order stops counting when it is cancelled. A delivery that names no order counts as one, the earliest of each Indian day.

`fold` reads a whole history. `step` adds one fact that is later than all others, at a cost that does not grow with them;
both give the same. `advanced` is what the clock alone does, for who reads a customer before the sweep has come by.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from roundsman.activation.facts import Fact, FactType, in_order
from roundsman.activation.lifecycle import ORDERING, TIMER, ActivationStatus, Lifecycle, Transition
from roundsman.activation.policy import ActivationPolicy
from roundsman.calendar import day_of

_NOBODY: Final = Lifecycle()


@dataclass(frozen=True, slots=True)
class Told:
    """Where a customer stands, and the transitions that led there from where he was."""

    lifecycle: Lifecycle
    transitions: tuple[Transition, ...] = ()

    def then(self, other: "Told") -> "Told":
        """Append what came next."""
        return Told(other.lifecycle, self.transitions + other.transitions)


def fold(facts: Iterable[Fact], policy: ActivationPolicy, *, until: datetime) -> Told:
    """Tell the whole history up to and with an instant; facts may come in any order and more than once."""
    told = Told(_NOBODY)
    orders = _Orders({}, set())
    past = [fact for fact in in_order(facts) if fact.occurred_at <= until]
    for instant, together in groupby(past, key=lambda fact: fact.occurred_at):
        told = told.then(_advanced_before(told.lifecycle, policy, instant))
        told = told.then(_at(told.lifecycle, [(fact, orders) for fact in together], policy, instant))
    return told.then(advanced(told.lifecycle, policy, now=until))


def is_next(lifecycle: Lifecycle, fact: Fact) -> bool:
    """Whether one more fact needs no look at the others.

    It is later than all, and than what the clock has done; and no cancellation has a part in it.
    """
    known_until = max(filter(None, (lifecycle.last_fact_at, lifecycle.status_since)), default=None)
    if known_until is not None and fact.occurred_at <= known_until:
        return False
    if fact.type is FactType.ORDER_PLACED:
        return lifecycle.cancellations_ahead == 0
    return fact.type is not FactType.ORDER_CANCELLED


def step(lifecycle: Lifecycle, fact: Fact, policy: ActivationPolicy) -> Told:
    """Add a fact for which `is_next` holds; what the clock has done before it is told too."""
    before = _advanced_before(lifecycle, policy, fact.occurred_at)
    return before.then(_at(before.lifecycle, [(fact, None)], policy, fact.occurred_at))


def advanced(lifecycle: Lifecycle, policy: ActivationPolicy, *, now: datetime) -> Told:
    """Let the clock do what is due by now."""
    return _advanced_before(lifecycle, policy, now + timedelta.resolution)


@dataclass(slots=True)
class _Orders:
    """The orders of a history as far as it is told: when those that count were placed, and those cancelled before."""

    counting: dict[str, datetime]
    cancelled_ahead: set[str]


def _advanced_before(lifecycle: Lifecycle, policy: ActivationPolicy, instant: datetime) -> Told:
    transitions: list[Transition] = []
    while (due := lifecycle.next_transition_at) is not None and due < instant:
        moved = _looked_at(lifecycle, policy, due, cause=TIMER)
        lifecycle = moved.lifecycle
        transitions += moved.transitions
    return Told(lifecycle, tuple(transitions))


def _at(
    lifecycle: Lifecycle, together: list[tuple[Fact, _Orders | None]], policy: ActivationPolicy, instant: datetime
) -> Told:
    """Take all facts of an instant. The cause is the last that made a difference; if none did, it was the clock."""
    cause, seen = TIMER, _status(lifecycle, policy, instant)
    for fact, orders in together:
        lifecycle = _with_order(_with_fact(lifecycle, fact), fact, orders)
        status = _status(lifecycle, policy, instant)
        if status is not seen:
            cause, seen = fact.type.value, status
    return _looked_at(lifecycle, policy, instant, cause=cause)


def _status(lifecycle: Lifecycle, policy: ActivationPolicy, instant: datetime) -> ActivationStatus | None:
    if lifecycle.last_activity_at is None:
        return None
    if instant - lifecycle.last_activity_at >= policy.churn_after:
        return ActivationStatus.CHURNED
    if lifecycle.last_order_at is None:
        return ActivationStatus.NEW if lifecycle.first_login_at is None else ActivationStatus.ONBOARDED
    if instant - lifecycle.last_order_at >= policy.inactive_after:
        return ActivationStatus.INACTIVE
    is_engaged = lifecycle.orders_valid >= policy.engaged_orders
    return ActivationStatus.ENGAGED if is_engaged else ActivationStatus.ACTIVE


def _looked_at(lifecycle: Lifecycle, policy: ActivationPolicy, instant: datetime, *, cause: str) -> Told:
    status = _status(lifecycle, policy, instant)
    if status is None:
        return Told(lifecycle)
    if status is lifecycle.status:
        return Told(_with_what_is_next(lifecycle, policy))
    transition = Transition(lifecycle.status, status, instant, cause)
    return Told(_with_what_is_next(_moved(lifecycle, transition), policy), (transition,))


def _moved(lifecycle: Lifecycle, transition: Transition) -> Lifecycle:
    at, before, after = transition.effective_at, transition.before, transition.after
    is_back = after in ORDERING
    reactivated = is_back and before is ActivationStatus.INACTIVE
    return replace(
        lifecycle,
        status=after,
        status_since=at,
        cause=transition.cause,
        engaged_at=lifecycle.engaged_at or (at if after is ActivationStatus.ENGAGED else None),
        inactive_at=at if after is ActivationStatus.INACTIVE else lifecycle.inactive_at,
        churned_at=at if after is ActivationStatus.CHURNED else lifecycle.churned_at,
        won_back_at=at if is_back and before is ActivationStatus.CHURNED else lifecycle.won_back_at,
        reactivated_at=at if reactivated else lifecycle.reactivated_at,
        reactivations=lifecycle.reactivations + reactivated,
    )


def _with_what_is_next(lifecycle: Lifecycle, policy: ActivationPolicy) -> Lifecycle:
    """Only the five edges of the clock are there: active and engaged to inactive; inactive, new and onboarded to churned."""
    due, following = None, None
    if lifecycle.status in ORDERING and lifecycle.last_order_at is not None:
        due, following = lifecycle.last_order_at + policy.inactive_after, ActivationStatus.INACTIVE
    elif lifecycle.status is not ActivationStatus.CHURNED and lifecycle.last_activity_at is not None:
        due, following = lifecycle.last_activity_at + policy.churn_after, ActivationStatus.CHURNED
    return replace(lifecycle, next_transition_at=due, next_status=following)


def _with_fact(lifecycle: Lifecycle, fact: Fact) -> Lifecycle:
    """What a fact changes, whatever became of orders."""
    at = fact.occurred_at
    changed: dict[str, Any] = {"last_fact_at": at}
    if fact.is_activity:
        changed["last_activity_at"] = at
    match fact.type:
        case FactType.SIGNUP:
            changed["signup_at"] = lifecycle.signup_at or at
        case FactType.LOGIN:
            changed |= {"first_login_at": lifecycle.first_login_at or at, "last_login_at": at}
        case FactType.DELIVERY_COMPLETED:
            changed |= {"first_delivery_at": lifecycle.first_delivery_at or at, "last_delivery_at": at}
            changed["unpaid_since"] = lifecycle.unpaid_since or at
        case FactType.PAYMENT_SUCCEEDED:
            changed |= {"first_payment_at": lifecycle.first_payment_at or at, "last_payment_at": at}
            changed |= {"revenue_paise": lifecycle.revenue_paise + fact.amount_paise}
            changed |= {"payment_risk": False, "unpaid_since": None}
        case FactType.PAYMENT_FAILED:
            changed["payment_risk"] = True
        case FactType.ORDER_REFUNDED:
            changed["revenue_paise"] = lifecycle.revenue_paise - fact.amount_paise
        case FactType.STAFF_CONTACT:
            changed |= {"first_contact_at": lifecycle.first_contact_at or at, "last_contact_at": at}
        case _:
            pass
    return replace(lifecycle, **changed)


def _with_order(lifecycle: Lifecycle, fact: Fact, orders: _Orders | None) -> Lifecycle:
    """What a fact changes about the orders that count. Without the orders, it is one for which `is_next` holds."""
    if fact.type is FactType.ORDER_PLACED:
        return _with_placed(lifecycle, fact, orders)
    if fact.counts_as_order and _day(fact.occurred_at) != _day(lifecycle.last_counted_delivery_at):
        if orders is not None:
            orders.counting[fact.key] = fact.occurred_at
        return _with_one_more(replace(lifecycle, last_counted_delivery_at=fact.occurred_at), fact.occurred_at)
    if fact.type is FactType.ORDER_CANCELLED and orders is not None:
        return _with_cancelled(lifecycle, fact, orders)
    return lifecycle


def _with_placed(lifecycle: Lifecycle, fact: Fact, orders: _Orders | None) -> Lifecycle:
    if orders is None:
        return _with_one_more(lifecycle, fact.occurred_at)
    if fact.source_id in orders.cancelled_ahead:
        orders.cancelled_ahead.remove(fact.source_id)
        return replace(
            lifecycle,
            orders_cancelled=lifecycle.orders_cancelled + 1,
            cancellations_ahead=len(orders.cancelled_ahead),
        )
    orders.counting[fact.key] = fact.occurred_at
    return _with_one_more(lifecycle, fact.occurred_at)


def _with_cancelled(lifecycle: Lifecycle, fact: Fact, orders: _Orders) -> Lifecycle:
    placed = f"{FactType.ORDER_PLACED.value}:{fact.source_id}"
    if placed not in orders.counting:
        orders.cancelled_ahead.add(fact.source_id)
        return replace(lifecycle, cancellations_ahead=len(orders.cancelled_ahead))
    del orders.counting[placed]
    return replace(
        lifecycle,
        orders_valid=len(orders.counting),
        orders_cancelled=lifecycle.orders_cancelled + 1,
        first_order_at=min(orders.counting.values(), default=None),
        last_order_at=max(orders.counting.values(), default=None),
    )


def _with_one_more(lifecycle: Lifecycle, at: datetime) -> Lifecycle:
    return replace(
        lifecycle,
        orders_valid=lifecycle.orders_valid + 1,
        first_order_at=lifecycle.first_order_at or at,
        last_order_at=at,
    )


def _day(instant: datetime | None) -> date | None:
    return instant and day_of(instant)
