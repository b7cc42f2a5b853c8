"""The sums of a delivery boy's ledger, which are kept with every entry (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from roundsman.ids import DeliveryBoyId


@dataclass(frozen=True, slots=True)
class Totals:
    """What the entries of a delivery boy add up to, in paise; deductions and payouts are negative.

    `opened_paise` is what he earned while an existing application paid him. `months` is what he earned in each Indian month; their
    sum is all he earned. `paid_through` is the last month that was
    paid: nothing is added to it any more. `stars` are those of all his ratings together.
    """

    delivery_boy_id: DeliveryBoyId
    earned_paise: int = 0
    deducted_paise: int = 0
    paid_paise: int = 0
    cash_paise: int = 0
    opened_paise: int = 0
    months: Mapping[str, int] = field(default_factory=dict)
    paid_through: str | None = None
    ratings: int = 0
    stars: int = 0

    @property
    def total_paise(self) -> int:
        """All he ever earned."""
        return self.earned_paise + self.opened_paise

    @property
    def balance_paise(self) -> int:
        """What he is owed; below nought, what the next payout is less by."""
        return self.earned_paise + self.deducted_paise + self.paid_paise

    def earned_in(self, month: str) -> int:
        """What he earned in an Indian month, like '2026-01'."""
        return self.months.get(month, 0)
