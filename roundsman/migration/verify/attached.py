"""Products, addresses, orders and the like against the source: each is there with the hash it has now, and the money agrees.

These follow the source without plan rows, so what is missing is judged by its `_id`: an ObjectId older than the last
import means that the import should have taken it, and it is lost; a younger one arrived since. An `_id` that tells no
time counts as arrived.

Once operations are Roundsman's own, an order that somebody changed here, as the audit log tells, differs rightly from the
source, and orders are taken here that the source knows nothing of. Both are said; before, neither may be.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import ObjectId

from roundsman.audit_log.log import was_changed_here
from roundsman.database.transaction import Document, Tx
from roundsman.identity.identifiers import alias_key
from roundsman.identity.importing import find_identifiers, find_users
from roundsman.identity.mode import OperationsMode, get_mode
from roundsman.ids import UserId
from roundsman.migration.conversion import OrderParties, Reading, order_of
from roundsman.migration.profile import ATTACHED, OPERATIONS, CollectionProfile, Kind, SourceProfile
from roundsman.migration.reading import old_id, values_at
from roundsman.migration.sources.port import Source
from roundsman.migration.trade_conversion import purchase_order_of
from roundsman.migration.trade_import import STORED_IN, stored_id
from roundsman.migration.verify.answered import answered_identifiers
from roundsman.migration.verify.verification import Account, Check, CheckResult
from roundsman.money import rupees_text
from roundsman.orders.history import sum_own_orders
from roundsman.suppliers.linkage import users_of_suppliers

_NOBODY = OrderParties(None, None, None)


@dataclass(slots=True)
class AttachedCheck:
    """Goes once through the attached collections; orders and addresses of the wrong user go into `orphans`."""

    tx: Tx
    source: Source
    profile: SourceProfile
    as_of: datetime
    imported_at: datetime | None
    orphans: CheckResult
    money: CheckResult = field(default_factory=lambda: CheckResult(Check.MONEY))
    sums: Counter[str] = field(default_factory=Counter)
    switched_at: datetime | None = None
    """When operations became Roundsman's own, if a source handed them over."""
    changed_here: int = 0
    answered: frozenset[str] = frozenset()
    """The identifiers that humans' answers led elsewhere."""

    async def run(self) -> tuple[list[Account], CheckResult]:
        """The accounts of the attached collections, and whether the orders' totals are the source's."""
        mode = await get_mode(self.tx)
        self.switched_at = mode.operations_since
        self.answered = frozenset(await answered_identifiers(self.tx))
        found = [await self._account(collection) for collection in self.profile.of_kind(*ATTACHED)]
        if self.sums["source"] != self.sums["stored"]:
            self.money.fail(f"orders: {self._rupees('source')} in the source, {self._rupees('stored')} here")
        self.money.said = f"orders of {self._rupees('source')} rupees on both sides"
        if self.changed_here:
            self.money.said += f", {self.changed_here} changed here since the switch"
        await self._check_own(are_allowed=mode.operations is OperationsMode.ROUNDSMAN)
        return [account for account in found if account.in_source], self.money

    async def _check_own(self, *, are_allowed: bool) -> None:
        count, total = await sum_own_orders(self.tx)
        if count:
            said = f"{count} orders of {rupees_text(total)} rupees taken here"
            self.money.said += f", {said}"
            if not are_allowed:
                self.money.fail(f"{said}, though the source manages orders")

    def _rupees(self, side: str) -> str:
        return rupees_text(self.sums[side])

    async def _account(self, collection: CollectionProfile) -> Account:
        classes: Counter[str] = Counter()
        async for batch in self.source.read(collection.name):
            readings = [Reading(document, collection, self.profile, self.as_of) for document in batch]
            classes.update(await self._classes(readings, collection))
        return Account(collection.name, sum(classes.values()), dict(classes))

    async def _classes(self, readings: Sequence[Reading], collection: CollectionProfile) -> list[str]:
        wanted = [(stored_id(reading), reading) for reading in readings]
        ids = list({identity for identity, _ in wanted})
        cursor = self.tx.database[STORED_IN[collection.kind]].find({"_id": {"$in": ids}})
        stored = {document["_id"]: document async for document in cursor}
        if collection.kind is Kind.PURCHASE_ORDER:
            await self._put_users_of_suppliers(stored)
        await self._check_owners(dict(wanted), stored)
        return [await self._class_of(reading, stored.get(identity)) for identity, reading in wanted]

    async def _class_of(self, reading: Reading, stored: Document | None) -> str:
        if stored is None:
            return "lost" if self._should_be_here(reading) else self._since(reading, "arrived")
        source = stored.get("source", {})
        if source.get("sha256") != reading.document.sha256:
            if isinstance(stored["_id"], str) and source.get("id") != reading.source().id:
                return "kept"  # Another document marks the same stop and speaks for it.
            return self._since(reading, "changed")
        if reading.collection.kind is Kind.ORDER:
            await self._check_total(reading, stored)
        if reading.collection.kind is Kind.PURCHASE_ORDER:
            await self._check_purchase(reading, stored)
        return "kept"

    def _since(self, reading: Reading, otherwise: str) -> str:
        """What the source wrote since the import; after the second switch its orders are not taken any more."""
        return "after_switch" if self.switched_at and reading.collection.kind in OPERATIONS else otherwise

    def _should_be_here(self, reading: Reading) -> bool:
        identity, border = reading.document.id, self.imported_at
        if border and self.switched_at and reading.collection.kind in OPERATIONS:
            border = min(border, self.switched_at)
        return isinstance(identity, ObjectId) and border is not None and identity.generation_time < border

    async def _check_owners(self, wanted: dict[Any, Reading], stored: dict[Any, Document]) -> None:
        """Whose an order or address is here must be named in it by an old id; it may be nobody's if each is of several people.

        What was nobody's for that reason waits for the next round when a human's answer joins them.
        """
        named = {identity: [alias_key(one) for one in _owners(wanted[identity])] for identity in stored}
        keys = sorted({key for his in named.values() for key in his})
        users = {one.key: one.user_ids for one in await find_identifiers(self.tx, keys)}
        for identity, names in named.items():
            owner = stored[identity].get("user_id")
            possible = {user for key in names for user in users.get(key, ())}
            of_one = [key for key in names if len(users.get(key, ())) == 1 and (owner or key not in self.answered)]
            if of_one and owner not in possible and not await self._is_his_own_id(owner, names):
                place = f"{wanted[identity].collection.name}:{identity}"
                self.orphans.fail(f"{place} belongs to {owner or 'nobody'}, who it does not name")

    async def _put_users_of_suppliers(self, stored: dict[Any, Document]) -> None:
        """A purchase order is its supplier's, who is a user."""
        users = await users_of_suppliers(
            self.tx, {one["supplier_id"] for one in stored.values() if "supplier_id" in one}
        )
        for one in stored.values():
            one["user_id"] = users.get(one["supplier_id"]) if "supplier_id" in one else None

    async def _check_purchase(self, reading: Reading, stored: Document) -> None:
        total = purchase_order_of(reading, None, products={}).total_paise
        self.money.look()
        if total != stored["total_paise"] and not await self._was_changed_here(f"purchase_order:{stored['_id']}"):
            here, there = rupees_text(stored["total_paise"]), rupees_text(total)
            self.money.fail(f"purchase order {stored['_id']}: {there} in the source, {here} here")

    async def _is_his_own_id(self, owner: ObjectId | None, names: Sequence[str]) -> bool:
        """Whether one of the names is the id of a user who is he by now: such a name needs no identifier."""
        ids = [name.partition(":")[2] for name in names]
        users = await find_users(self.tx, [UserId(ObjectId(one)) for one in ids if ObjectId.is_valid(one)])
        return owner in {user.merged_into or user.id for user in users}

    async def _check_total(self, reading: Reading, stored: Document) -> None:
        total = order_of(reading, _NOBODY, products={}).total_paise
        self.money.look()
        if total != stored["total_paise"]:
            if await self._was_changed_here(f"order:{stored['_id']}"):
                self.changed_here += 1
                return
            here, there = rupees_text(stored["total_paise"]), rupees_text(total)
            self.money.fail(f"order {stored['_id']}: {there} in the source, {here} here")
        self.sums["source"] += total
        self.sums["stored"] += stored["total_paise"]

    async def _was_changed_here(self, target: str) -> bool:
        since = self.switched_at
        return since is not None and await was_changed_here(self.tx, target, since=since)


def _owners(reading: Reading) -> list[str]:
    values = values_at(reading.document.fields, reading.collection.paths("owner"))
    return [alias for raw in values if (alias := old_id(raw))]
