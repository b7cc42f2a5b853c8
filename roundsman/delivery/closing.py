"""What remains of a delivery boy whose account was closed: the profile that what he earned belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass

from roundsman.database.bulk import EDITED
from roundsman.database.collections import DELIVERY_BOYS, PAYOUTS
from roundsman.database.transaction import Tx
from roundsman.delivery.delivery_boys import DeliveryBoyStatus
from roundsman.delivery.linkage import delivery_boys_of_users
from roundsman.delivery.payouts import LIVE
from roundsman.delivery.posting import begin_alone, totals_of
from roundsman.ids import DeliveryBoyId, UserId


@dataclass(frozen=True, slots=True)
class OpenMoney:
    """What is still open with a delivery boy, in paise: what he is owed, or owes below nought, and what he has to hand over."""

    delivery_boy_id: DeliveryBoyId
    balance_paise: int
    cash_paise: int
    live_payouts: int

    @property
    def is_settled(self) -> bool:
        """Whether nothing is."""
        return not (self.balance_paise or self.cash_paise or self.live_payouts)


async def money_with(tx: Tx, users: Sequence[UserId]) -> list[OpenMoney]:
    """Within a transaction: what is open with the delivery boys that these users are; who writes of them meanwhile begins again."""
    return [await _money_with(tx, boy.id) for boy in (await delivery_boys_of_users(tx, users)).values()]


async def _money_with(tx: Tx, boy: DeliveryBoyId) -> OpenMoney:
    await begin_alone(tx, boy)
    totals = await totals_of(tx, boy)
    live = {"delivery_boy_id": boy, "status": {"$in": [status.value for status in LIVE]}}
    payouts = await tx.database[PAYOUTS].count_documents(live, session=tx.session)
    return OpenMoney(boy, totals.balance_paise, totals.cash_paise, payouts)


async def erase_delivery_boys(tx: Tx, users: Sequence[UserId]) -> None:
    """Empty the profiles of these users."""
    blank = {
        "$set": {"name": "", "status": DeliveryBoyStatus.LEFT.value, "areas": []},
        "$unset": {"phone": "", "email": "", EDITED: ""},
    }
    await tx.database[DELIVERY_BOYS].update_many({"user_id": {"$in": list(users)}}, blank, session=tx.session)
