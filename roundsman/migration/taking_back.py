"""What one run inserted, found again from its plan: the pieces of `undoing`, each of which may be done twice."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bson import ObjectId

from roundsman.auth.sessions import end_sessions
from roundsman.database.collections import (
    ADDRESSES,
    CREDENTIALS,
    CUSTOMERS,
    DELIVERIES,
    DELIVERY_BOYS,
    FACTS,
    IDENTIFIERS,
    LEDGER_ENTRIES,
    LIFECYCLES,
    ORDERS,
    PAYMENTS,
    PRODUCTS,
    PURCHASE_ORDERS,
    REVIEWS,
    SOURCE_DOCUMENTS,
    SUBSCRIPTIONS,
    SUPPLIERS,
    TRANSITIONS,
    USERS,
)
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.opening_balances import forget_openings
from roundsman.ids import UserId
from roundsman.migration.copies import note_drifted
from roundsman.migration.plan import DocumentRow, HandOverRow, RolesRow
from roundsman.migration.plan_documents import Section
from roundsman.migration.plan_store import find_plan, read_rows
from roundsman.migration.profile import Kind, SourceProfile
from roundsman.migration.reviews import ReviewStatus
from roundsman.migration.runs import Run

_PROFILES = {Kind.CUSTOMER: CUSTOMERS, Kind.DELIVERY_BOY: DELIVERY_BOYS, Kind.SUPPLIER: SUPPLIERS}
_TRADE = (ORDERS, DELIVERIES, PAYMENTS, SUBSCRIPTIONS)
_ATTACHED = (*_TRADE, PURCHASE_ORDERS, ADDRESSES, PRODUCTS)


@dataclass(slots=True)
class Removed:
    """How many documents were removed by collection, and how many changed ones keep their present copy."""

    counts: dict[str, int] = field(default_factory=dict)
    renewed: int = 0

    def add(self, collection: str, count: int) -> None:
        """Count what was removed."""
        self.counts[collection] = self.counts.get(collection, 0) + count


@dataclass(frozen=True, slots=True)
class Removal:
    """Removes what the rows of one plan inserted; `earlier` are the runs that stand.

    Orders, addresses and products follow the source without rows: with the only run all go that the source brought, else
    those of the users and customers that go.
    """

    tx: Tx
    chunks_id: ObjectId
    profile: SourceProfile
    earlier: Sequence[Run]
    removed: Removed = field(default_factory=Removed)

    async def everything(self, *, forget: bool) -> AsyncIterator[None]:
        """Remove all of it, in an order that leaves nothing leading to nowhere; yields between batches."""
        steps = (
            (Section.REVIEWS, lambda rows: self._reviews([row.id for row in rows], forget=forget)),
            (Section.DOCUMENTS, self._documents),
            (Section.PROFILES, lambda rows: self._customers([row.customer.id for row in rows])),
            (Section.IDENTIFIERS, self._identifiers),
            (Section.HAND_OVERS, self._handed_over),
            (Section.ROLES, self._roles),
            (Section.USERS, lambda rows: self._users([row.user.id for row in rows])),
        )
        for section, remove in steps:
            async for rows in read_rows(self.tx, self.chunks_id, section):
                await remove(rows)
                yield
        if await self.was_the_only_one():
            for name in _ATTACHED:
                await self._delete(name, {"source": {"$exists": True}})

    async def was_the_only_one(self) -> bool:
        """Whether nothing of the source is left; an earlier run may be forgotten, but what it took is there."""
        return not self.earlier and await self.tx.database[SOURCE_DOCUMENTS].find_one({}, {"_id": 1}) is None

    async def created_users(self) -> set[ObjectId]:
        """The users that the plan made."""
        return {row.user.id async for rows in read_rows(self.tx, self.chunks_id, Section.USERS) for row in rows}

    async def causes(self) -> set[str]:
        """The answers to the plan's questions, as the journal names them."""
        return {
            f"review:{row.id}" async for rows in read_rows(self.tx, self.chunks_id, Section.REVIEWS) for row in rows
        }

    async def _reviews(self, ids: Sequence[str], *, forget: bool) -> None:
        still_open = {} if forget else {"status": ReviewStatus.OPEN.value}
        await self._delete(REVIEWS, {"_id": {"$in": ids}, **still_open})

    async def _documents(self, rows: Sequence[DocumentRow]) -> None:
        new = [row for row in rows if not row.changed]
        self.removed.renewed += len(rows) - len(new)
        await note_drifted(self.tx, [row.key for row in rows if row.changed])
        kinds = {one.name: one.kind for one in self.profile.collections}
        for kind, collection in _PROFILES.items():
            made = [row.profile_id for row in new if row.makes_profile and kinds.get(row.collection) is kind]
            await self._profiles(collection, made)
        counting = [row.key for row in new if kinds.get(row.collection) is Kind.DELIVERY_BOY]
        self.removed.add(LEDGER_ENTRIES, await forget_openings(self.tx, counting))
        await self._copies([row.key for row in new])

    async def _copies(self, keys: Sequence[str]) -> None:
        large = {"_id": {"$in": keys}, "parts": {"$exists": True}}
        async for copy in self.tx.database[SOURCE_DOCUMENTS].find(large, {"parts": 1}):
            parts = [f"{copy['_id']}#{number}" for number in range(1, copy["parts"])]
            await self.tx.database[SOURCE_DOCUMENTS].delete_many({"_id": {"$in": parts}})
        await self._delete(SOURCE_DOCUMENTS, {"_id": {"$in": keys}})

    async def _profiles(self, collection: str, ids: Sequence[ObjectId | None]) -> None:
        if collection == CUSTOMERS:
            for name in _TRADE:
                await self._delete(name, {"customer_id": {"$in": ids}, "source": {"$exists": True}})
        await self._delete(collection, {"_id": {"$in": ids}})

    async def _customers(self, ids: Sequence[ObjectId]) -> None:
        await self._profiles(CUSTOMERS, ids)

    async def _identifiers(self, rows: Sequence[Any]) -> None:
        for row in rows:
            owners = {"user_id": row.user_ids[0]} if len(row.user_ids) == 1 else {"user_ids": list(row.user_ids)}
            await self._delete(IDENTIFIERS, {"_id": row.key, **owners})

    async def _handed_over(self, rows: Sequence[HandOverRow]) -> None:
        """What the run's own users were given goes with them; others keep it, as their documents keep their present copy."""
        created = await self.created_users()
        for row in rows:
            if row.after in created:
                await self._delete(IDENTIFIERS, {"_id": row.key, "user_id": row.after})

    async def _roles(self, rows: Sequence[RolesRow]) -> None:
        """Take away what a profile brought, unless the user had the role by an earlier run."""
        had = await self._roles_before({row.user_id for row in rows})
        for row in rows:
            brought = [role.value for role in row.roles if role.value not in had.get(row.user_id, set())]
            await self.tx.database[USERS].update_one(
                {"_id": row.user_id}, {"$pullAll": {"roles": brought, "roles_to_confirm": brought}}
            )
            await self.tx.database[USERS].update_one(
                {"_id": row.user_id, "roles_to_confirm": []}, {"$unset": {"roles_to_confirm": ""}}
            )

    async def _roles_before(self, users: set[ObjectId]) -> dict[ObjectId, set[str]]:
        had: dict[ObjectId, set[str]] = {}
        for run in self.earlier:
            found = await find_plan(self.tx, run.plan)
            if found is None:
                continue
            async for rows in read_rows(self.tx, found[1], Section.USERS):
                for row in rows:
                    if row.user.id in users:
                        had.setdefault(row.user.id, set()).update(row.user.roles)
            async for rows in read_rows(self.tx, found[1], Section.ROLES):
                for row in rows:
                    if row.user_id in users:
                        had.setdefault(row.user_id, set()).update(row.roles)
        return had

    async def _users(self, ids: Sequence[UserId]) -> None:
        for name in (*_TRADE, ADDRESSES):
            await self._delete(name, {"user_id": {"$in": ids}, "source": {"$exists": True}})
        await self._delete(LIFECYCLES, {"_id": {"$in": ids}})
        for name in (TRANSITIONS, FACTS):
            await self._delete(name, {"user_id": {"$in": ids}})
        await end_sessions(self.tx, *ids)
        await self._delete(CREDENTIALS, {"_id": {"$in": ids}})
        await self._delete(USERS, {"_id": {"$in": ids}})

    async def _delete(self, collection: str, wanted: Document) -> None:
        deleted = await self.tx.database[collection].delete_many(wanted)
        self.removed.add(collection, deleted.deleted_count)
