"""An existing application that goes on writing while it is followed."""

import asyncio
import random
from datetime import datetime, timedelta

from tests.imports import Database
from tests.migration_builders import Fields, account, doc
from tests.storage.migration.worlds import an_order

NAMES = ("Asha Verma", "Gurpreet Singh", "Farida Sheikh", "Joseph Mathew", "Lakshmi Iyer", "Zoya Khan", "Kavita Nair")


class Application:
    """The existing application, which goes on writing: people and orders come, change and leave."""

    def __init__(self, shop: Database, seed: int = 1) -> None:
        self._shop = shop
        self._chance = random.Random(seed)  # noqa: S311 - a test that must repeat
        self._people: list[tuple[str, Fields]] = []
        self._written = 0

    async def write(self, count: int, *, a_second: int) -> None:
        """Write so many times, at that pace."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for number in range(count):
            await self._chance.choice((self._come, self._order, self._order, self._change, self._leave))()
            await asyncio.sleep(max(0.0, begun + number / a_second - loop.time()))

    async def _come(self) -> None:
        self._written += 1
        collection = self._chance.choice(("users", "customers_v2", "customers_v2"))
        make = account if collection == "users" else doc
        handle = f"living-{self._written}"
        phone = f"98451{self._chance.randrange(400):05d}"
        person = make(handle, self._chance.choice(NAMES), phone=phone, area="MG Road")
        await self._shop[collection].insert_one(person)
        self._people.append((collection, person))

    async def _order(self) -> None:
        self._written += 1
        owner = self._chance.choice(self._people)[1]["id"] if self._people else "asha"
        await self._shop["orders"].insert_one(an_order(f"living-order-{self._written}", owner))

    async def _change(self) -> None:
        if self._people:
            collection, person = self._chance.choice(self._people)
            changes = self._chance.choice(({"area": "Hebbal"}, {"phone": f"98451{self._chance.randrange(400):05d}"}))
            await self._shop[collection].update_one({"_id": person["_id"]}, {"$set": changes})

    async def _leave(self) -> None:
        if self._people and self._chance.random() < 0.3:
            collection, person = self._people.pop(self._chance.randrange(len(self._people)))
            await self._shop[collection].delete_one({"_id": person["_id"]})


class Trade:
    """The existing application as people are served: it writes words in capitals, and instants as texts in Indian time."""

    def __init__(self, shop: Database, customers: tuple[str, ...], *, today: datetime, seed: int = 1) -> None:
        self._shop, self._customers = shop, customers
        self._today = today.replace(tzinfo=None, microsecond=0)
        self._chance = random.Random(seed)  # noqa: S311 - a test that must repeat
        self._open: list[tuple[str, str, datetime]] = []
        self._written = 0

    async def write(self, count: int, *, a_second: int) -> None:
        """Write so many times, at that pace."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for number in range(count):
            kind = (self.order, self.deliver, self.cancel, self.bring, self.bring, self.pay)
            await self._chance.choice(kind)()
            await asyncio.sleep(max(0.0, begun + number / a_second - loop.time()))

    async def order(self) -> None:
        """Take an order."""
        self._written += 1
        at, handle, customer = self._instant(), f"order-{self._written}", self._chance.choice(self._customers)
        order = an_order(handle, customer, status="PENDING", created_at=at.isoformat(), delivery_date=f"{at.date()}")
        await self._shop["orders"].insert_one(order)
        self._open.append((handle, customer, at))

    async def deliver(self) -> None:
        """Bring an order."""
        if self._open:
            handle, customer, at = self._open.pop()
            await self._mark(customer, at + timedelta(hours=1), order_id=handle)

    async def cancel(self) -> None:
        """Cancel an order."""
        if self._open:
            handle, _, at = self._open.pop()
            cancelled = {"status": "CANCELLED", "cancelled_at": (at + timedelta(hours=2)).isoformat()}
            await self._shop["orders"].update_one({"id": handle}, {"$set": cancelled})

    async def bring(self) -> None:
        """Bring what a subscription brings, for which there is no order."""
        await self._mark(self._chance.choice(self._customers), self._instant())

    async def pay(self) -> None:
        """Note a payment."""
        self._written += 1
        paid = {"customer_id": self._chance.choice(self._customers), "payment_date": f"{self._instant().date()}"}
        await self._shop["payment_transactions"].insert_one(doc(f"pay-{self._written}", "", amount=250, **paid))

    async def _mark(self, customer: str, at: datetime, **fields: object) -> None:
        self._written += 1
        mark = {"customer_id": customer, "delivery_date": f"{at.date()}", "delivered_at": at.isoformat(), **fields}
        status = "DELIVERED" if fields else self._chance.choice(("DELIVERED", "DELIVERED", "NOT_DELIVERED"))
        await self._shop["delivery_statuses"].insert_one(doc(f"mark-{self._written}", "", status=status, **mark))

    def _instant(self) -> datetime:
        return self._today - timedelta(days=self._chance.randrange(1, 90), minutes=self._chance.randrange(1_000))
