"""After how long, and from how many orders on, a customer's status changes; versioned, because owners change their minds."""

from dataclasses import dataclass
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

    def __post_init__(self) -> None:
        """Refuse what cannot hold."""
        if not timedelta() < self.inactive_after < self.churn_after:
            raise ImpossiblePolicy(
                "A customer has to be inactive after more than no time, and churned after longer than that."
            )
        if self.engaged_orders < 2:  # noqa: PLR2004  one order is what makes a customer active
            raise ImpossiblePolicy("A customer is engaged from his second order on at the earliest.")
