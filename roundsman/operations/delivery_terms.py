"""What delivery boys get from when on, to whom they deliver, and the money they hand over."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from roundsman.audit_log.entries import AuditEntry, digest
from roundsman.audit_log.log import record
from roundsman.calendar import begin_of, day_of
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import assign_customer, get_customer
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.delivery.delivery_boys import DeliveryBoy, DeliveryBoyStatus, require_here
from roundsman.delivery.entries import Entry, EntryKind, Wanted
from roundsman.delivery.linkage import get_delivery_boy, write_profile
from roundsman.delivery.posting import entries_of, settle, totals_of
from roundsman.delivery.rate_cards import find_card, insert_card
from roundsman.delivery.rates import Bonus, RateCard, RateNeverBackwards
from roundsman.errors import Conflict
from roundsman.identity.mode import require_operations_managed_here, require_people_managed_here
from roundsman.ids import CustomerId, DeliveryBoyId
from roundsman.operations.intake import Intake, KeyUsedOtherwise


class MoreThanInHand(Conflict):
    """More would be handed over than the delivery boy has taken."""

    code = "more_than_in_hand"


@dataclass(frozen=True, slots=True)
class WantedCard:
    """What is paid from an Indian day on, or from now on; to one delivery boy, or to all who have no card of their own."""

    key: str
    per_delivery_paise: int
    fixed_month_paise: int = 0
    since: date | None = None
    delivery_boy_id: DeliveryBoyId | None = None
    bonuses: tuple[Bonus, ...] = ()


async def make_card(tx: Tx, wanted: WantedCard, *, intake: Intake, now: datetime) -> RateCard:
    """Have deliveries bring so much from a day on; never for what was delivered before. Sent again, gives the same card.

    Raises UnknownDeliveryBoy, RateNeverBackwards, KeyUsedOtherwise, OperationsManagedElsewhere.
    """

    async def work(tx: Tx) -> RateCard:
        await require_operations_managed_here(tx)
        card_id = str(intake.id_for("rate_card", wanted.key))
        if (there := await find_card(tx, card_id)) is not None:
            return _same(there, wanted)
        if wanted.since is not None and wanted.since < day_of(now):
            raise RateNeverBackwards(f"{wanted.since} is over: a rate counts from today on or later")
        if wanted.delivery_boy_id is not None:
            await get_delivery_boy(tx, wanted.delivery_boy_id)
        valid_from = now if wanted.since is None else max(now, begin_of(wanted.since))
        amounts = (wanted.per_delivery_paise, wanted.fixed_month_paise)
        card = RateCard(card_id, *amounts, valid_from, wanted.delivery_boy_id, wanted.bonuses, now)
        await _record(tx, "rate.set", f"rate_card:{card_id}", await insert_card(tx, card), intake=intake, now=now)
        return card

    return await in_transaction(tx, work)


async def assign(
    tx: Tx, customer_id: CustomerId, boy: DeliveryBoyId | None, stop: int | None, *, intake: Intake, now: datetime
) -> Customer:
    """Say who delivers to a customer from now on, and at which stop of his round.

    Raises UnknownCustomer, UnknownDeliveryBoy, DeliveryBoyGone, OperationsManagedElsewhere.
    """

    async def work(tx: Tx) -> Customer:
        await require_operations_managed_here(tx)
        before = await get_customer(tx, customer_id)
        if boy is not None:
            require_here(await get_delivery_boy(tx, boy))
        if (before.delivery_boy_id, before.stop) != (boy, stop):
            document = await assign_customer(tx, before, boy, stop)
            await _record(tx, "delivery.assigned", f"customer:{customer_id}", document, intake=intake, now=now)
        return await get_customer(tx, customer_id)

    return await in_transaction(tx, work)


async def set_status(
    tx: Tx, boy: DeliveryBoyId, status: DeliveryBoyStatus, *, intake: Intake, now: datetime
) -> DeliveryBoy:
    """Say whether a delivery boy can be given deliveries; what he has brought and earned stays.

    Raises UnknownDeliveryBoy, PeopleManagedElsewhere.
    """

    async def work(tx: Tx) -> DeliveryBoy:
        await require_people_managed_here(tx)
        before = await get_delivery_boy(tx, boy)
        after = replace(before, status=status)
        if after != before:
            _, document = await write_profile(tx, before, after)
            await _record(tx, f"delivery_boy.{status}", f"delivery_boy:{boy}", document, intake=intake, now=now)
        return after

    return await in_transaction(tx, work)


async def take_cash(tx: Tx, boy: DeliveryBoyId, *, key: str, paise: int, intake: Intake, now: datetime) -> Entry:
    """Record that a delivery boy handed over money he had taken at doors; sent again, gives the same entry.

    Raises UnknownDeliveryBoy, MoreThanInHand, KeyUsedOtherwise, OperationsManagedElsewhere.
    """

    async def work(tx: Tx) -> Entry:
        await require_operations_managed_here(tx)
        await get_delivery_boy(tx, boy)
        thing = f"handover:{intake.id_for('handover', key)}"
        if there := await entries_of(tx, thing):
            if (there[0].delivery_boy_id, -there[0].paise) != (boy, paise):
                raise KeyUsedOtherwise
            return there[0]
        in_hand = (await totals_of(tx, boy)).cash_paise
        if paise > in_hand:
            raise MoreThanInHand(f"He has {in_hand} paise in hand, not {paise}")
        (entry,) = await settle(tx, thing, Wanted(boy, EntryKind.CASH_HANDOVER, -paise, now), now=now)
        await _record(tx, "cash.handed_over", f"delivery_boy:{boy}", {"paise": paise}, intake=intake, now=now)
        return entry

    return await in_transaction(tx, work)


async def _record(tx: Tx, action: str, target: str, document: Document, *, intake: Intake, now: datetime) -> None:
    await record(tx, AuditEntry(now, intake.actor, action, target, after_digest=digest(document)))


def _same(card: RateCard, wanted: WantedCard) -> RateCard:
    there = (card.per_delivery_paise, card.fixed_month_paise, card.delivery_boy_id, card.bonuses)
    if there != (wanted.per_delivery_paise, wanted.fixed_month_paise, wanted.delivery_boy_id, wanted.bonuses):
        raise KeyUsedOtherwise
    return card
