"""What the routes of delivery boys and those about them answer."""

from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import Response
from pydantic import Field, StringConstraints

from roundsman.api.models import AnswerModel, Id, RequestModel
from roundsman.delivery.delivery_boys import DeliveryBoyStatus
from roundsman.delivery.entries import Book, Entry, EntryKind
from roundsman.delivery.payouts import PayoutStatus
from roundsman.money import in_rupees, plain_rupees, rupees_field
from roundsman.operations.delivering.earnings import Statement
from roundsman.operations.delivering.rounds import StopSheet
from roundsman.operations.people.csv_file import csv_text
from roundsman.orders.deliveries import DeliveryStatus

Month = Annotated[
    str,
    StringConstraints(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$"),
    Field(description="An Indian month.", examples=["2026-11"]),
]

CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {}}, "description": "A file for a spreadsheet; amounts are rupees."}
}


class MonthQuery(RequestModel):
    """Of which month."""

    month: Month


class DeliveryBoyView(AnswerModel):
    """A delivery boy's profile."""

    id: Id
    user_id: Id
    name: str
    status: DeliveryBoyStatus
    areas: list[str]
    phone: str | None
    email: str | None


class EarningsView(AnswerModel):
    """How somebody's earnings stand, in paise."""

    delivery_boy: DeliveryBoyView
    earnings_total_paise: int
    earnings_month_paise: int = Field(description="Of the Indian month of today.")
    deducted_paise: int
    paid_paise: int
    balance_paise: int = Field(
        description="What he is owed; below nought, what the next payout is less by. What he earned while an existing "
        "application paid him is no part of it."
    )
    cash_in_hand_paise: int = Field(description="What customers paid him at the door and he has not handed over.")
    rating: float | None = Field(description="The average of his ratings; null while there are fewer than five.")


class EarningsDayView(AnswerModel):
    """An Indian day, in paise; 500 paise less are 500 deducted."""

    day: date
    deliveries: int
    earned_paise: int
    deducted_paise: int
    paid_paise: int
    cash_paise: int


class StatementView(AnswerModel):
    """A month, day by day."""

    month: Month
    deliveries: int
    earned_paise: int
    days: list[EarningsDayView]


class EntryView(AnswerModel):
    """A line of the ledger. Nothing in it is ever changed: what is wrong is reversed."""

    key: str
    kind: EntryKind
    book: Book
    paise: int
    at: datetime = Field(description="When it happened.")
    earned_at: datetime = Field(description="When it counts: later where its month was paid already.")
    card: str | None = Field(description="The rate card that said the amount.")
    breakdown: dict[str, int]
    reason: str | None
    reverses: str | None
    payout_id: Id | None
    written_at: datetime | None = Field(description="When it was written; null in entries of before this was kept.")
    by: str | None = Field(description="Who had it written: a user's id, or `system` where rules alone did.")


class PayoutView(AnswerModel):
    """A payout as it is now."""

    id: Id
    delivery_boy_id: Id
    through: date
    paise: int
    entries: int
    status: PayoutStatus
    created_by: Id
    created_at: datetime
    approved_by: Id | None
    is_single: bool = Field(description="Whether the only admin approved what he had drafted himself.")
    reference: str | None
    reason: str | None
    settled_at: datetime | None


class ItemView(AnswerModel):
    """How much of what."""

    name: str
    quantity: float
    unit: str


class StopView(AnswerModel):
    """Where to go and what to bring; `number` is the place in the round."""

    id: str
    number: int
    name: str
    address: str | None
    area: str | None
    phone: str | None
    note: str | None = Field(description="What one has to know at the door.")
    items: list[ItemView]
    status: DeliveryStatus
    at: datetime | None
    failed_attempts: int
    reason: str | None = Field(description="Why it failed last.")
    collected_paise: int = Field(description="What the customer paid at the door.")


class OpenStopView(StopView):
    """A stop that the office has to do something about."""

    customer_id: Id
    for_date: date
    delivery_boy_id: Id | None = Field(description="Whose it would be; null for nobody's.")


def open_stop_views(sheets: list[StopSheet], *, first: int) -> list[OpenStopView]:
    """Stops that the office has to do something about, numbered from one on."""
    return [_open_stop_view(number, sheet) for number, sheet in enumerate(sheets, start=first)]


def stop_views(sheets: list[StopSheet]) -> list[StopView]:
    """The stops of a round."""
    return [_stop_view(number, sheet) for number, sheet in enumerate(sheets, start=1)]


def statement_file(statement: Statement) -> Response:
    """A statement as CSV."""
    view = StatementView.model_validate(statement)
    rows = [day.model_dump(mode="json") for day in view.days]
    return _file(f"statement-{statement.month}.csv", rows, EarningsDayView)


def entries_file(month: str, entries: list[Entry]) -> Response:
    """The entries of a month as CSV."""
    rows = [EntryView.model_validate(entry).model_dump(mode="json") for entry in entries]
    for row in rows:
        row["breakdown"] = {part: plain_rupees(paise) for part, paise in row["breakdown"].items()}
    return _file(f"entries-{month}.csv", rows, EntryView)


def _file(name: str, rows: list[dict[str, Any]], view: type[AnswerModel]) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    headings = [rupees_field(field) or field for field in view.model_fields]
    text = csv_text([in_rupees(row) for row in rows], headings=headings)
    return Response(text, media_type="text/csv", headers=headers)


def _open_stop_view(number: int, sheet: StopSheet) -> OpenStopView:
    return OpenStopView(
        **_stop_view(number, sheet).model_dump(),
        customer_id=sheet.customer.id,
        for_date=sheet.stop.delivery.for_date,
        delivery_boy_id=sheet.delivery_boy_id,
    )


def _stop_view(number: int, sheet: StopSheet) -> StopView:
    delivery, customer = sheet.stop.delivery, sheet.customer
    return StopView(
        id=sheet.stop.id,
        number=number,
        name=customer.name,
        address=customer.address,
        area=customer.area,
        phone=customer.phone,
        note=customer.note,
        items=[ItemView.model_validate(item) for item in sheet.items],
        status=delivery.status,
        at=delivery.at,
        failed_attempts=delivery.failed_attempts,
        reason=delivery.reason,
        collected_paise=0 if delivery.collected is None else delivery.collected.paise,
    )
