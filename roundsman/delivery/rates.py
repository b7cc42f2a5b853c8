"""What a delivery boy gets for a delivery and for a month (pure).

Rate cards are dated like prices: one counts from its instant on until the next one of the same scope does, and never backwards.
His own counts before that of everybody. A card is never changed: an entry names the one that said its amount.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from roundsman.calendar import begin_of, end_of, first_day_of, week_of
from roundsman.delivery.entries import EntryKind, Wanted
from roundsman.errors import InvalidInput
from roundsman.ids import DeliveryBoyId

_PER_DELIVERY: Final = "per_delivery"
_MILLISECOND: Final = timedelta(milliseconds=1)
_SUNDAY: Final = 6


class RateNeverBackwards(InvalidInput):
    """A rate card would count from a time that is over."""

    code = "rate_never_backwards"


class BonusRuleTwice(InvalidInput):
    """Two bonuses of one card have the same name, by which what they bring is written down."""

    code = "bonus_rule_twice"


class Period(StrEnum):
    """How long deliveries are counted for a bonus; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_NAMES: Final[Mapping[Period, str]] = {Period.DAY: "%Y-%m-%d", Period.WEEK: "%G-W%V", Period.MONTH: "%Y-%m"}
"""How periods are called in keys: a week not as its Monday, which is a day."""


@dataclass(frozen=True, slots=True)
class Bonus:
    """So many paise more for each period in which he made so many deliveries; `rule` names it."""

    rule: str
    period: Period
    deliveries: int
    paise: int


@dataclass(frozen=True, slots=True)
class RateCard:
    """What counts from `valid_from` on, for one delivery boy or, where none is named, for everybody.

    The fixed part is for a month in which he delivered anything. `made_at` is when it was made: of two that count from one
    instant the later one does.
    """

    id: str
    per_delivery_paise: int
    fixed_month_paise: int
    valid_from: datetime
    delivery_boy_id: DeliveryBoyId | None = None
    bonuses: tuple[Bonus, ...] = ()
    made_at: datetime | None = None

    @property
    def rank(self) -> tuple[bool, datetime, datetime, str]:
        """Which of several that have begun counts: the highest."""
        return self.delivery_boy_id is not None, self.valid_from, self.made_at or self.valid_from, self.id


def require_distinct_rules(bonuses: Sequence[Bonus]) -> None:
    """Go on only where every bonus of a card has a name of its own. Raises BonusRuleTwice."""
    twice = [rule for rule, count in Counter(bonus.rule for bonus in bonuses).items() if count > 1]
    if twice:
        raise BonusRuleTwice(f"Several bonuses are called {', '.join(twice)}: give each a name of its own")


def begin_of_card(since: date | None, *, now: datetime) -> datetime:
    """When a card counts that is made now: from an Indian day on, or at once."""
    return now if since is None else max(now, begin_of(since).astimezone(UTC))


def card_at(cards: Iterable[RateCard], boy: DeliveryBoyId, at: datetime) -> RateCard | None:
    """The card that counts for a delivery boy at an instant; None where none was made yet."""
    begun = [card for card in cards if card.valid_from <= at and card.delivery_boy_id in {None, boy}]
    return max(begun, key=lambda card: card.rank, default=None)


def for_delivery(card: RateCard | None, boy: DeliveryBoyId, at: datetime) -> Wanted:
    """What a delivery brings; without a card nothing yet, which is written all the same."""
    if card is None:
        return Wanted(boy, EntryKind.DELIVERY, 0, at)
    paise = card.per_delivery_paise
    return Wanted(boy, EntryKind.DELIVERY, paise, at, card=card.id, breakdown={_PER_DELIVERY: paise})


def for_month(
    cards: Sequence[RateCard], boy: DeliveryBoyId, month: str, counts: Mapping[date, int]
) -> dict[str, Wanted]:
    """What a month that is over brings besides its deliveries, by the thing it is for.

    `counts` are his deliveries by Indian day, from the week before the month on. A period counts at its last instant, by the
    card of then; a week belongs to the month in which it ends.
    """
    first = first_day_of(month)
    days = [first + timedelta(days=number) for number in range(31)]
    days = [day for day in days if day.strftime("%Y-%m") == month]
    things: dict[str, Wanted] = {}
    for last in days:
        at = end_of(last) - _MILLISECOND
        card = card_at(cards, boy, at)
        if card is None:
            continue
        for period, begin in _ending_on(last, is_last=last == days[-1]):
            made = sum(count for day, count in counts.items() if begin <= day <= last)
            things.update(_for_period(card, boy, period, begin, made, at))
    return things


def _ending_on(last: date, *, is_last: bool) -> Iterator[tuple[Period, date]]:
    yield Period.DAY, last
    if last.weekday() == _SUNDAY:
        yield Period.WEEK, week_of(last)
    if is_last:
        yield Period.MONTH, last.replace(day=1)


def _for_period(
    card: RateCard, boy: DeliveryBoyId, period: Period, begin: date, made: int, at: datetime
) -> Iterator[tuple[str, Wanted]]:
    name = begin.strftime(_NAMES[period])
    if period is Period.MONTH and made and card.fixed_month_paise:
        yield f"fixed:{boy}:{name}", Wanted(boy, EntryKind.FIXED, card.fixed_month_paise, at, card=card.id)
    for bonus in card.bonuses:
        if bonus.period is period and made >= bonus.deliveries:
            yield f"bonus:{bonus.rule}:{boy}:{name}", Wanted(boy, EntryKind.BONUS, bonus.paise, at, card=card.id)
