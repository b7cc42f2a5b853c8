"""The dashboard's figures, and that each leads to its people."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from roundsman.activation.cohorts import read_cohorts
from roundsman.activation.dashboard import ImpossibleRange, read_dashboard
from roundsman.activation.days import read_places
from roundsman.activation.facts import Fact, FactType
from roundsman.activation.figures import EVERYBODY, Places
from roundsman.activation.lifecycle import ORDERING, ActivationStatus
from roundsman.activation.listing import MalformedListKey, Wanted, list_people
from roundsman.activation.machine import fold
from roundsman.activation.movement import read_movement
from roundsman.activation.rollups import roll_up
from roundsman.activation.store import tracked_document, transition_documents
from roundsman.activation.tracked import Tracked, Traits, with_pending
from roundsman.activation.tracking import record_facts
from roundsman.activation.what_if import TooManyFacts, other_policy, what_if
from roundsman.calendar import day_of
from roundsman.database.collections import LIFECYCLES, TRANSITIONS
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from tests.histories import BEGIN, a_fact
from tests.storage.activation.crowds import NOW, POLICY, Crowd, crowds, empty, live
from tests.storage.activation.test_rollups import EXAMPLES, FIRST

DAY = timedelta(days=1)
LATER = st.sampled_from([0, 7, 62])


async def ids(tx: Tx, wanted: Wanted, *, now: datetime, limit: int = 2) -> list[UserId]:
    """All whom a list has, page by page."""
    found: list[UserId] = []
    after: str | None = None
    while True:
        page = await list_people(tx, wanted, policy=POLICY, now=now, after=after, limit=limit)
        assert len(page.people) <= limit
        found += [one.user_id for one in page.people]
        if page.next is None:
            assert len(set(found)) == len(found)
            return found
        after = page.next


async def store(tx: Tx, histories: list[list[Fact]], *, now: datetime) -> None:
    """Store many people as their facts would leave them."""
    lifecycles, transitions = [], []
    for facts in histories:
        person = facts[0].subject
        told = fold(facts, POLICY, until=now)
        tracked = with_pending(Tracked(person, told.lifecycle, 1), Tracked(person))
        lifecycles.append(tracked_document(tracked))
        transitions += transition_documents(tracked, told.transitions, now=now)
    await tx.database[LIFECYCLES].insert_many(lifecycles)
    await tx.database[TRANSITIONS].insert_many(transitions)


async def test_the_golden_case_of_two_thousand_customers(tx: Tx) -> None:
    def history(*later: tuple[FactType, int]) -> list[Fact]:
        person = UserId(ObjectId())
        facts = [(FactType.SIGNUP, 0), *later]
        return [a_fact(type_, BEGIN + days * DAY, days, person) for type_, days in facts]

    now = BEGIN + 45 * DAY
    histories = [history() for _ in range(150)] + [history((FactType.LOGIN, 1)) for _ in range(800)]
    histories += [history((FactType.ORDER_PLACED, 20)) for _ in range(950)]
    histories += [history((FactType.ORDER_PLACED, 10)) for _ in range(100)]
    await store(tx, histories, now=now)
    await roll_up(tx, now=now)
    dashboard = await read_dashboard(tx, FIRST, day_of(now), policy=POLICY, now=now)
    counts = {one.status.value: one.count for one in dashboard.statuses}
    assert counts == {"new": 150, "onboarded": 800, "active": 950, "engaged": 0, "inactive": 100, "churned": 0}
    keys = dashboard.plan_keys
    assert (keys.customers, keys.signup_to_first_order, keys.first_order_to_active) == (2000, 52.5, 90.5)
    assert keys.active_retention == 90.5
    funnel = [(one.count, one.total_percent) for one in dashboard.funnel.steps[:3]]
    assert funnel == [(2000, 100.0), (1850, 92.5), (1050, 52.5)]
    first_order = dashboard.stage_times[1]
    assert (first_order.p50_hours, first_order.p90_hours, first_order.not_converted_percent) == (480, 480, 47.5)
    assert (dashboard.at_risk.count, dashboard.at_risk.is_more) == (950, False)


async def test_who_has_no_status_yet_is_in_no_number(tx: Tx) -> None:
    """A payment that failed was told of him, and neither a sign-up nor an order."""
    now = BEGIN + 35 * DAY
    failed = a_fact(FactType.PAYMENT_FAILED, BEGIN)
    await record_facts(tx, failed.subject, [failed], policy=POLICY, now=now)
    dashboard = await read_dashboard(tx, FIRST, day_of(now), policy=POLICY, now=now)
    assert dashboard.payment_risk.failed.count == len(await ids(tx, Wanted(payment_failed=True), now=now)) == 0


@EXAMPLES
@given(crowd=crowds(), days=LATER)
async def test_each_number_leads_to_as_many_people(tx: Tx, crowd: Crowd, days: int) -> None:
    await empty(tx)
    await live(tx, crowd)
    now = NOW + days * DAY
    today = day_of(now)
    dashboard = await read_dashboard(tx, FIRST, today, policy=POLICY, now=now)
    for one in dashboard.statuses:
        assert len(await ids(tx, Wanted(statuses=(one.status,)), now=now)) == one.count
        for shown in dashboard.days[:: len(dashboard.days) // 3]:
            on = Wanted(statuses=(one.status,), on=shown.day)
            assert len(await ids(tx, on, now=now)) == shown.counts[one.status]
    for step in dashboard.funnel.steps:
        taken = Wanted(step=step.step, signed_up_first=FIRST, signed_up_last=today)
        assert len(await ids(tx, taken, now=now)) == step.count
    assert len(await ids(tx, Wanted(at_risk=True), now=now)) == dashboard.at_risk.count
    assert len(await ids(tx, Wanted(payment_failed=True), now=now)) == dashboard.payment_risk.failed.count
    assert len(await ids(tx, Wanted(payment_missing=True), now=now)) == dashboard.payment_risk.missing.count
    assert len(await ids(tx, Wanted(overdue=True), now=now)) == dashboard.sweep.overdue.count
    for cohort in (await read_cohorts(tx, FIRST, today, of=EVERYBODY, policy=POLICY, now=now))[::6]:
        theirs = Wanted(
            signed_up_first=cohort.signup_week,
            signed_up_last=cohort.signup_week + 6 * DAY,
            statuses=tuple(ORDERING),
        )
        assert len(await ids(tx, theirs, now=now)) == cohort.cells[-1].count


@EXAMPLES
@given(crowd=crowds(), days=LATER, begin=st.integers(0, 150), length=st.integers(0, 100))
async def test_movement_leads_from_the_stock_of_one_day_to_that_of_another(
    tx: Tx, crowd: Crowd, days: int, begin: int, length: int
) -> None:
    await empty(tx)
    await live(tx, crowd)
    now = NOW + days * DAY
    first = FIRST + begin * DAY
    last = first + length * DAY
    movement = await read_movement(tx, first, last, policy=POLICY, now=now)
    dashboard = await read_dashboard(tx, first, last, policy=POLICY, now=now)
    left: Counter[ActivationStatus] = Counter()
    entered: Counter[ActivationStatus] = Counter()
    for band in movement.bands:
        assert band.count > 0
        entered[band.after] += band.count
        if band.before is not None:
            left[band.before] += band.count
        before = (band.before,) if band.before else ()
        wanted = Wanted(statuses=(band.after,), on=last, before=before, since=first)
        assert len(await ids(tx, wanted, now=now)) == band.count
    assert left == +Counter(dashboard.days[0].counts)
    assert entered == +Counter(dashboard.days[-1].counts)


async def test_at_risk_are_those_who_go_soonest_first(tx: Tx) -> None:
    people = [UserId(ObjectId()) for _ in range(4)]
    histories = [
        [a_fact(FactType.SIGNUP, BEGIN, 0, one), a_fact(FactType.ORDER_PLACED, BEGIN + days * DAY, 1, one)]
        for one, days in zip(people, (6, 9, 5, 20), strict=True)
    ]
    now = BEGIN + 32 * DAY
    await store(tx, histories, now=now)
    assert await ids(tx, Wanted(at_risk=True), now=now) == [people[2], people[0], people[1]]


@EXAMPLES
@given(crowd=crowds())
async def test_what_if_tells_everybody_by_other_thresholds_and_writes_nothing(tx: Tx, crowd: Crowd) -> None:
    await empty(tx)
    await live(tx, crowd)
    before = await tx.database[LIFECYCLES].find().sort("_id").to_list()
    other = other_policy(POLICY, inactive_days=7, churn_days=None, engaged_orders=2)
    compared = await what_if(tx, other, policy=POLICY, now=NOW)
    dashboard = await read_dashboard(tx, policy=POLICY, now=NOW)
    assert [one.now for one in compared.statuses] == [one.count for one in dashboard.statuses]
    moved: Counter[ActivationStatus] = Counter()
    for mover in compared.movers:
        moved[mover.now] -= mover.count
        moved[mover.then] += mover.count
    assert all(one.then - one.now == moved[one.status] for one in compared.statuses)
    assert await tx.database[LIFECYCLES].find().sort("_id").to_list() == before


async def test_what_if_moves_whom_a_shorter_period_moves(tx: Tx) -> None:
    person = UserId(ObjectId())
    facts = [a_fact(FactType.SIGNUP, BEGIN, 0, person), a_fact(FactType.ORDER_PLACED, BEGIN + DAY, 1, person)]
    await record_facts(tx, person, facts, policy=POLICY, now=BEGIN + 9 * DAY)
    other = other_policy(POLICY, inactive_days=7, churn_days=None, engaged_orders=None)
    compared = await what_if(tx, other, policy=POLICY, now=BEGIN + 9 * DAY)
    assert [(one.now, one.then, one.count) for one in compared.movers] == [("active", "inactive", 1)]
    with pytest.raises(TooManyFacts):
        await what_if(tx, other, policy=POLICY, now=BEGIN, most_facts=1)


async def test_numbers_can_be_sliced_by_the_areas_and_channels_that_somebody_has(tx: Tx) -> None:
    assert await read_places(tx) == Places((), ())
    for number, traits in enumerate((Traits("$area", None), Traits("HSR", "self"), Traits(None, "import"), Traits())):
        person = UserId(ObjectId())
        at = BEGIN + number * DAY
        await record_facts(tx, person, [a_fact(FactType.SIGNUP, at, 0, person)], policy=POLICY, now=at, traits=traits)
    await roll_up(tx, now=BEGIN + 9 * DAY)
    assert await read_places(tx) == Places(("$area", "HSR"), ("import", "self"))


async def test_of_a_day_after_all_days_it_is_told_as_of_the_last(tx: Tx) -> None:
    person = UserId(ObjectId())
    await record_facts(tx, person, [a_fact(FactType.SIGNUP, BEGIN, 0, person)], policy=POLICY, now=BEGIN)
    wanted = Wanted(statuses=(ActivationStatus.NEW,), on=date.max)
    assert await ids(tx, wanted, now=BEGIN + DAY) == [person]


async def test_impossible_ranges_and_keys_are_refused(tx: Tx) -> None:
    with pytest.raises(ImpossibleRange):
        await read_dashboard(tx, date(2026, 2, 1), date(2026, 1, 1), policy=POLICY, now=NOW)
    for first, last in ((None, date.min), (date.min, date(1, 1, 5)), (date.max, date.max)):
        with pytest.raises(ImpossibleRange):
            await read_dashboard(tx, first, last, policy=POLICY, now=NOW)
    for wanted, key in ((Wanted(), "x"), (Wanted(at_risk=True), "0" * 24), (Wanted(at_risk=True), "0" * 24 + "soon")):
        with pytest.raises(MalformedListKey):
            await list_people(tx, wanted, policy=POLICY, now=NOW, after=key)
