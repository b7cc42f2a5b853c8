"""What is answered about suppliers, purchase orders, dues, proposed prices and demand, to suppliers and to admins alike."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from roundsman.api.models import KEPT_FOR_GOOD, AnswerModel, Id, IdInBody, Line, RequestModel
from roundsman.api.operating import Key, Page
from roundsman.database.transaction import Tx
from roundsman.ids import SupplierId
from roundsman.suppliers.dues import DueKind
from roundsman.suppliers.posting import list_dues, totals_of
from roundsman.suppliers.proposals import ProposalStatus
from roundsman.suppliers.purchase_orders import PurchaseOrderStatus
from roundsman.suppliers.suppliers import SupplierStatus

Quantity = Annotated[float, Field(gt=0, le=100_000, multiple_of=0.25, description="In the product's unit.")]


class SupplierView(AnswerModel):
    """A supplier's profile."""

    id: Id
    user_id: Id
    name: str
    status: SupplierStatus
    phone: str | None
    email: str | None
    address: str | None
    gstin: str | None
    payment_terms: str | None
    created_at: datetime


class PurchaseLineView(AnswerModel):
    """One product of a purchase order; lines are numbered by their place, the first is 1."""

    product_id: Id | None
    name: str
    unit: str
    quantity: float
    unit_price_paise: int
    received: float = Field(description="How much of it has come.")


class CameView(AnswerModel):
    """How much of a line came."""

    line: int
    quantity: float


class ReceiptView(AnswerModel):
    """What came at one time, and what it was billed at."""

    id: Id
    at: datetime
    lines: list[CameView]
    paise: int
    taken_back_at: datetime | None = Field(description="Since when it counts no more, and is not owed for.")
    reason: str | None = Field(description="Why it was taken back.")


class PurchaseOrderView(AnswerModel):
    """A purchase order as it is now."""

    id: Id
    supplier_id: Id | None = Field(description="Null where the existing application names a supplier nobody knows.")
    lines: list[PurchaseLineView]
    total_paise: int
    status: PurchaseOrderStatus
    for_date: date | None
    receipts: list[ReceiptView]
    created_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    reason: str | None = Field(description="Why it was rejected or cancelled.")


class DueView(AnswerModel):
    """An entry: a bill adds to what is owed, a payment and a credit note take from it, a reversal takes one of them back."""

    key: str = Field(examples=["receipt:69a3d7f0c2a4e5b6d7e8f901:1"])
    kind: DueKind
    paise: int
    at: datetime
    purchase_order_id: Id | None
    reference: str | None
    reason: str | None
    reverses: str | None = Field(description="The key of the entry that a reversal takes back.")


class DuesView(AnswerModel):
    """What is owed to a supplier, and some of the entries it is the sum of, the newest first."""

    balance_paise: int = Field(description="Below nought it was paid ahead.")
    entries: int = Field(description="How many there are in all.")
    dues: list[DueView]


class ProposalView(AnswerModel):
    """A price that a supplier proposes."""

    id: Id
    supplier_id: Id
    product_id: Id
    paise: int
    valid_from: date | None
    status: ProposalStatus
    proposed_at: datetime
    settled_at: datetime | None
    reason: str | None


class DemandRow(AnswerModel):
    """How much of a product is needed, in its unit."""

    product_id: Id | None = Field(description="Null where the existing application names a product nobody knows.")
    name: str
    unit: str
    supplier_id: Id | None
    ordered: float = Field(description="In orders for the day that were not cancelled.")
    subscribed: float = Field(description="By active subscriptions of customers who are served.")
    total: float = Field(description="Both together.")
    without_day: float = Field(description="Ordered for as soon as possible and still to come; not in the total.")


class DemandView(AnswerModel):
    """What is needed for a day, by the names of the products."""

    day: date
    products: list[DemandRow]


class WhyNot(RequestModel):
    """Why it is not to be."""

    reason: Line = Field(description=KEPT_FOR_GOOD, examples=["the cooling plant is out of order"])


class Pricing(RequestModel):
    """What a product should cost."""

    key: Key
    product_id: IdInBody
    paise: Annotated[int, Field(ge=1, le=100_000_000, description="What a unit costs.", examples=[3400])]
    valid_from: date | None = Field(
        None,
        description="The Indian day from which on it counts, today or later; from when it is accepted if none is given, or if "
        "the day has come by then.",
        examples=["2026-12-01"],
    )


async def dues_view(tx: Tx, supplier_id: SupplierId, page: Page) -> DuesView:
    """Read what is owed to a supplier."""
    totals = await totals_of(tx, supplier_id)
    dues = await list_dues(tx, supplier_id, skip=page.skip, limit=page.limit)
    shown = [DueView.model_validate(due) for due in dues]
    return DuesView(balance_paise=totals.balance_paise, entries=totals.entries, dues=shown)
