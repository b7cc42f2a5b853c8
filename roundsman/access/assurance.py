"""How surely somebody has proved who he is, and what is missing for what he asks (pure).

A sign-in by password is half a sign-in for whoever has an authenticator, and for staff where that is required: with it
one can set up or use the authenticator, and nothing else. What is hard to repair asks besides that the last proof is a
few minutes old at most, so that nobody does it on a device that was left alone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from roundsman.access.principal import Principal
from roundsman.errors import NotPermitted


class StepUpNeeded(NotPermitted):
    """What is asked for needs a proof of identity that is a few minutes old at most."""

    code = "step_up_needed"

    def __init__(self) -> None:
        super().__init__("Prove again who you are first: POST /api/v1/auth/step-up, then repeat this request.")


class Missing(StrEnum):
    """What has to be proved first."""

    SECOND_FACTOR = "second_factor"
    FRESH_PROOF = "fresh_proof"


@dataclass(frozen=True, slots=True)
class AssuranceRules:
    """Whether staff needs an authenticator even where it has none yet, and for how long a proof is fresh."""

    staff_needs_second_factor: bool = True
    fresh_for: timedelta = timedelta(minutes=10)


def needs_second_factor(principal: Principal, rules: AssuranceRules) -> bool:
    """Whether the sign-in is only half of one."""
    is_due = principal.second_factor_due or (principal.is_staff and rules.staff_needs_second_factor)
    return is_due and principal.second_factor_at is None


def is_fresh(principal: Principal, rules: AssuranceRules, *, now: datetime) -> bool:
    """Whether the last proof is recent enough for what is hard to repair."""
    return principal.fresh_at is not None and now - principal.fresh_at <= rules.fresh_for


def missing_proof(principal: Principal, rules: AssuranceRules, *, fresh: bool, now: datetime) -> Missing | None:
    """Say what has to be proved before the principal may do anything, or something that asks for a fresh proof."""
    if needs_second_factor(principal, rules):
        return Missing.SECOND_FACTOR
    return Missing.FRESH_PROOF if fresh and not is_fresh(principal, rules, now=now) else None
