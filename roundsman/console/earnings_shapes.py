"""What a month earned, as columns (pure): one for each day, also for those on which nothing was earned."""

from datetime import timedelta

from roundsman.calendar import first_day_of, month_after
from roundsman.console.charts import NARROW, WIDE, Column, Columns, columns
from roundsman.console.wording import money
from roundsman.operations.earnings import Statement


def earnings_columns(statement: Statement) -> tuple[Columns, Columns]:
    """The days of a month for a wide and for a narrow window."""
    first, end = first_day_of(statement.month), first_day_of(month_after(statement.month))
    earned = {day.day: day.earned_paise for day in statement.days}
    days = [first + timedelta(days=number) for number in range((end - first).days)]
    values = [Column(str(day.day), earned.get(day, 0), money(earned.get(day, 0))) for day in days]
    return columns(values, width=WIDE), columns(values, width=NARROW)
