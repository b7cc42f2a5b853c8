"""Whatever delivery boys and the office do, in any order and twice, every paisa is where a plain model says it is."""

from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roundsman.access.roles import Role
from roundsman.activation.policy import ActivationPolicy
from roundsman.audit_log.entries import Actor
from roundsman.calendar import begin_of, day_of
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import insert_customers
from roundsman.database.transaction import Tx
from roundsman.delivery.adjustments import AdjustmentKind
from roundsman.delivery.entries import EntryKind
from roundsman.delivery.linkage import insert_delivery_boys
from roundsman.delivery.opening import Counters, openings
from roundsman.delivery.opening_balances import settle_openings
from roundsman.delivery.paying import list_payouts
from roundsman.delivery.payouts import (
    NothingToPay,
    Payout,
    PayoutStatus,
    PayoutStep,
    PayoutTooLarge,
    SecondPersonNeeded,
)
from roundsman.delivery.rates import Bonus, Period
from roundsman.delivery.statements import all_entries
from roundsman.errors import RoundsmanError
from roundsman.identity.importing import insert_users
from roundsman.ids import DeliveryBoyId
from roundsman.operations.delivering.adjusting import WantedAdjustment, decide_adjustment, propose_adjustment
from roundsman.operations.delivering.delivery_marks import correct_collected, mark_stop, reassign_stop, take_stop_back
from roundsman.operations.delivering.delivery_terms import MoreThanInHand, WantedCard, make_card, take_cash
from roundsman.operations.delivering.month_ends import settle_months_of
from roundsman.operations.delivering.payout_steps import (
    WantedPayout,
    approve_payout,
    draft_payout,
    fail_payout,
    pay_payout,
)
from roundsman.operations.delivering.stop_lookup import UnknownStop
from roundsman.operations.facts.intake import Intake, KeyUsedOtherwise
from roundsman.orders.deliveries import Paid
from roundsman.orders.history import insert_orders
from roundsman.orders.stops import Mark, NotTheDay, StopDoneAlready
from roundsman.subscriptions.pausing import insert_subscriptions
from tests.builders import a_customer, a_delivery_boy, a_subscription, a_user, an_order
from tests.depth import depth
from tests.storage.delivery.ledger_model import Model, empty_ledger, require_equal

BEGIN = datetime(2026, 1, 29, 4, tzinfo=UTC)
LONG_AGO = BEGIN - timedelta(days=100)
ADMINS = tuple(a_user(roles=(Role.ADMIN,)) for _ in range(2))
INTAKE = Intake(Actor("the-office"), ActivationPolicy())
WEEK = timedelta(days=7)
FIXED = 10_000
BONUSES = (Bonus("day", Period.DAY, 2, 300), Bonus("week", Period.WEEK, 2, 700))
Refusal = type[RoundsmanError]


@dataclass
class StopModel:
    """What is so of a stop."""

    id: str
    day: date
    boy: DeliveryBoyId
    at: datetime = BEGIN
    is_done: bool = False
    paid: tuple[DeliveryBoyId, int] | None = None
    marks: dict[str, Mark] = field(default_factory=dict)


@dataclass
class Business:
    """Two delivery boys, what they bring to one customer, and what everybody should have of it."""

    tx: Tx
    boys: tuple[DeliveryBoyId, ...]
    customer: Customer
    now: datetime = BEGIN
    model: Model = field(default_factory=Model)
    stops: list[StopModel] = field(default_factory=list)
    cards: list[tuple[DeliveryBoyId | None, datetime, int]] = field(default_factory=list)
    keys: int = 0

    def key(self) -> str:
        """A key that was not sent before."""
        self.keys += 1
        return f"key-{self.keys}"

    async def deliver(self, which: int, number: int, amount: int, *, fails: bool = False) -> None:
        """Somebody tells of a stop, mostly whose it is, with one of three keys, and for a time up to a day and a half ago."""
        stop, key, mine = self.stops[which % len(self.stops)], f"mark-{amount % 3}", number != 1
        boy = stop.boy if mine else self.boys[1 - self.boys.index(stop.boy)]
        money = Paid(abs(amount), "cash" if amount % 2 else "upi") if amount % 5 == 1 and not fails else None
        said = self.now - timedelta(hours=abs(amount) % 36)
        mark = Mark(key, said, "nobody at home" if fails else None, money)
        refused = self._refused(stop, mark, boy)
        await self._try(mark_stop(self.tx, boy, stop.id, mark, intake=INTAKE, now=self.now), refused)
        if refused is not None or key in stop.marks or (stop.is_done and money is None):
            return
        stop.marks[key] = mark
        if fails:
            return
        if not stop.is_done:
            stop.is_done, stop.at = True, min(max(said, begin_of(stop.day)), self.now)
            self.model.things[stop.id] = (boy, self._rate(boy, stop.at))
        if money is not None:
            self._pays(stop, boy, money)

    async def fail_to_deliver(self, which: int, number: int, amount: int) -> None:
        """The same, that nobody was there."""
        await self.deliver(which, number, amount, fails=True)

    async def correct(self, which: int, number: int, amount: int) -> None:
        """The office says what a customer paid after all, and who has the money."""
        stop, boy = self.stops[which % len(self.stops)], self.boys[number]
        paid = Paid(abs(amount), "cash" if amount % 2 else "upi")
        for _ in range(2):
            await correct_collected(self.tx, stop.id, paid, by=boy, reason="counted", intake=INTAKE, now=self.now)
        self._pays(stop, boy, paid)

    def _pays(self, stop: StopModel, boy: DeliveryBoyId, paid: Paid) -> None:
        if stop.paid is not None:
            before, cash = stop.paid
            self.model.cash[before] -= cash
        stop.paid = (boy, paid.paise if paid.method == "cash" else 0)
        self.model.cash[boy] += stop.paid[1]

    async def undeliver(self, which: int, _: int, __: int) -> None:
        """The office takes a delivery back."""
        stop = self.stops[which % len(self.stops)]
        await take_stop_back(self.tx, stop.id, reason="not there", intake=INTAKE, now=self.now)
        stop.is_done = False
        self.model.things.pop(stop.id, None)

    async def reassign(self, which: int, number: int, _: int) -> None:
        """The office gives a stop to somebody."""
        stop, boy = self.stops[which % len(self.stops)], self.boys[number]
        await reassign_stop(self.tx, stop.id, boy, intake=INTAKE, now=self.now)
        stop.boy = boy
        if stop.is_done:
            self.model.things[stop.id] = (boy, self._rate(boy, stop.at))

    async def adjust(self, which: int, number: int, amount: int) -> None:
        """One admin proposes to add or take something, and one of them decides."""
        kind, key = list(AdjustmentKind)[which], self.key()
        paise = amount or 1 if kind is AdjustmentKind.ADJUSTMENT else abs(amount) + 1
        author, decider = ADMINS[0].id, ADMINS[number].id
        wanted = WantedAdjustment(key, self.boys[amount % 2], kind, paise, "because")
        made = [await propose_adjustment(self.tx, wanted, by=author, intake=INTAKE, now=self.now) for _ in range(2)]
        assert made[0] == made[1]
        refused = SecondPersonNeeded if author == decider else None
        for _ in range(2):
            deciding = decide_adjustment(self.tx, made[0].id, approves=True, by=decider, intake=INTAKE, now=self.now)
            await self._try(deciding, refused)
        if refused is None and kind is AdjustmentKind.DEDUCTION:
            self.model.deducted[wanted.delivery_boy_id] += paise
        elif refused is None:
            self.model.things[key] = (wanted.delivery_boy_id, paise)

    async def draft(self, which: int, number: int, _: int) -> None:
        """Somebody drafts a payout up to one of the last days, and asks again as no answer came."""
        through = day_of(self.now) - timedelta(days=1 + which // 2)
        wanted = WantedPayout(self.key(), self.boys[number], through)
        by = ADMINS[0].id
        try:
            first = await draft_payout(self.tx, wanted, by=by, intake=INTAKE, now=self.now)
        except NothingToPay:
            return
        assert await draft_payout(self.tx, wanted, by=by, intake=INTAKE, now=self.now) == first
        assert first.paise > 0
        await self._take_over_months(wanted.delivery_boy_id)

    async def approve(self, which: int, number: int, amount: int) -> None:
        """One of the admins approves a payout."""
        payout, by = await self._payout(which, amount), ADMINS[number].id
        if payout is None or (payout.status is PayoutStatus.APPROVED and payout.approved_by == by):
            refused: Refusal | None = None
        elif payout.status is not PayoutStatus.DRAFT:
            refused = PayoutStep
        elif self.model.owed(payout.delivery_boy_id) < payout.paise:
            refused = PayoutTooLarge
        else:
            refused = SecondPersonNeeded if by == payout.created_by else None
        if payout is not None:
            await self._try(approve_payout(self.tx, payout.id, by=by, intake=INTAKE, now=self.now), refused)

    async def pay(self, which: int, _: int, amount: int) -> None:
        """The money goes."""
        payout = await self._payout(which, amount)
        if payout is None:
            return
        boy = payout.delivery_boy_id
        refused: Refusal | None = None
        if payout.status not in {PayoutStatus.APPROVED, PayoutStatus.PAID}:
            refused = PayoutStep
        elif payout.status is PayoutStatus.APPROVED and self.model.owed(boy) < payout.paise:
            refused = PayoutTooLarge
        for _ in range(2):
            paying = pay_payout(self.tx, payout.id, reference=f"NEFT {payout.id}", intake=INTAKE, now=self.now)
            await self._try(paying, refused)
        if refused is None and payout.status is PayoutStatus.APPROVED:
            self.model.paid[boy] += payout.paise
            assert self.model.paid[boy] <= self.model.earned(boy) - self.model.deducted[boy]

    async def fail(self, which: int, _: int, amount: int) -> None:
        """Nothing comes of a payout."""
        payout = await self._payout(which, amount)
        if payout is not None:
            refused = PayoutStep if payout.status is PayoutStatus.PAID else None
            await self._try(fail_payout(self.tx, payout.id, reason="closed", intake=INTAKE, now=self.now), refused)

    async def further(self, which: int, number: int, amount: int) -> None:
        """The next day all that is owed goes as far as it may, as is usual."""
        await self.wait(0, 0, 0)
        await self.draft(0, number, amount)
        newest = -number  # The newest payout of his comes first.
        await self.approve(0, 1, newest)
        if which:
            await self.pay(0, 0, newest)

    async def hand_over(self, _: int, number: int, amount: int) -> None:
        """A delivery boy hands over cash, and is asked again as no answer came."""
        boy, paise, key = self.boys[number], abs(amount) + 1, self.key()
        refused = MoreThanInHand if paise > self.model.cash[boy] else None
        for _ in range(2):
            await self._try(take_cash(self.tx, boy, key=key, paise=paise, intake=INTAKE, now=self.now), refused)
        self.model.cash[boy] -= 0 if refused else paise

    async def open(self, _: int, number: int, amount: int) -> None:
        """The counters of an existing application are read, which have moved meanwhile."""
        boy, month = self.boys[number], abs(amount)
        counters = Counters(20_000 + 2 * month, month)
        for _ in range(2):
            wanted = openings(f"delivery_boys:{number}", boy, counters, at=self.now)
            await settle_openings(self.tx, [wanted], now=self.now)
        self.model.opened[boy] = counters.total_paise

    async def end_months(self, _: int, __: int, ___: int) -> None:
        """The worker writes what months that are over brought; again, it has nothing to write."""
        for boy in self.boys:
            await settle_months_of(self.tx, boy, now=self.now)
            assert await settle_months_of(self.tx, boy, now=self.now) == 0
            await self._take_over_months(boy)

    async def _take_over_months(self, boy: DeliveryBoyId) -> None:
        """Fixed parts and bonuses are counted again from the deliveries that count, as plainly as can be."""
        self.model.things = {
            thing: brought
            for thing, brought in self.model.things.items()
            if brought[0] != boy or not thing.startswith(("fixed:", "bonus:"))
        }
        days = await self._days(boy)
        months, weeks = Counter[date](), Counter[date]()
        for day, made in days.items():
            months[day.replace(day=1)] += made
            weeks[day - timedelta(days=day.weekday())] += made
        this_month = day_of(self.now).replace(day=1)
        brought = [(f"fixed:{boy}:{begin}", FIXED) for begin, made in months.items() if begin < this_month and made]
        ended = [begin for begin, made in weeks.items() if begin + timedelta(days=6) < this_month and made >= 2]
        brought += [(f"bonus:week:{boy}:{begin}", 700) for begin in ended]
        brought += [(f"bonus:day:{boy}:{day}", 300) for day, made in days.items() if day < this_month and made >= 2]
        self.model.things |= {thing: (boy, paise) for thing, paise in brought}

    async def _days(self, boy: DeliveryBoyId) -> Counter[date]:
        """How many deliveries count on each day."""
        days = Counter[date]()
        for entry in await all_entries(self.tx, boy):
            if entry.thing.startswith("delivery:"):
                days[day_of(entry.earned_at)] += -1 if entry.kind is EntryKind.REVERSAL else 1
        return days

    async def rate(self, which: int, number: int, amount: int) -> None:
        """Deliveries bring something else from now on, to one of them or to all who have no card of their own."""
        boy = self.boys[number] if which % 2 else None
        wanted = WantedCard(self.key(), 2_000 + amount, delivery_boy_id=boy, fixed_month_paise=FIXED, bonuses=BONUSES)
        await make_card(self.tx, wanted, intake=INTAKE, now=self.now)
        self.cards.append((boy, self.now, 2_000 + amount))

    async def wait(self, which: int, _: int, __: int) -> None:
        """Days go by, on the last of which milk is to be brought."""
        self.now += timedelta(days=1 + which)
        today = day_of(self.now)
        if today not in {stop.day for stop in self.stops[2:]}:
            self.stops.append(StopModel(f"{self.customer.id}:{today}:-", today, self.boys[0]))

    def _refused(self, stop: StopModel, mark: Mark, boy: DeliveryBoyId) -> Refusal | None:
        if boy != stop.boy:
            return UnknownStop
        if mark.key in stop.marks:
            before = stop.marks[mark.key]
            is_same = (before.failed_because, before.paid) == (mark.failed_because, mark.paid)
            return None if is_same else KeyUsedOtherwise
        if not stop.day <= day_of(self.now) <= stop.day + WEEK:
            return NotTheDay
        fails, pays = mark.failed_because is not None, mark.paid is not None
        return StopDoneAlready if (stop.is_done and fails) or (pays and stop.paid is not None) else None

    def _rate(self, boy: DeliveryBoyId, at: datetime) -> int:
        begun = [
            (whose is not None, since, paise)
            for whose, since, paise in self.cards
            if since <= at and whose in {None, boy}
        ]
        return max(begun)[2] if begun else 0

    async def _payout(self, which: int, amount: int) -> Payout | None:
        payouts = await list_payouts(self.tx, self.boys[amount % 2])
        return payouts[which % len(payouts)] if payouts else None

    async def _try(self, work: Coroutine[Any, Any, object], refused: Refusal | None) -> None:
        if refused is None:
            await work
            return
        with pytest.raises(refused):
            await work


async def a_business(tx: Tx) -> Business:
    """One that nobody knows anything of yet: two orders and a subscription, at Rs 25 a delivery."""
    await empty_ledger(tx)
    users = [replace(a_user(), created_at=LONG_AGO) for _ in range(3)]
    await insert_users(tx, [*users, *ADMINS])
    boys = [a_delivery_boy(user.id) for user in users[:2]]
    await insert_delivery_boys(tx, boys)
    customer = replace(a_customer(users[2].id), created_at=LONG_AGO, delivery_boy_id=boys[0].id)
    await insert_customers(tx, [customer])
    today = day_of(BEGIN)
    orders = [
        replace(an_order(customer.user_id, placed_at=BEGIN), customer_id=customer.id, for_date=today) for _ in range(2)
    ]
    await insert_orders(tx, orders)
    await insert_subscriptions(tx, [a_subscription(customer.user_id, customer_id=customer.id)])
    business = Business(tx, tuple(boy.id for boy in boys), customer)
    business.stops += [StopModel(str(order.id), today, boys[0].id) for order in orders]
    business.stops.append(StopModel(f"{customer.id}:{today}:-", today, boys[0].id))
    business.now = LONG_AGO
    await business.rate(0, 0, 500)
    business.now = BEGIN
    return business


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *[Business.deliver] * 5,
                Business.fail_to_deliver,
                Business.undeliver,
                Business.correct,
                *[Business.reassign] * 2,
                Business.adjust,
                Business.draft,
                Business.approve,
                Business.pay,
                Business.fail,
                *[Business.further] * 5,
                *[Business.hand_over] * 2,
                Business.rate,
                Business.open,
                *[Business.end_months] * 2,
                Business.wait,
            ]
        ),
        st.integers(0, 3),
        st.integers(0, 1),
        st.integers(-300, 300),
    ),
    min_size=8,
    max_size=24,
)


@settings(
    max_examples=depth(test=12, proof=1_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
async def test_whatever_is_done_sums_are_those_of_the_entries_and_nothing_is_paid_twice(tx: Tx, steps: Any) -> None:  # noqa: ANN401  a list of methods with what they take
    business = await a_business(tx)
    for step, *numbers in steps:
        business.now += timedelta(hours=1)
        await step(business, *numbers)
        await require_equal(tx, business.model, business.boys)
