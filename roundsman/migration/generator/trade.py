"""Orders, deliveries, subscriptions and payments of one block, in the vocabularies of their writers.

Also writes the truth about every customer, since what truly happened to him is known here.
"""

from dataclasses import dataclass, field
from typing import Any

from roundsman.migration.generator.chance import happens
from roundsman.migration.generator.folder import Document, FolderWriter
from roundsman.migration.generator.moments import DAY, date_text, day_begin, naive_local_text, utc_text
from roundsman.migration.generator.partners import Partners
from roundsman.migration.generator.people import Written, WrittenCustomer, WrittenUser
from roundsman.migration.generator.world import Block

_YEAR = 365 * DAY
_ORDER_OUTCOMES = ("DELIVERED", "delivered", "cancelled", "NOT_DELIVERED", "PARTIALLY_DELIVERED", "out_for_delivery")
_ORDER_OUTCOME_SHARES = (62, 74, 85, 91, 96, 100)
_MARKS = {"DELIVERED": "delivered", "NOT_DELIVERED": "not_delivered", "PARTIALLY_DELIVERED": "partially_delivered"}


@dataclass(slots=True)
class History:
    """What truly happened to one customer; times in seconds, None for never."""

    orders: int = 0
    deliveries: int = 0
    first_order: int | None = None
    last_order: int | None = None
    first_delivery: int | None = None
    last_delivery: int | None = None
    last_activity: int | None = None
    counting: list[int] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    seconds: dict[str, "History"] = field(default_factory=dict)

    def was_active(self, at: int) -> None:
        """Note that he did something, or something was brought to him."""
        self.last_activity = max(at, self.last_activity or at)

    def ordered(self, at: int, *, counts: bool) -> None:
        """Count an order, which counts for his activation if it was not cancelled."""
        self.orders += 1
        self.was_active(at)
        if counts:
            self.counting.append(at)
        self.first_order = min(at, self.first_order or at)
        self.last_order = max(at, self.last_order or at)

    def delivered(self, at: int, *, without_order: bool = False) -> None:
        """Count a delivery that arrived."""
        self.deliveries += 1
        self.was_active(at)
        if without_order:
            self.rounds.append(at)
        self.first_delivery = min(at, self.first_delivery or at)
        self.last_delivery = max(at, self.last_delivery or at)

    def facts(self) -> dict[str, Any]:
        """The truth file's words for it; times as ISO texts in UTC."""
        times = {
            "first_order_at": self.first_order,
            "last_order_at": self.last_order,
            "first_delivery_at": self.first_delivery,
            "last_delivery_at": self.last_delivery,
        }
        times["last_activity_at"] = self.last_activity
        known: dict[str, Any] = {name: utc_text(at) for name, at in times.items() if at is not None}
        known |= {"counting": [utc_text(at) for at in self.counting], "rounds": [utc_text(at) for at in self.rounds]}
        known |= {"accounts": self.accounts, "seconds": {one: second.facts() for one, second in self.seconds.items()}}
        return {"orders": self.orders, "deliveries": self.deliveries, **known}


def record(block: Block, folder: FolderWriter, written: Written, partners: Partners, *, people_only: bool) -> None:
    """Write what the people of the block did, unless only people are wanted, and label its customers."""
    books = Books(block, folder, partners)
    histories = [History() if people_only else books.customer(customer) for customer in written.customers]
    if not people_only:
        books.users_without_customers(written, histories)
        books.procurement()
    for customer, history in zip(written.customers, histories, strict=True):
        state = customer.state
        folder.label("customers_v2", customer.object_id, customer.person.key, {"state": state, **history.facts()})


@dataclass(frozen=True, slots=True)
class _Made:
    """An order that was written."""

    order_id: str
    status: str
    delivered_at: int


class Books:
    """Writes the dealings of one block's customers."""

    def __init__(self, block: Block, folder: FolderWriter, partners: Partners) -> None:
        self._block, self._folder, self._rng = block, folder, block.rng
        self._partners, self._products = partners, partners.products
        self._users_with_address: dict[str, str] = {}

    def customer(self, customer: WrittenCustomer) -> History:
        """Write everything about one customer and return what truly happened to him."""
        history, block, rng = History(), self._block, self._rng
        start = max(customer.born, block.as_of - _YEAR)
        end = block.as_of - rng.randrange(70, 200) * DAY if customer.is_churned else block.as_of - DAY
        if start >= end or customer.person.is_silent:
            return history
        if customer.user is not None:
            history.accounts.append(customer.user.object_id)
            for _ in range(rng.randrange(2, 10)):
                self._order(customer, customer.user, rng.randrange(start, end), history)
        subscription = self._subscription(customer, start) if happens(rng, 0.7) else None
        if subscription:
            history.was_active(day_begin(start))
        for _ in range(rng.randrange(4, 18) if subscription else rng.randrange(2)):
            self._round(customer, rng.randrange(start, end), history)
        for _ in range(rng.randrange(4)):
            paid_at = rng.randrange(start, end)
            self._payment(customer, paid_at)
            history.was_active(day_begin(paid_at))
        return history

    def users_without_customers(self, written: Written, histories: list[History]) -> None:
        """A second sign-in that was used has an address and an order of its own; some orders' users are gone."""
        served = dict(zip((customer.person.key for customer in written.customers), histories, strict=True))
        for user in written.users:
            is_second = user.is_used and not user.is_main
            if is_second and user.person.key in served:
                address_id = self._address(user, user.person.household.address)
                served[user.person.key].seconds[user.object_id] = self._order_of_second(user, address_id)
        for customer in written.customers[::150]:
            gone = WrittenUser("", self._block.uuid(), customer.person, is_used=True)
            self._order_document(gone, customer.address, None, self._some_time())

    def _order_of_second(self, user: WrittenUser, address_id: str) -> History:
        """Whether it is the customer's depends on whether both sign-ins are found to be his."""
        history, at = History(), self._some_time()
        made = self._order_document(user, user.person.household.address, address_id, at)
        history.ordered(at, counts=made.status != "cancelled")
        if made.status.upper() == "DELIVERED":
            history.delivered(made.delivered_at)
        return history

    def procurement(self) -> None:
        """Purchase orders with every supplier of the block."""
        for supplier_id in self._partners.supplier_ids:
            for index in range(8):
                at = self._some_time()
                product = self._rng.choice(self._products[:3])
                quantity = self._rng.randrange(20, 200)
                item: Document = {
                    "product_id": product.app_id,
                    "product_name": product.name,
                    "quantity": quantity,
                    "unit": "liter",
                }
                item |= {"reason": "shortfall", "price": product.price, "total": quantity * product.price}
                document: Document = {"id": self._block.uuid(), "supplier_id": supplier_id, "date": date_text(at)}
                document |= {"items": [item], "total_amount": quantity * product.price}
                document |= {"status": ("pending", "confirmed", "delivered", "cancelled")[index % 4]}
                self._write("procurement_orders", at, document | {"created_at": utc_text(at)})

    def _some_time(self) -> int:
        return self._block.as_of - self._rng.randrange(2, 360) * DAY

    def _write(self, collection: str, at: int, fields: Document) -> None:
        self._folder.write(collection, {"_id": {"$oid": self._block.object_id(at)}, **fields})

    # Orders belong to users

    def _order(self, customer: WrittenCustomer, user: WrittenUser, at: int, history: History) -> None:
        address_id = self._users_with_address.get(user.app_id) or self._address(user, customer.address)
        made = self._order_document(user, customer.address, address_id, at)
        history.ordered(at, counts=made.status != "cancelled")
        if made.status.upper() == "DELIVERED" or made.status == "PARTIALLY_DELIVERED":
            history.delivered(made.delivered_at)
        if made.status in _MARKS:
            self._mark(customer, made.order_id, made.delivered_at, _MARKS[made.status])

    def _order_document(self, user: WrittenUser, address: str, address_id: str | None, at: int) -> _Made:
        rng, block = self._rng, self._block
        order_id = f"ord_{block.uuid()}" if happens(rng, 0.6) else block.uuid()
        items = [self._item() for _ in range(rng.choice((1, 1, 2, 3)))]
        total = round(sum(item["total"] for item in items), 2)
        is_recent = at > block.as_of - 3 * DAY
        status = "pending" if is_recent else rng.choices(_ORDER_OUTCOMES, cum_weights=_ORDER_OUTCOME_SHARES)[0]
        delivered_at = at + DAY - at % DAY + rng.randrange(3600, 4 * 3600)
        document: Document = {"id": order_id, "user_id": user.app_id, "customer_id": user.app_id}
        document |= {"order_type": "one_time", "subscription_id": None, "items": items}
        document |= {"total_amount": -500 if happens(rng, 0.0005) else total, "delivery_date": date_text(delivered_at)}
        document |= {"address_id": address_id, "address": address, "status": status, "notes": None}
        document |= {"delivery_boy_id": rng.choice(self._partners.delivery_boy_ids), "created_at": utc_text(at)}
        if status.upper() == "DELIVERED":
            billed_month = date_text(delivered_at)[:7]
            document |= {"delivered_at": naive_local_text(delivered_at), "delivery_confirmed": True}
            document |= {"billed": True, "billed_at": utc_text(delivered_at), "billed_month": billed_month}
        self._write("orders", at, document)
        return _Made(order_id, status, delivered_at)

    def _item(self) -> Document:
        product = self._rng.choice(self._products)
        quantity = self._rng.choice((1, 1, 2, 3))
        item: Document = {
            "product_id": product.app_id,
            "product_name": product.name,
            "quantity": quantity,
            "unit": "packet",
        }
        return item | {"price": product.price, "total": product.price * quantity}

    def _address(self, user: WrittenUser, address: str) -> str:
        """The user's own address book; orders refer to it."""
        area, address_id = user.person.household.area, self._block.uuid()
        document: Document = {"id": address_id, "user_id": user.app_id, "label": "Home", "address_line1": address}
        document |= {"address_line2": "", "landmark": "", "city": area.city, "state": "", "pincode": area.pincode}
        self._write("addresses", user.person.joined, document | {"is_default": True})
        self._users_with_address[user.app_id] = address_id
        return address_id

    # Rounds, subscriptions and payments belong to customers

    def _mark(self, customer: WrittenCustomer, order_id: str | None, at: int, status: str) -> None:
        rng = self._rng
        document: Document = {"id": self._block.uuid(), "customer_id": customer.app_id, "delivery_date": date_text(at)}
        if order_id:
            document["order_id"] = order_id
        document |= {"delivery_boy_id": customer.delivery_boy_id, "status": status}
        if status != "not_delivered":
            document["delivered_at"] = naive_local_text(at)
        document |= {"confirmation_method": rng.choice(("delivery_boy", "shared_link", "admin")), "notes": ""}
        self._write("delivery_statuses", at, document | {"created_at": naive_local_text(at)})

    def _round(self, customer: WrittenCustomer, at: int, history: History) -> None:
        """A stop of the daily round, without an order; shared links write it to a collection of their own."""
        rng = self._rng
        status = "delivered" if happens(rng, 0.93) else "not_delivered"
        if status == "delivered":
            history.delivered(at, without_order=True)
        if happens(rng, 0.85):
            self._mark(customer, None, at, status)
            return
        products = [{"product_id": self._products[0].app_id, "quantity_packets": 1}]
        document: Document = {"customer_id": customer.app_id, "delivery_date": date_text(at), "status": status}
        document |= {"products": products, "delivered_at": naive_local_text(at), "confirmed_by_name": "link"}
        self._write("delivery_status", at, document)

    def _subscription(self, customer: WrittenCustomer, start: int) -> str:
        rng, subscription_id = self._rng, self._block.uuid()
        product = rng.choice(self._products)
        if customer.user is not None and happens(rng, 0.15):
            old: Document = {"id": subscription_id, "user_id": customer.user.app_id, "product_id": product.app_id}
            old |= {"pattern": rng.choice(("daily", "alternate_days")), "quantity": 1, "custom_days": None}
            old |= {"start_date": date_text(start), "end_date": None, "overrides": [], "pauses": []}
            self._write("subscriptions", start, old | {"is_active": True, "created_at": date_text(start)})
            return subscription_id
        document: Document = {"id": subscription_id, "customer_id": customer.app_id, "product_id": product.app_id}
        if happens(rng, 0.2):
            document |= {
                "customerId": customer.app_id,
                "productId": product.app_id,
                "quantity": 1.0,
                "shift": "morning",
            }
        elif happens(rng, 0.8):
            document |= {"mode": "fixed_daily", "default_qty": rng.choice((0.5, 1.0, 1.5)), "auto_start": True}
        else:
            document |= {"mode": "weekly_pattern", "default_qty": 1.0, "weekly_pattern": [0, 2, 4], "auto_start": True}
        status = "stopped" if customer.is_churned else rng.choices(("active", "paused", "draft"), (90, 7, 3))[0]
        document |= {
            "status": status,
            "price_per_unit": product.price,
            "pause_intervals": [],
            "created_at": date_text(start),
        }
        if status == "paused":
            document["pause_intervals"] = [{"start": date_text(self._block.as_of - 9 * DAY), "end": None}]
        self._write("subscriptions_v2", start, document | {"startDate": date_text(start), "endDate": None})
        return subscription_id

    def _payment(self, customer: WrittenCustomer, at: int) -> None:
        rng = self._rng
        document: Document = {"id": self._block.uuid(), "customer_id": customer.app_id, "month": date_text(at)[:7]}
        document |= {"amount": rng.choice((500, 750.0, 1200, 1499.5, 2100)), "payment_date": date_text(at)}
        document |= {"payment_method": rng.choice(("Cash", "UPI", "QR")), "notes": "", "created_by": "admin-001"}
        self._write("payment_transactions", at, document | {"created_at": utc_text(at)})
