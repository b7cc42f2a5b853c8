"""What delivery boys should have, told as plainly as can be, and whether they have it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from roundsman.database.collections import ADJUSTMENTS, DELIVERY_TOTALS, LEDGER_ENTRIES, PAYOUTS, RATE_CARDS
from roundsman.database.transaction import Tx
from roundsman.delivery.posting import totals_of
from roundsman.delivery.verifying import find_wrong
from roundsman.ids import DeliveryBoyId


@dataclass
class Model:
    """What everybody should have: things that count with whose they are, and sums of money."""

    things: dict[str, tuple[DeliveryBoyId, int]] = field(default_factory=dict)
    deducted: Counter[DeliveryBoyId] = field(default_factory=Counter)
    paid: Counter[DeliveryBoyId] = field(default_factory=Counter)
    cash: Counter[DeliveryBoyId] = field(default_factory=Counter)
    opened: Counter[DeliveryBoyId] = field(default_factory=Counter)

    def earned(self, boy: DeliveryBoyId) -> int:
        """What he earned."""
        return sum(paise for who, paise in self.things.values() if who == boy)

    def owed(self, boy: DeliveryBoyId) -> int:
        """What he is owed."""
        return self.earned(boy) - self.deducted[boy] - self.paid[boy]


async def empty_ledger(tx: Tx) -> None:
    """Let nobody have earned anything."""
    for name in (LEDGER_ENTRIES, DELIVERY_TOTALS, PAYOUTS, RATE_CARDS, ADJUSTMENTS):
        await tx.database[name].delete_many({})


async def require_equal(tx: Tx, model: Model, boys: Iterable[DeliveryBoyId]) -> None:
    """The ledger is sound and says what the model says."""
    assert [wrong async for wrong in find_wrong(tx)] == []
    for boy in boys:
        totals = await totals_of(tx, boy)
        assert totals.earned_paise == model.earned(boy)
        assert totals.opened_paise == model.opened[boy]
        assert sum(totals.months.values()) == model.earned(boy) + model.opened[boy]
        assert totals.balance_paise == model.owed(boy)
        assert totals.cash_paise == model.cash[boy]
    paid = await tx.database[PAYOUTS].find({"status": "paid"}).to_list()
    assert sum(one["paise"] for one in paid) == sum(model.paid.values())
