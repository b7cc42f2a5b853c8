"""An existing application that goes on writing while it is followed."""

import asyncio
import random

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
