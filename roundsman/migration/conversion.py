"""From source documents to the values Roundsman stores (pure).

What a document says is taken as it is written where it can be read; what cannot be read is left out, never guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId

from roundsman.auth.credentials import Credential, CredentialOrigin
from roundsman.auth.passwords import imported_hash
from roundsman.catalog.products import Price, Product
from roundsman.customers.customers import Address, Customer, CustomerStatus
from roundsman.delivery.delivery_boys import DeliveryBoy, DeliveryBoyStatus
from roundsman.ids import (
    AddressId,
    CustomerId,
    DeliveryBoyId,
    OrderId,
    ProductId,
    SourceRef,
    SupplierId,
    UserId,
    derived_object_id,
)
from roundsman.migration.full_names import full_name
from roundsman.migration.plan import DocumentRow
from roundsman.migration.profile import CollectionProfile, SourceProfile
from roundsman.migration.reading import (
    LARGEST_PAISE,
    came_at,
    day,
    flag,
    moment,
    number,
    old_id,
    paise,
    source_id_text,
    text,
    value_at,
    values_at,
)
from roundsman.migration.records import read_contact
from roundsman.migration.sources.port import SourceDocument
from roundsman.orders.changes import total_of
from roundsman.orders.orders import Order, OrderLine, OrderOrigin, OrderStatus, OrderType
from roundsman.suppliers.gstin import read_gstin
from roundsman.suppliers.suppliers import Supplier, SupplierStatus


@dataclass(frozen=True, slots=True)
class Reading:
    """A document with what is needed to read it, and what to say of records that name no time of their own."""

    document: SourceDocument
    collection: CollectionProfile
    profile: SourceProfile
    as_of: datetime

    def value(self, meaning: str) -> Any:  # noqa: ANN401 - any BSON value
        """The first value under the meaning."""
        return value_at(self.document.fields, self.collection.paths(meaning))

    def text(self, meaning: str) -> str | None:
        """The text under the meaning."""
        return text(self.value(meaning))

    def texts(self, meaning: str) -> tuple[str, ...]:
        """All texts under the meaning, those in lists too."""
        found = values_at(self.document.fields, self.collection.paths(meaning))
        flat = [one for value in found for one in (value if isinstance(value, list) else [value])]
        return tuple(shown for one in flat if (shown := text(one)))

    def name(self) -> str:
        """The whole name of the document's person."""
        return full_name(self.document.fields, self.collection) or ""

    def old_id(self, meaning: str) -> str | None:
        """The old id under the meaning."""
        return old_id(self.value(meaning))

    def moment(self, meaning: str) -> datetime | None:
        """The time under the meaning."""
        return moment(self.value(meaning), self.profile.timezone)

    def word(self, vocabulary: str, meaning: str = "status") -> str | None:
        """Our word for the status, or another meaning; the case in which a source writes it does not matter."""
        if isinstance(written := self.value(meaning), bool):
            return self.profile.word(vocabulary, written)
        shown = text(written)
        return self.profile.word(vocabulary, shown.lower()) if shown else None

    def is_active(self) -> bool:
        """Whether the record is in use; absent means yes."""
        return flag(self.value("is_active"), default=True)

    def created_at(self) -> datetime:
        """When the record came to be: as written, else as its `_id` tells, else the as-of time; nothing comes from ahead."""
        own = self.document.id
        born = own.generation_time if isinstance(own, ObjectId) else None
        return came_at(self.moment("created_at"), born, as_of=self.as_of)

    def contact(self) -> Mapping[str, str]:
        """Phone and e-mail as contacts: in standard form where they can be read, else as they were written."""
        read = read_contact(self.document.fields, self.collection, self.profile)
        shown = {"phone": read.phone.e164 or read.phone_text, "email": read.email.address or read.email_text}
        return {name: value for name, value in shown.items() if value}

    def source(self) -> SourceRef:
        """The reference back to the document."""
        return SourceRef(self.collection.name, source_id_text(self.document.id), self.document.sha256)

    def own_id(self) -> ObjectId:
        """The document's ObjectId, or one derived from its place."""
        own = self.document.id
        return own if isinstance(own, ObjectId) else derived_object_id(self.collection.name, source_id_text(own))


def made_id(row: DocumentRow) -> ObjectId:
    """The id of the profile that the document becomes."""
    if row.profile_id is None:
        raise TypeError(f"{row.key} makes no profile")
    return row.profile_id


def password_hash_of(reading: Reading) -> str | None:
    """The password hash in a document, in the form in which it is stored here; None if none can be verified."""
    candidates = values_at(reading.document.fields, reading.collection.paths("password"))
    return next((known for raw in candidates if (known := imported_hash(raw))), None)


def credential_of(reading: Reading, row: DocumentRow) -> Credential | None:
    """The password hash of a user document, carried as it is; None if it has none in a form that can be verified."""
    stored = password_hash_of(reading)
    if stored is None:
        return None
    return Credential(row.user_id, stored, CredentialOrigin.IMPORTED, reading.created_at())


def customer_of(
    reading: Reading, row: DocumentRow, *, created_by: str, delivery_boy_id: DeliveryBoyId | None
) -> Customer:
    """The profile a customer document becomes."""
    word = reading.word("customer_status")
    status = CustomerStatus(word) if word else CustomerStatus.ACTIVE if reading.is_active() else CustomerStatus.STOPPED
    return Customer(
        id=CustomerId(made_id(row)),
        user_id=row.user_id,
        name=reading.name(),
        status=status,
        created_at=reading.created_at(),
        created_by=created_by,
        address=reading.text("address"),
        area=reading.text("area"),
        delivery_boy_id=delivery_boy_id,
        stop=None,
        note=reading.text("note"),
        former_deliveries=(),
        served_until=None,
        **reading.contact(),
    )


def delivery_boy_of(reading: Reading, row: DocumentRow, *, created_by: str) -> DeliveryBoy:
    """The profile a delivery boy's document becomes."""
    word = reading.word("delivery_boy_status")
    default = DeliveryBoyStatus.ACTIVE if reading.is_active() else DeliveryBoyStatus.LEFT
    areas = dict.fromkeys((*reading.texts("area"), *reading.texts("areas")))
    return DeliveryBoy(
        id=DeliveryBoyId(made_id(row)),
        user_id=row.user_id,
        name=reading.name(),
        status=DeliveryBoyStatus(word) if word else default,
        areas=tuple(areas),
        created_at=reading.created_at(),
        created_by=created_by,
        **reading.contact(),
    )


def supplier_of(reading: Reading, row: DocumentRow, *, created_by: str) -> Supplier:
    """The profile a supplier's document becomes."""
    return Supplier(
        id=SupplierId(made_id(row)),
        user_id=row.user_id,
        name=reading.name(),
        status=SupplierStatus.ACTIVE if reading.is_active() else SupplierStatus.INACTIVE,
        created_at=reading.created_at(),
        created_by=created_by,
        address=reading.text("address"),
        gstin=read_gstin(reading.text("gstin")) or reading.text("gstin"),
        payment_terms=reading.text("payment_terms"),
        **reading.contact(),
    )


def product_of(reading: Reading, *, supplier_id: SupplierId | None) -> Product:
    """A product with the price it has now, valid from its beginning; without a price if none can be read."""
    price = paise(reading.value("price"))
    return Product(
        id=ProductId(reading.own_id()),
        name=reading.text("name") or "",
        unit=reading.text("unit") or "",
        prices=(Price(price, reading.created_at()),) if price is not None else (),
        active=reading.is_active(),
        supplier_id=supplier_id,
        source=reading.source(),
    )


def address_of(reading: Reading, *, user_id: UserId | None) -> Address:
    """One of the places of a user; its parts joined as one writes an address."""
    return Address(
        id=AddressId(reading.own_id()),
        user_id=user_id,
        label=reading.text("label") or "",
        text=", ".join(reading.texts("text")),
        is_default=flag(reading.value("is_default"), default=False),
        source=reading.source(),
    )


@dataclass(frozen=True, slots=True)
class OrderParties:
    """Whom an order concerns, as far as they are known."""

    customer_id: CustomerId | None
    user_id: UserId | None
    delivery_boy_id: DeliveryBoyId | None


def order_of(reading: Reading, parties: OrderParties, *, products: Mapping[str, ProductId]) -> Order:
    """An order as the existing application took it; a total that cannot be read is the sum of its lines."""
    lines = tuple(_lines(reading, products))
    total = paise(reading.value("total"))
    word = reading.word("order_status")
    kind = reading.word("order_type", "order_type")
    placed_at = reading.moment("placed_at") or reading.created_at()
    return Order(
        id=OrderId(reading.own_id()),
        customer_id=parties.customer_id,
        user_id=parties.user_id,
        lines=lines,
        total_paise=total if total is not None else _sum_of(lines),
        status=OrderStatus(word) if word else OrderStatus.PENDING,
        placed_at=placed_at,
        origin=OrderOrigin.SOURCE,
        for_date=day(reading.value("for_date"), reading.profile.timezone),
        delivered_at=reading.moment("delivered_at"),
        cancelled_at=reading.moment("cancelled_at"),
        delivery_boy_id=parties.delivery_boy_id,
        type=OrderType(kind) if kind else OrderType.ONE_TIME,
        old_id=reading.old_id("app_id"),
        source=reading.source(),
    )


def _sum_of(lines: Sequence[OrderLine]) -> int:
    """What the lines cost together; 0 if that is more than any amount is."""
    roughly = sum(abs(line.quantity * line.unit_price_paise) for line in lines)
    return total_of(lines) if roughly <= LARGEST_PAISE else 0


def _lines(reading: Reading, products: Mapping[str, ProductId]) -> list[OrderLine]:
    written = reading.value("lines")
    items = written if isinstance(written, list) else []
    return [_line(item, reading.collection, products) for item in items if isinstance(item, Mapping)]


def _line(item: Mapping[str, Any], collection: CollectionProfile, products: Mapping[str, ProductId]) -> OrderLine:
    product = old_id(value_at(item, collection.paths("line_product")))
    return OrderLine(
        product_id=products.get(product) if product else None,
        name=text(value_at(item, collection.paths("line_name"))) or "",
        quantity=number(value_at(item, collection.paths("line_quantity"))) or 0.0,
        unit_price_paise=paise(value_at(item, collection.paths("line_price"))) or 0,
    )
