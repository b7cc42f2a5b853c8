"""Handing over to the person who leaves a user what is his: old ids, copies, profiles, addresses and all his dealings."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from roundsman.activation.recorded_facts import facts_of
from roundsman.customers.linkage import add_customer
from roundsman.database.changes import Change, move
from roundsman.database.collections import (
    ADDRESSES,
    CUSTOMERS,
    DELIVERIES,
    DELIVERY_BOYS,
    FACTS,
    ORDERS,
    PAYMENTS,
    RATINGS,
    SOURCE_DOCUMENTS,
    SUBSCRIPTIONS,
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
from roundsman.operations.facts.telling import things_of

DEALINGS: Final = (ORDERS, DELIVERIES, PAYMENTS, SUBSCRIPTIONS)
"""Where a person's dealings are kept, each with the customer profile that it is of."""
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
        """Old ids, copies, profiles, dealings, addresses and facts; the changes in their order. Raises CannotSeparate."""
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
        for name in DEALINGS:
            await self._dealings(name, customers, parted, user_id)
        brought = await ids_where(self.tx, DELIVERIES, {"user_id": parted.user_id})
        await self._move(RATINGS, user_id, parted.user_id, [str(one) for one in brought])
        named = self._named(ADDRESSES, parted.leaving)
        await self._move(ADDRESSES, user_id, parted.user_id, named)
        await self._facts(parted, user_id)
        return self.changes

    async def _dealings(self, collection: str, customers: Collection[Any], parted: Separation, user_id: UserId) -> None:
        """What is of his customer profiles, unless it names who stays, and what names him by an old id of his."""
        staying, leaving = (self._named(collection, rows) for rows in (parted.staying, parted.leaving))
        of_his = await ids_where(self.tx, collection, {"customer_id": {"$in": list(customers)}})
        await self._move(collection, user_id, parted.user_id, [one for one in of_his if one not in staying])
        await self._choose_customer(collection, [one for one in of_his if one in staying], user_id)
        going = await ids_where(self.tx, collection, {"_id": {"$in": list(leaving)}, "user_id": user_id})
        await self._move(collection, user_id, parted.user_id, going)
        await self._choose_customer(collection, going, parted.user_id)

    def _named(self, collection: str, rows: Collection[Row]) -> set[Any]:
        """What names one of these documents, as the source writes it."""
        named = self.naming.owners(self.roster).items()
        return {one for (kept_in, one), row in named if kept_in == collection and row in rows}

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

    async def _facts(self, parted: Separation, user_id: UserId) -> None:
        """What happened with the profiles and in the dealings that went with him."""
        things = await self._things(parted.user_id)
        facts = await facts_of(self.tx, user_id)
        gone = [fact.key for fact in facts if not things.isdisjoint(things_of(fact))]
        await self._move(FACTS, user_id, parted.user_id, gone)

    async def _things(self, user_id: UserId) -> set[str]:
        """All names by which facts call what is his; a delivery may call an order that is not here."""
        his = {"user_id": user_id}
        things = {str(one) for name in (CUSTOMERS, *DEALINGS) for one in await ids_where(self.tx, name, his)}
        for name, field_ in ((ORDERS, "old_id"), (DELIVERIES, "order_name")):
            things |= set(await self.tx.database[name].distinct(field_, his, session=self.tx.session))
        return things

    async def _choose_customer(self, collection: str, ids: Sequence[Any], user_id: UserId) -> None:
        """Let dealings be of a customer of the user whose they are, if he is one."""
        customers = await ids_where(self.tx, CUSTOMERS, {"user_id": user_id}) if ids else []
        of_these = {"_id": {"$in": list(ids)}}
        for before in await self.tx.database[collection].distinct("customer_id", of_these, session=self.tx.session):
            if customers and before not in customers:
                change = await move(
                    self.tx, collection, field="customer_id", before=before, after=min(customers), among=ids
                )
                self.changes.append(change)

    async def _move(self, collection: str, before: UserId, after: UserId, among: Iterable[Any]) -> None:
        if ids := list(among):
            self.changes.append(await move(self.tx, collection, before=before, after=after, among=ids))
