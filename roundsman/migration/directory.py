"""Who is known by which old id, after people were imported: for everything that names them."""

import asyncio
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bson import ObjectId

from roundsman.database.transaction import Tx
from roundsman.delivery.linkage import find_delivery_boy_of_user
from roundsman.identity.identifiers import alias_key
from roundsman.identity.importing import find_identifiers, find_users
from roundsman.ids import CustomerId, DeliveryBoyId, SupplierId, UserId
from roundsman.migration.copies import Copy, copies_of_users, iterate_copies
from roundsman.migration.profile import Kind
from roundsman.suppliers.linkage import find_supplier_of_user


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """A customer and the user he belongs to."""

    customer_id: CustomerId
    user_id: UserId


class PeopleDirectory:
    """Old ids of people, read from the copies, once or as they are asked for. An old id of two different people names nobody here."""

    def __init__(self, tx: Tx, kinds: Mapping[str, Kind]) -> None:
        self._tx = tx
        self._kinds = kinds
        self._loaded = False
        self._learned: set[str] = set()
        self._learning = asyncio.Lock()
        self._customers: dict[str, KnownCustomer | None] = {}
        self._users: dict[str, UserId | None] = {}
        self._delivery_boys: dict[UserId, DeliveryBoyId | None] = {}
        self._suppliers: dict[UserId, SupplierId | None] = {}

    async def load(self) -> None:
        """Read all copies. It takes memory for everybody, so where only suppliers are asked for it is left out."""
        self._loaded = True
        async for copy in iterate_copies(self._tx):
            for alias in {copy.source_id, copy.app_id or copy.source_id}:
                self._add(alias, copy)

    async def learn(self, aliases: Iterable[str]) -> None:
        """Look up these old ids, as far as they are not known.

        Who has an identifier but no copy, because his document changed or went away before it was taken, is found too.
        """
        # Several batches are written at once: what one of them is looking up is not known yet to another.
        async with self._learning:
            if new := set(aliases) - self._learned - self._users.keys():
                await self._find(new)
                self._learned |= new

    async def _find(self, new: AbstractSet[str]) -> None:
        identifiers = await find_identifiers(self._tx, [alias_key(alias) for alias in new])
        # A user is found by his own id without an identifier.
        owners: dict[str, tuple[UserId, ...]] = {}
        owners |= {str(user.id): (user.id,) for user in await find_users(self._tx, _as_ids(new)) if user.is_live}
        owners |= {identifier.key.partition(":")[2]: identifier.user_ids for identifier in identifiers}
        users = {user for of_alias in owners.values() for user in of_alias}
        for copy in await copies_of_users(self._tx, users):
            for alias in {copy.source_id, copy.app_id or copy.source_id} & new:
                self._add(alias, copy)
        for alias, of_alias in owners.items():
            self._users.setdefault(alias, of_alias[0] if len(of_alias) == 1 else None)

    def _add(self, alias: str, copy: Copy) -> None:
        user_id = UserId(copy.user_id)
        self._users[alias] = user_id if self._users.get(alias, user_id) == user_id else None
        if self._kinds.get(copy.collection) is Kind.CUSTOMER and copy.profile_id is not None:
            known = KnownCustomer(CustomerId(copy.profile_id), user_id)
            self._customers[alias] = known if self._customers.get(alias, known) == known else None

    def customer(self, alias: str) -> KnownCustomer | None:
        """The customer of that old id."""
        return self._customers.get(alias)

    def user(self, alias: str | None) -> UserId | None:
        """The user of that old id, whatever kind of record carried it."""
        return self._users.get(alias) if alias else None

    async def delivery_boy(self, alias: str | None) -> DeliveryBoyId | None:
        """The delivery boy of that old id, be it his profile's or his account's."""
        user_id = self.user(alias)
        if user_id is None:
            return None
        if user_id not in self._delivery_boys:
            found = await find_delivery_boy_of_user(self._tx, user_id)
            self._delivery_boys[user_id] = found.id if found else None
        return self._delivery_boys[user_id]

    async def supplier(self, alias: str | None) -> SupplierId | None:
        """The supplier of that old id."""
        user_id = self.user(alias) if self._loaded else await self._look_up(alias)
        if user_id is None:
            return None
        if user_id not in self._suppliers:
            found = await find_supplier_of_user(self._tx, user_id)
            self._suppliers[user_id] = found.id if found else None
        return self._suppliers[user_id]

    async def _look_up(self, alias: str | None) -> UserId | None:
        if alias is None:
            return None
        if found := await find_identifiers(self._tx, [alias_key(alias)]):
            return None if found[0].is_ambiguous else found[0].user_ids[0]
        # A user is found by his own id without an identifier.
        users = await find_users(self._tx, [UserId(ObjectId(alias))]) if ObjectId.is_valid(alias) else []
        return users[0].id if users else None


def _as_ids(aliases: Iterable[str]) -> list[UserId]:
    return [UserId(ObjectId(alias)) for alias in aliases if ObjectId.is_valid(alias)]
