"""All delivery boys at a glance: what they earned, what they have in hand, and to how many they deliver."""

from dataclasses import dataclass
from datetime import datetime

from roundsman.customers.linkage import count_customers_of_delivery_boys
from roundsman.database.transaction import Tx
from roundsman.delivery.delivery_boys import DeliveryBoyStatus
from roundsman.delivery.linkage import list_delivery_boys
from roundsman.delivery.posting import totals_of_some
from roundsman.operations.delivering.earnings import Earnings, earnings_from


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A delivery boy with his earnings, and how many customers he usually delivers to."""

    earnings: Earnings
    customers: int


async def list_team(
    tx: Tx, *, status: DeliveryBoyStatus | None = None, skip: int = 0, limit: int, now: datetime
) -> list[TeamMember]:
    """List some of the delivery boys, in one status if given, by their names."""
    boys = await list_delivery_boys(tx, status=status, skip=skip, limit=limit)
    ids = [boy.id for boy in boys]
    totals, customers = await totals_of_some(tx, ids), await count_customers_of_delivery_boys(tx, ids)
    return [TeamMember(earnings_from(boy, totals[boy.id], now=now), customers.get(boy.id, 0)) for boy in boys]
