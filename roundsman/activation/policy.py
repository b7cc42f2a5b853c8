"""After how long, and from how many orders on, a customer's status changes; versioned, because owners change their minds."""

from dataclasses import dataclass, replace
from datetime import timedelta

from roundsman.errors import InvalidInput


class ImpossiblePolicy(InvalidInput):
    """Thresholds that contradict each other."""

    code = "impossible_policy"


@dataclass(frozen=True, slots=True)
class ActivationPolicy:
    """The thresholds (spec activation, The rule). Raises ImpossiblePolicy."""

    inactive_after: timedelta = timedelta(days=30)
    churn_after: timedelta = timedelta(days=60)
    engaged_orders: int = 3
    version: int = 1

    def is_like(self, other: "ActivationPolicy") -> bool:
        """Whether the thresholds are the same, in whatever version."""
        return replace(self, version=other.version) == other

    def __post_init__(self) -> None:
        """Refuse what cannot hold."""
        if not timedelta() < self.inactive_after < self.churn_after:
            raise ImpossiblePolicy(
                f"A customer cannot be inactive after {self.inactive_after.days} days and churned after "
                f"{self.churn_after.days}: both take a day at least, and churned is the later"
            )
        if self.engaged_orders < 2:  # noqa: PLR2004  one order is what makes a customer active
            raise ImpossiblePolicy("A customer is engaged from his second order on at the earliest.")
