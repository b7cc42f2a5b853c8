"""What a customer is told when his status changes, and when (pure).

Each message has one occasion: signing up (or the first sign-in of somebody whom an import brought), the first order, time
having made him inactive, an order after that. What is older than two days tells nobody anything any more. What the business
wants of him, and he has not begun himself, is said by day: the Indian rules let such messages through from 10 to 21 o'clock.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Final

from roundsman.activation.lifecycle import ORDERING, TIMER, ActivationStatus, Transition
from roundsman.calendar import INDIA
from roundsman.notifications.messages import Template

FRESH_FOR: Final = timedelta(hours=48)
ONCE: Final = frozenset({Template.WELCOME, Template.FIRST_ORDER})
"""What is said to a person once, however his history is told."""

_BEGINNERS: Final = frozenset({ActivationStatus.NEW, ActivationStatus.ONBOARDED})
_SAID_TO: Final[Mapping[Template, frozenset[ActivationStatus]]] = {
    Template.FIRST_ORDER: ORDERING,
    Template.WE_MISS_YOU: frozenset({ActivationStatus.INACTIVE}),
    Template.WELCOME_BACK: ORDERING,
}
_FIRST_HOUR: Final = time(10)
_LAST_HOUR: Final = time(21)


def is_fresh(one: Transition, *, now: datetime) -> bool:
    """Whether a transition is young enough to be spoken of."""
    return now - one.effective_at < FRESH_FOR


def template_of(one: Transition, history: Sequence[Transition], *, channel: str | None) -> Template | None:
    """Which message a transition is the occasion of, in the history it belongs to; `channel` is how the person came."""
    if one.after in _BEGINNERS:
        came_by_himself = one.before is None
        was_brought = channel == "import" and (one.before, one.after) == (
            ActivationStatus.NEW,
            ActivationStatus.ONBOARDED,
        )
        return Template.WELCOME if came_by_himself or was_brought else None
    if one.after is ActivationStatus.INACTIVE:
        return Template.WE_MISS_YOU if one.cause == TIMER else None
    if one.after not in ORDERING:
        return None
    if not any(past.after in ORDERING for past in history if past.effective_at < one.effective_at):
        return Template.FIRST_ORDER
    return None if one.before in ORDERING else Template.WELCOME_BACK


def untrue_of(status: ActivationStatus | None) -> frozenset[Template]:
    """Which messages are not said to somebody whose status is this now, whatever it was when there was an occasion."""
    return frozenset(template for template, statuses in _SAID_TO.items() if status not in statuses)


def not_before(template: Template, *, now: datetime) -> datetime:
    """When a message may be sent at the earliest."""
    if template is not Template.WE_MISS_YOU:
        return now
    here = now.astimezone(INDIA)
    begin = here.replace(hour=_FIRST_HOUR.hour, minute=0, second=0, microsecond=0)
    if here.time() < _FIRST_HOUR:
        return begin
    return now if here.time() < _LAST_HOUR else begin + timedelta(days=1)
