"""What delivery boys get from when on, to whom they deliver, and the money they hand over."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from roundsman.calendar import day_of
from roundsman.customers.customers import Customer, assigned_to
from roundsman.customers.linkage import customers_of_delivery_boy, get_customer, write_assignment
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.delivery.delivery_boys import DeliveryBoy, DeliveryBoyStatus, require_here
from roundsman.delivery.entries import Entry, EntryKind, Wanted
from roundsman.delivery.linkage import get_delivery_boy, write_profile
from roundsman.delivery.posting import entries_of, settle, totals_of
from roundsman.delivery.rate_cards import find_card, insert_card
from roundsman.delivery.rates import Bonus, RateCard, RateNeverBackwards, begin_of_card, require_distinct_rules
from roundsman.errors import Conflict
from roundsman.identity.mode import require_operations_managed_here, require_people_managed_here
from roundsman.ids import CustomerId, DeliveryBoyId
from roundsman.operations.facts.intake import Change, Intake, KeyUsedOtherwise, note_down
from roundsman.operations.facts.steps import take_step
from roundsman.orders.book import put_delivery
from roundsman.orders.rounds import waiting_deliveries


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

    Raises UnknownDeliveryBoy, BonusRuleTwice, RateNeverBackwards, KeyUsedOtherwise, OperationsManagedElsewhere.
    """
    require_distinct_rules(wanted.bonuses)

    async def work(tx: Tx) -> RateCard:
        await require_operations_managed_here(tx)
        card_id = str(intake.id_for("rate_card", wanted.key))
        if (there := await find_card(tx, card_id)) is not None:
            return _same(there, wanted)
        if wanted.since is not None and wanted.since < day_of(now):
            raise RateNeverBackwards(f"{wanted.since} is over: a rate counts from today on or later")
        if wanted.delivery_boy_id is not None:
            await get_delivery_boy(tx, wanted.delivery_boy_id)
        valid_from = begin_of_card(wanted.since, now=now)
        amounts = (wanted.per_delivery_paise, wanted.fixed_month_paise)
        card = RateCard(card_id, *amounts, valid_from, wanted.delivery_boy_id, wanted.bonuses, now)
        change = Change("rate.set", f"rate_card:{card_id}", await insert_card(tx, card))
        await note_down(tx, intake, change, now=now)
        return card

    return await in_transaction(tx, work)


async def assign(
    tx: Tx, customer_id: CustomerId, boy: DeliveryBoyId | None, stop: int | None, *, intake: Intake, now: datetime
) -> Customer:
    """Say who delivers to a customer from now on, and at which stop of his round.

    Raises UnknownCustomer, UnknownDeliveryBoy, DeliveryBoyGone, OperationsManagedElsewhere.
    """

    async def decide(tx: Tx, before: Customer) -> Customer:
        if boy is not None:
            require_here(await get_delivery_boy(tx, boy))
        return assigned_to(before, boy, stop, now=now)

    load = partial(get_customer, customer_id=customer_id)
    return await take_step(tx, load=load, decide=decide, write=write_assignment, told=_assigned, intake=intake, now=now)


def _assigned(customer: Customer, document: Document) -> Change:
    return Change("delivery.assigned", f"customer:{customer.id}", document)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """How many customers went from one delivery boy to another, and how many stops that he was told to bring himself."""

    customers: int
    stops: int


async def hand_over_round(
    tx: Tx, boy: DeliveryBoyId, to: DeliveryBoyId, *, intake: Intake, now: datetime
) -> HandedOver:
    """Have another bring all that a delivery boy would bring from now on; what he has brought and earned stays his.

    Raises UnknownDeliveryBoy, DeliveryBoyGone, OperationsManagedElsewhere.
    """

    async def work(tx: Tx) -> HandedOver:
        await require_operations_managed_here(tx)
        await get_delivery_boy(tx, boy)
        require_here(await get_delivery_boy(tx, to))
        if to == boy:
            return HandedOver(0, 0)
        customers = (await customers_of_delivery_boy(tx, boy)).values()
        for one in customers:
            document = await write_assignment(tx, assigned_to(one, to, one.stop, now=now))
            await note_down(tx, intake, _assigned(one, document), now=now)
        waiting = await waiting_deliveries(tx, boy, day_of(now))
        for delivery in waiting:
            document = await put_delivery(tx, replace(delivery, delivery_boy_id=to))
            await note_down(tx, intake, Change("order.reassigned", f"delivery:{delivery.id}", document), now=now)
        return HandedOver(len(customers), len(waiting))

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
            await note_down(tx, intake, Change(f"delivery_boy.{status}", f"delivery_boy:{boy}", document), now=now)
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
        handed = Wanted(boy, EntryKind.CASH_HANDOVER, -paise, now)
        (entry,) = await settle(tx, thing, handed, by=intake.actor.who, now=now)
        change = Change("cash.handed_over", f"delivery_boy:{boy}", {"paise": paise})
        await note_down(tx, intake, change, now=now)
        return entry

    return await in_transaction(tx, work)


def _same(card: RateCard, wanted: WantedCard) -> RateCard:
    begin = begin_of_card(wanted.since, now=card.made_at or card.valid_from)
    there = (card.per_delivery_paise, card.fixed_month_paise, card.delivery_boy_id, card.bonuses, card.valid_from)
    if there != (wanted.per_delivery_paise, wanted.fixed_month_paise, wanted.delivery_boy_id, wanted.bonuses, begin):
        raise KeyUsedOtherwise
    return card
