"""What codes cost: how many were sent, against how many may be."""

from dataclasses import dataclass
from datetime import datetime

from roundsman.auth.attempts import count
from roundsman.auth.limits import window_end
from roundsman.auth.otp import OtpPolicy
from roundsman.calendar import begin_of, day_of
from roundsman.database.transaction import Tx
from roundsman.notifications.messages import Template
from roundsman.notifications.outbox import count_put
from roundsman.operations.signing_in.proving import EVERYBODY


@dataclass(frozen=True, slots=True)
class CodeSpend:
    """Codes of this hour, of how many, until when that counts; and those of the Indian day."""

    this_hour: int
    most_an_hour: int
    hour_ends_at: datetime
    today: int

    @property
    def is_spent(self) -> bool:
        """Whether no more codes are sent in this hour."""
        return self.this_hour >= self.most_an_hour


async def read_code_spend(tx: Tx, policy: OtpPolicy, *, now: datetime) -> CodeSpend:
    """Count the codes of this hour and of today."""
    budget = policy.budget
    return CodeSpend(
        # What is refused is counted as one above the limit.
        this_hour=min(await count(tx, budget, EVERYBODY, now=now), budget.most),
        most_an_hour=budget.most,
        hour_ends_at=window_end(budget, now=now),
        today=await count_put(tx, Template.CODE, since=begin_of(day_of(now))),
    )
