"""Handing over to the person who leaves a user what is his: old ids, copies, profiles, orders and addresses."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bson import ObjectId

from roundsman.customers.linkage import add_customer
from roundsman.database.changes import Change, move
from roundsman.database.collections import (
    ADDRESSES,
    CUSTOMERS,
    DELIVERY_BOYS,
    FACTS,
    ORDERS,
    SOURCE_DOCUMENTS,
    SUPPLIERS,
)
from roundsman.database.transaction import Document, Tx
from roundsman.identity.lookup import identifiers_of_user
from roundsman.identity.rejoining import rewrite_identifier
from roundsman.ids import UserId, derived_object_id
from roundsman.migration.naming import Naming
from roundsman.migration.plan import DocumentRow
from roundsman.migration.profile import Kind
from roundsman.migration.roster import Roster, Row
from roundsman.migration.separation import CannotSeparate, Separation

_PROFILES = {Kind.CUSTOMER: CUSTOMERS, Kind.DELIVERY_BOY: DELIVERY_BOYS, Kind.SUPPLIER: SUPPLIERS}


async def ids_where(tx: Tx, collection: str, query: Document) -> list[Any]:
    """The ids of the documents that a query finds."""
    found = tx.database[collection].find(query, {"_id": 1}, session=tx.session)
    return [one["_id"] async for one in found]


@dataclass(frozen=True, slots=True)
class HandingOver:
    """The documents of the user by row, with their stored copies; `by` is who told them apart."""

    tx: Tx
    roster: Roster
    copies: Mapping[Row, Document]
    naming: Naming
    by: str
    changes: list[Change] = field(default_factory=list)

    async def everything(self, parted: Separation, user_id: UserId) -> list[Change]:
        """Old ids, copies, profiles, orders and addresses; the changes in their order. Raises CannotSeparate."""
        await self._aliases(parted, user_id)
        documents = list(parted.planning.document_rows())
        await self._move(SOURCE_DOCUMENTS, user_id, parted.user_id, [one.key for one in documents])
        for row, document in zip(parted.leaving, documents, strict=True):
            await self._profile(row, document, parted, user_id)
        made = [derived_object_id("customer", one.key) for one in documents]
        await self._move(CUSTOMERS, user_id, parted.user_id, made)
        for profile in parted.planning.profile_rows():
            self.changes.append(await add_customer(self.tx, replace(profile.customer, created_by=self.by)))
        customers = await ids_where(self.tx, CUSTOMERS, {"user_id": parted.user_id})
        staying = self._orders_named(parted.staying)
        of_his = await ids_where(self.tx, ORDERS, {"customer_id": {"$in": customers}})
        await self._move(ORDERS, user_id, parted.user_id, [one for one in of_his if one not in staying])
        await self._choose_customer([one for one in of_his if one in staying], user_id)
        await self._named(parted, user_id)
        await self._facts(parted, user_id)
        return self.changes

    def _orders_named(self, rows: Collection[Row]) -> set[ObjectId]:
        """The orders that name one of these documents, as the source writes it."""
        named = self.naming.owners(self.roster).items()
        return {one for (collection, one), row in named if collection == ORDERS and row in rows}

    async def _aliases(self, parted: Separation, user_id: UserId) -> None:
        stay = {alias for row in parted.staying for alias in self.roster[row].aliases}
        go = {alias for row in parted.leaving for alias in self.roster[row].aliases}
        for one in await identifiers_of_user(self.tx, user_id):
            kind, _, alias = one.key.partition(":")
            if kind == "alias" and alias in go:
                users = {*one.user_ids, parted.user_id} - (set() if alias in stay else {user_id})
                change = await rewrite_identifier(self.tx, replace(one, user_ids=tuple(sorted(users))))
                self.changes.append(change)

    async def _profile(self, row: Row, document: DocumentRow, parted: Separation, user_id: UserId) -> None:
        copy = self.copies[row]
        for name, now in (("fate", document.fate.value), ("rule", document.rule)):
            if copy[name] != now:
                change = await move(
                    self.tx, SOURCE_DOCUMENTS, field=name, before=copy[name], after=now, among=[document.key]
                )
                self.changes.append(change)
        collection = _PROFILES.get(self.roster.kind_of(row))
        if collection is None:
            return
        shared = any(self.copies[other].get("profile_id") == copy["profile_id"] for other in parted.staying)
        if shared or document.profile_id != copy["profile_id"]:
            raise CannotSeparate(f"{document.key} shares its profile with a document that stays with user {user_id}")
        await self._move(collection, user_id, parted.user_id, [copy["profile_id"]])

    async def _named(self, parted: Separation, user_id: UserId) -> None:
        """Orders and addresses that name him by an old id of his, as the source writes it."""
        named = self.naming.owners(self.roster).items()
        addresses = [one for (collection, one), row in named if collection == ADDRESSES and row in parted.leaving]
        await self._move(ADDRESSES, user_id, parted.user_id, addresses)
        going = {"_id": {"$in": list(self._orders_named(parted.leaving))}, "user_id": user_id}
        orders = await ids_where(self.tx, ORDERS, going)
        await self._move(ORDERS, user_id, parted.user_id, orders)
        await self._choose_customer(orders, parted.user_id)

    async def _facts(self, parted: Separation, user_id: UserId) -> None:
        """What happened with the profiles and orders that went with him."""
        his = {"user_id": parted.user_id}
        things = [str(one) for name in (CUSTOMERS, ORDERS) for one in await ids_where(self.tx, name, his)]
        named: Document = {"$or": [{field: {"$in": things}} for field in ("source_id", "order_id")]}
        await self._move(FACTS, user_id, parted.user_id, await ids_where(self.tx, FACTS, {"user_id": user_id} | named))

    async def _choose_customer(self, orders: Sequence[ObjectId], user_id: UserId) -> None:
        """Let orders be of a customer of the user whose they are, if he is one."""
        customers = await ids_where(self.tx, CUSTOMERS, {"user_id": user_id}) if orders else []
        of_these = {"_id": {"$in": list(orders)}}
        for before in await self.tx.database[ORDERS].distinct("customer_id", of_these, session=self.tx.session):
            if customers and before not in customers:
                change = await move(
                    self.tx, ORDERS, field="customer_id", before=before, after=min(customers), among=orders
                )
                self.changes.append(change)

    async def _move(self, collection: str, before: UserId, after: UserId, among: Iterable[Any]) -> None:
        if ids := list(among):
            self.changes.append(await move(self.tx, collection, before=before, after=after, among=ids))
