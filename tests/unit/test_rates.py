"""What months bring besides deliveries: fixed parts and bonuses, by the card of the instant at which a period ends."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest
from bson import ObjectId

from roundsman.delivery.rates import (
    Bonus,
    BonusRuleTwice,
    Period,
    RateCard,
    begin_of_card,
    for_month,
    require_distinct_rules,
)
from roundsman.ids import DeliveryBoyId

BOY = DeliveryBoyId(ObjectId())
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


def a_card(*bonuses: Bonus, since: datetime = LONG_AGO, fixed: int = 0) -> RateCard:
    return RateCard(f"card since {since}", 2_500, fixed, since, bonuses=bonuses, made_at=since)


def brought(month: str, counts: Mapping[date, int], *cards: RateCard) -> dict[str, int]:
    """What a month brings, by thing without whose it is."""
    things = for_month(cards, BOY, month, counts)
    return {thing.replace(f":{BOY}", ""): wanted.paise for thing, wanted in things.items()}


def test_a_day_and_the_week_that_begins_on_it_are_two_things() -> None:
    # Of one name only in cards that were made before names had to differ; in March the 2nd is a Monday.
    card = a_card(Bonus("extra", Period.DAY, 1, 100), Bonus("extra", Period.WEEK, 1, 900))
    assert brought("2026-03", {date(2026, 3, 2): 1}, card) == {
        "bonus:extra:2026-03-02": 100,
        "bonus:extra:2026-W10": 900,
    }


def test_several_rules_each_bring_theirs() -> None:
    card = a_card(
        Bonus("two-a-day", Period.DAY, 2, 100),
        Bonus("three-a-day", Period.DAY, 3, 150),
        Bonus("many-a-month", Period.MONTH, 5, 1_000),
        fixed=50_000,
    )
    assert brought("2026-03", {date(2026, 3, 2): 2, date(2026, 3, 31): 3}, card) == {
        "fixed:2026-03": 50_000,
        "bonus:two-a-day:2026-03-02": 100,
        "bonus:two-a-day:2026-03-31": 100,
        "bonus:three-a-day:2026-03-31": 150,
        "bonus:many-a-month:2026-03": 1_000,
    }


def test_a_week_across_months_is_of_the_month_in_which_it_ends() -> None:
    card = a_card(Bonus("four-a-week", Period.WEEK, 4, 700))
    # From Monday, 30 March, to Sunday, 5 April.
    counts = {date(2026, 3, 30): 2, date(2026, 3, 31): 1, date(2026, 4, 5): 1}
    assert brought("2026-03", counts, card) == {}
    assert brought("2026-04", counts, card) == {"bonus:four-a-week:2026-W14": 700}


def test_the_card_of_the_end_of_a_period_says_what_it_brings() -> None:
    first = a_card(Bonus("one-a-day", Period.DAY, 1, 100), fixed=50_000)
    second = a_card(
        Bonus("one-a-day", Period.DAY, 1, 200), since=datetime(2026, 3, 9, 18, 30, tzinfo=UTC), fixed=60_000
    )
    counts = {date(2026, 3, 9): 1, date(2026, 3, 10): 1}
    assert brought("2026-03", counts, first, second) == {
        "fixed:2026-03": 60_000,
        "bonus:one-a-day:2026-03-09": 100,
        "bonus:one-a-day:2026-03-10": 200,
    }


def test_bonuses_of_a_card_have_names_of_their_own() -> None:
    extra = Bonus("extra", Period.DAY, 1, 100)
    require_distinct_rules([extra, Bonus("more", Period.DAY, 1, 100)])
    with pytest.raises(BonusRuleTwice, match="extra"):
        require_distinct_rules([extra, Bonus("extra", Period.WEEK, 1, 900)])


def test_a_card_begins_with_its_day_or_at_once_and_never_earlier() -> None:
    now = datetime(2026, 3, 4, 3, 30, tzinfo=UTC)
    assert begin_of_card(None, now=now) == begin_of_card(date(2026, 3, 4), now=now) == now
    assert begin_of_card(date(2026, 3, 5), now=now) == datetime(2026, 3, 4, 18, 30, tzinfo=UTC)
