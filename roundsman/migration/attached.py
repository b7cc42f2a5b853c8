"""What comes along with people: products, addresses, orders and what became of them, earnings, as the source has them at this moment.

Purchase orders come along with suppliers in the same way.

They carry no decision of their own but one (R3): which customer an order or the like belongs to, since the existing application may
write a customer's or an account's old id. The id as a customer's comes first, then the account's only customer, then the
one at the order's address, then his oldest, and such a guess is said in the run's findings.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from roundsman.catalog.following import follow_products
from roundsman.catalog.listing import insert_products
from roundsman.catalog.products import Product
from roundsman.customers.addresses import follow_addresses, insert_addresses
from roundsman.customers.customers import Address, Customer
from roundsman.customers.linkage import customers_of_users
from roundsman.database.bulk import BulkOutcome
from roundsman.database.transaction import Tx
from roundsman.identity.addresses import addresses_agree, fold_address
from roundsman.identity.mode import get_mode
from roundsman.ids import ProductId, UserId
from roundsman.migration.conversion import OrderParties, Reading, address_of, product_of
from roundsman.migration.directory import PeopleDirectory
from roundsman.migration.earnings import import_earnings
from roundsman.migration.pipeline import Pipeline
from roundsman.migration.profile import ATTACHED, OPERATIONS, Kind, SourceProfile
from roundsman.migration.reading import old_id, text, values_at
from roundsman.migration.sources.port import Source
from roundsman.migration.trade_import import STORED_IN, TradeImport, Write, stored_id
from roundsman.orders.history import count_not_taken

_Imported = TypeVar("_Imported", Product, Address)
Add = Callable[[str, BulkOutcome], None]
_LOOKED_UP = 2_000
"""Up to so many orders and addresses, the people they name are looked up; for more, all people are read."""


async def import_attached(
    tx: Tx,
    source: Source,
    profile: SourceProfile,
    *,
    as_of: datetime,
    add: Add,
    pipeline: Pipeline,
    concerned: set[UserId],
) -> Mapping[str, int]:
    """Take everything attached that is new or changed; returns findings by code with their counts.

    Whose it is that was read goes into `concerned`.
    """
    work = _AttachedImport(tx, source, profile, as_of=as_of, add=add, pipeline=pipeline, concerned=concerned)
    await work.run()
    of_earnings = await import_earnings(tx, source, profile, as_of=as_of, add=add, pipeline=pipeline)
    return Counter(work.findings) + Counter(of_earnings)


class _AttachedImport:
    def __init__(
        self,
        tx: Tx,
        source: Source,
        profile: SourceProfile,
        *,
        as_of: datetime,
        add: Add,
        pipeline: Pipeline,
        concerned: set[UserId],
    ) -> None:
        self._tx, self._source, self._profile, self._as_of = tx, source, profile, as_of
        self._add, self._pipeline, self._concerned = add, pipeline, concerned
        self._people = PeopleDirectory(tx, {one.name: one.kind for one in profile.collections})
        self._products: dict[str, ProductId] = {}
        self._addresses: dict[str, str] = {}
        self._orders_are_ours = False
        self.findings: dict[str, int] = defaultdict(int)

    async def run(self) -> None:
        counts = await self._source.count_documents()
        if not any(counts.get(collection.name) for collection in self._profile.of_kind(*ATTACHED)):
            return
        self._orders_are_ours = (await get_mode(self._tx)).operations_since is not None
        naming = sum(counts.get(collection.name, 0) for collection in self._profile.of_kind(Kind.ADDRESS, *OPERATIONS))
        if naming > _LOOKED_UP:
            await self._people.load()
        async for readings in self._readings(Kind.PRODUCT):
            await self._submit(self._write_products(readings), readings)
        await self._pipeline.drain()
        async for readings in self._readings(Kind.ADDRESS):
            await self._submit(self._write_addresses(readings), readings)
        await self._pipeline.drain()
        for kind, write in self._operations().items():
            async for readings in self._readings(kind):
                await self._submit(self._write(readings, write), readings)
            await self._pipeline.drain()
        async for readings in self._readings(Kind.PURCHASE_ORDER):
            await self._submit(self._write_purchases(readings), readings)
        await self._pipeline.drain()

    def _operations(self) -> Mapping[Kind, Write]:
        """A delivery names the order it brings: orders come first."""
        trade = TradeImport(self._tx, self._products)
        return {
            Kind.ORDER: trade.orders,
            Kind.DELIVERY: trade.deliveries,
            Kind.PAYMENT: trade.payments,
            Kind.SUBSCRIPTION: trade.subscriptions,
        }

    async def _readings(self, kind: Kind) -> AsyncIterator[list[Reading]]:
        for collection in self._profile.of_kind(kind):
            async for batch in self._source.read(collection.name):
                yield [Reading(document, collection, self._profile, self._as_of) for document in batch]

    async def _write_products(self, readings: Sequence[Reading]) -> None:
        products: list[Product] = []
        for reading in readings:
            supplier = await self._people.supplier(reading.old_id("supplier"))
            product = product_of(reading, supplier_id=supplier)
            products.append(product)
            for alias in (reading.old_id("app_id"), str(product.id)):
                if alias:
                    self._products[alias] = product.id
        outcome = await insert_products(self._tx, products)
        # What differs may be edited here, or have had another price before: then nothing has changed there.
        seen_at = None if self._orders_are_ours else self._as_of
        changed = await follow_products(self._tx, _differing(products, outcome), seen_at=seen_at)
        kept = len(outcome.differing) - changed
        self._add("products", replace(outcome, same=outcome.same + kept, differing=outcome.differing[kept:]))

    async def _write_addresses(self, readings: Sequence[Reading]) -> None:
        addresses = []
        await self._people.learn(alias for reading in readings if (alias := reading.old_id("owner")))
        for reading in readings:
            owner = self._people.user(reading.old_id("owner"))
            if owner is None:
                self.findings["address_of_nobody"] += 1
            address = address_of(reading, user_id=owner)
            addresses.append(address)
            for alias in (reading.old_id("app_id"), str(address.id)):
                if alias:
                    self._addresses[alias] = address.text
        outcome = await insert_addresses(self._tx, addresses)
        self._add("addresses", outcome)
        await follow_addresses(self._tx, _differing(addresses, outcome))

    async def _write(self, readings: Sequence[Reading], write: Write) -> None:
        if self._orders_are_ours:
            await self._only_count(readings)
            return
        await self._people.learn(alias for reading in readings for alias in _named(reading))
        users = {user for reading in readings for alias in _owners(reading) if (user := self._people.user(alias))}
        customers = await customers_of_users(self._tx, sorted(users))
        parties = [await self._parties(reading, customers) for reading in readings]
        name, outcome = await write(readings, parties)
        self._concerned |= {one.user_id for one in parties if one.user_id is not None}
        self._add(name, outcome)

    async def _write_purchases(self, readings: Sequence[Reading]) -> None:
        if self._orders_are_ours:
            await self._only_count(readings)
            return
        named = [reading.old_id("owner") for reading in readings]
        known = {alias: await self._people.supplier(alias) for alias in set(named)}
        suppliers = [known[alias] for alias in named]
        if nobodys := suppliers.count(None):
            self.findings["purchase_order_of_nobody"] += nobodys
        name, outcome = await TradeImport(self._tx, self._products).purchase_orders(readings, suppliers)
        self._add(name, outcome)

    async def _only_count(self, readings: Sequence[Reading]) -> None:
        """After the second switch nothing may be billed twice: what the source still writes is for a human to look at."""
        digests = {stored_id(reading): reading.document.sha256 for reading in readings}
        if count := await count_not_taken(self._tx, STORED_IN[readings[0].collection.kind], digests):
            self.findings["source_writes_after_switch"] += count

    async def _parties(self, reading: Reading, customers: Mapping[UserId, Sequence[Customer]]) -> OrderParties:
        boy = await self._people.delivery_boy(reading.old_id("delivery_boy"))
        for alias in _owners(reading):
            if entry := self._people.customer(alias):
                return OrderParties(entry.customer_id, entry.user_id, boy)
        for alias in _owners(reading):
            if user := self._people.user(alias):
                chosen = self._choose(reading, customers.get(user, ()))
                return OrderParties(chosen.id if chosen else None, user, boy)
        self.findings[f"{reading.collection.kind}_of_nobody"] += 1
        return OrderParties(None, None, boy)

    def _choose(self, reading: Reading, customers: Sequence[Customer]) -> Customer | None:
        if len(customers) <= 1:
            return customers[0] if customers else None
        written = self._addresses.get(reading.old_id("address_id") or "") or _address_text(reading)
        there = [one for one in customers if addresses_agree(fold_address(one.address), fold_address(written))]
        if len(there) == 1:
            return there[0]
        self.findings[f"{reading.collection.kind}_customer_guessed"] += 1
        return min(there or customers, key=lambda customer: (customer.created_at, customer.id))

    async def _submit(self, batch: Coroutine[Any, Any, None], readings: Sequence[Reading]) -> None:
        await self._pipeline.submit(batch, len(readings))


def _differing(values: Sequence[_Imported], outcome: BulkOutcome) -> list[_Imported]:
    """Those that are stored with another content: the source changed them."""
    differing = set(outcome.differing)
    return [value for value in values if value.id in differing]


def _owners(reading: Reading) -> list[str]:
    values = values_at(reading.document.fields, reading.collection.paths("owner"))
    return list(dict.fromkeys(alias for raw in values if (alias := old_id(raw))))


def _named(reading: Reading) -> list[str]:
    boy = reading.old_id("delivery_boy")
    return [*_owners(reading), boy] if boy else _owners(reading)


def _address_text(reading: Reading) -> str:
    value = reading.value("address")
    if isinstance(value, Mapping):
        return ", ".join(shown for part in value.values() if (shown := text(part)))
    return text(value) or ""
