"""Rollups: whatever happened in whatever order, they are what the transitions and lifecycles give, and the readers' truth."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roundsman.activation.cohorts import read_cohorts
from roundsman.activation.dashboard import read_dashboard
from roundsman.activation.days import read_flows, read_stocks
from roundsman.activation.facts import Ahead, FactType
from roundsman.activation.figures import EVERYBODY, Dashboard, Slice
from roundsman.activation.lifecycle import ORDERING, ActivationStatus
from roundsman.activation.machine import fold
from roundsman.activation.recorded_facts import facts_of
from roundsman.activation.rollups import rebuild, roll_up
from roundsman.activation.tracking import advance, find_tracked, record_facts
from roundsman.calendar import day_of, week_of
from roundsman.database.collections import LIFECYCLES, TRANSITIONS
from roundsman.database.transaction import Tx
from tests.depth import depth
from tests.histories import BEGIN, a_fact
from tests.storage.activation.crowds import (
    NOW,
    PEOPLE,
    POLICY,
    ROLLUPS,
    TRAITS,
    Crowd,
    crowds,
    empty,
    live,
    rollups_of,
)

EXAMPLES = settings(
    max_examples=depth(test=4, proof=400),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FIRST = date(2025, 12, 1)


async def statuses_at(tx: Tx, instant: datetime) -> Mapping[ActivationStatus, int]:
    """Where everybody is at an instant, told anew from facts."""
    told = [fold(await facts_of(tx, person), POLICY, until=instant).lifecycle.status for person in PEOPLE]
    return Counter(status for status in told if status is not None)


@EXAMPLES
@given(crowd=crowds())
async def test_kept_as_things_change_they_are_what_counting_everything_again_gives(tx: Tx, crowd: Crowd) -> None:
    await empty(tx)
    await live(tx, crowd)
    kept = await rollups_of(tx)
    assert await tx.database[TRANSITIONS].count_documents({"pending": True}) == 0
    assert await tx.database[LIFECYCLES].count_documents({"pending_days": {"$exists": True}}) == 0
    await rebuild(tx, now=NOW)
    assert await rollups_of(tx) == kept
    for collection in kept:
        await tx.database[collection].delete_many({})
    await rebuild(tx, now=NOW)
    assert await rollups_of(tx) == kept


@EXAMPLES
@given(crowd=crowds())
async def test_the_end_of_every_day_is_where_everybody_was_and_changes_by_who_came_and_went(
    tx: Tx, crowd: Crowd
) -> None:
    await empty(tx)
    await live(tx, crowd)
    last = day_of(NOW)
    stocks = await read_stocks(tx, FIRST, last, of=EVERYBODY, moved=())
    before: Counter[ActivationStatus] = Counter()
    for day, stock in stocks.items():
        flows = await read_flows(tx, day, day, of=EVERYBODY, moved=())
        for (left, entered), count in flows.items():
            before[entered] += count
            if left is not None:
                before[left] -= count
        assert +stock == +before
    for days in (0, 31, 62, 100):
        at = datetime.combine(FIRST + timedelta(days=days + 1), datetime.min.time(), tzinfo=NOW.tzinfo)
        instant = at - timedelta(hours=5, minutes=30, milliseconds=1)
        assert +stocks[FIRST + timedelta(days=days)] == await statuses_at(tx, instant)
    parts = [
        await read_stocks(tx, last, last, of=Slice(traits.area, traits.channel), moved=())
        for traits in TRAITS
        if traits.area and traits.channel
    ]
    theirs = Counter(
        [
            (tracked.traits, tracked.lifecycle.status)
            for person in PEOPLE
            if (tracked := await find_tracked(tx, person)) and tracked.lifecycle.status
        ]
    )
    for traits, part in zip((TRAITS[1], TRAITS[2]), parts, strict=True):
        assert +part[last] == {status: count for (whose, status), count in theirs.items() if whose == traits}


@EXAMPLES
@given(crowd=crowds(), days=st.sampled_from([0, 7, 31, 62]))
async def test_a_dashboard_without_the_sweep_says_what_it_says_with_it(tx: Tx, crowd: Crowd, days: int) -> None:
    await empty(tx)
    await live(tx, crowd)
    now = NOW + timedelta(days=days)
    unswept = await _seen(tx, now)
    for person in PEOPLE:
        await advance(tx, person, policy=POLICY, now=now)
    await roll_up(tx, now=now)
    swept = await _seen(tx, now)
    assert unswept == swept
    dashboard = swept[0]
    counted = {one.status: one.count for one in dashboard.statuses if one.count}
    assert counted == await statuses_at(tx, now)
    people = [one for person in PEOPLE if (one := await find_tracked(tx, person))]
    assert dashboard.plan_keys.customers == sum(one.signup_day is not None for one in people)
    steps = [one.count for one in dashboard.funnel.steps]
    assert steps == sorted(steps, reverse=True)
    assert all(0 <= (one.total_percent or 0) <= 100 for one in dashboard.funnel.steps)
    assert 0 <= (dashboard.plan_keys.active_retention or 0) <= 100


async def _seen(tx: Tx, now: datetime) -> tuple[Dashboard, object]:
    dashboard = await read_dashboard(tx, FIRST, day_of(now), policy=POLICY, now=now)
    cohorts = await read_cohorts(tx, FIRST, day_of(now), of=EVERYBODY, policy=POLICY, now=now)
    return replace(dashboard, sweep=None), cohorts  # type: ignore[arg-type]  # it is what differs


@EXAMPLES
@given(crowd=crowds())
async def test_a_cohort_counts_its_own_people_at_the_ends_of_weeks(tx: Tx, crowd: Crowd) -> None:
    await empty(tx)
    await live(tx, crowd)
    cohorts = await read_cohorts(tx, BEGIN.date(), day_of(NOW), of=EVERYBODY, policy=POLICY, now=NOW)
    people = [one for person in PEOPLE if (one := await find_tracked(tx, person)) and one.signup_day]
    assert sum(one.signed_up for one in cohorts) == len(people)
    for cohort in cohorts:
        theirs = [one for one in people if one.signup_week == cohort.signup_week.isoformat()]
        last = cohort.cells[-1]
        assert (last.week, last.is_finished) == (week_of(day_of(NOW)), False)
        assert last.count == sum(one.lifecycle.status in ORDERING for one in theirs)
        assert all(0 <= cell.count <= cohort.signed_up for cell in cohort.cells)


async def test_many_workers_at_once_count_as_one(tx: Tx) -> None:
    for number, person in enumerate(PEOPLE):
        facts = [a_fact(FactType.SIGNUP, BEGIN + timedelta(days=number), subject=person)]
        facts += [a_fact(FactType.ORDER_PLACED, BEGIN + timedelta(days=number * 9 + 1), subject=person)]
        await record_facts(tx, person, facts, policy=POLICY, now=NOW)
    await asyncio.gather(*(roll_up(tx, now=NOW) for _ in range(4)), _telling(tx))
    await roll_up(tx, now=NOW)
    kept = await rollups_of(tx)
    await rebuild(tx, now=NOW)
    assert await rollups_of(tx) == kept
    assert not any("dirty" in one or "uncarried" in one for rows in kept.values() for one in rows)


async def test_what_waits_for_its_first_count_counts_nothing_whoever_is_asked_for(tx: Tx) -> None:
    traits, (person, *_) = TRAITS[1], PEOPLE
    facts = [a_fact(FactType.SIGNUP, BEGIN, subject=person), a_fact(FactType.ORDER_PLACED, BEGIN, subject=person)]
    await record_facts(tx, person, facts, policy=POLICY, now=BEGIN, traits=traits)
    await roll_up(tx, now=BEGIN)
    next_week = BEGIN.date() + timedelta(days=7)
    for name in ROLLUPS:
        await tx.database[name].insert_one({"_id": week_of(next_week).isoformat(), "dirty": 1})
    now = BEGIN + timedelta(days=8)
    for of in (EVERYBODY, Slice(traits.area), Slice(channel=traits.channel), Slice(traits.area, traits.channel)):
        dashboard = await read_dashboard(tx, of=of, policy=POLICY, now=now)
        assert {one.status: one.count for one in dashboard.statuses if one.count} == {ActivationStatus.ACTIVE: 1}
        assert (dashboard.plan_keys.customers, dashboard.funnel.steps[0].count) == (1, 1)
        cohorts = await read_cohorts(tx, BEGIN.date(), next_week, of=of, policy=POLICY, now=now)
        assert [(one.signed_up, one.cells[-1].count) for one in cohorts] == [(1, 1), (0, 0)]


async def test_an_order_that_waited_counts_from_its_day_on_without_the_sweep(tx: Tx) -> None:
    (person, *_), day = PEOPLE, timedelta(days=1)
    ahead = replace(a_fact(FactType.ORDER_PLACED, BEGIN + day, subject=person), ahead=Ahead.WAITS)
    await record_facts(tx, person, [a_fact(FactType.SIGNUP, BEGIN, subject=person), ahead], policy=POLICY, now=BEGIN)
    await roll_up(tx, now=BEGIN)
    early = await read_dashboard(tx, policy=POLICY, now=BEGIN + day - timedelta(milliseconds=1))
    late = await read_dashboard(tx, policy=POLICY, now=BEGIN + day)
    assert {one.status: one.count for one in early.statuses if one.count} == {ActivationStatus.NEW: 1}
    assert {one.status: one.count for one in late.statuses if one.count} == {ActivationStatus.ACTIVE: 1}
    assert late.plan_keys.signup_to_first_order == 100.0


async def _telling(tx: Tx) -> None:
    for number, person in enumerate(PEOPLE):
        late = a_fact(FactType.ORDER_PLACED, BEGIN + timedelta(hours=number), 7, person)
        await record_facts(tx, person, [late], policy=POLICY, now=NOW, traits=TRAITS[number % 3])
