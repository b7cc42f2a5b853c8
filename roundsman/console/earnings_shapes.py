"""What a month earned, as columns (pure): one for each day that has come, also for those on which nothing was earned."""

from datetime import date, timedelta

from roundsman.calendar import first_day_of, month_after
from roundsman.console.charts.columns import Column, Columns, columns
from roundsman.console.charts.labels import NARROW, WIDE
from roundsman.console.wording import money
from roundsman.operations.delivering.earnings import Statement


def earnings_columns(statement: Statement, *, today: date) -> tuple[Columns, Columns]:
    """The days of a month until today for a wide and for a narrow window."""
    first = first_day_of(statement.month)
    end = min(first_day_of(month_after(statement.month)), today + timedelta(days=1))
    earned = {day.day: day.earned_paise for day in statement.days}
    days = [first + timedelta(days=number) for number in range((end - first).days)]
    values = [_column(day, earned.get(day, 0)) for day in days]
    return columns(values, width=WIDE), columns(values, width=NARROW)


def _column(day: date, paise: int) -> Column:
    return Column(str(day.day), paise, money(paise) if paise else "\N{EN DASH}")
