"""Taking people's documents: the profiles and passwords they become, then their verbatim copies."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

from roundsman.clock import Clock
from roundsman.customers.linkage import follow_customers
from roundsman.database.bulk import BulkOutcome, insert_missing_encoded
from roundsman.database.collections import CREDENTIALS, CUSTOMERS, DELIVERY_BOYS, SOURCE_DOCUMENTS, SUPPLIERS
from roundsman.database.transaction import Tx
from roundsman.delivery.linkage import delivery_boys_of_users, follow_delivery_boys
from roundsman.identity.importing import find_users_known_as
from roundsman.ids import DeliveryBoyId, UserId
from roundsman.migration.copies import insert_copy, renew_copy
from roundsman.migration.followed import follow_documents, follow_passwords
from roundsman.migration.members import Opener
from roundsman.migration.plan import DocumentRow
from roundsman.migration.profile import CollectionProfile, Kind
from roundsman.migration.reading import source_id_text, source_id_value
from roundsman.migration.sources.port import Source, SourceDocument
from roundsman.migration.taking import Became, Import, Taken, Taking, named_delivery_boys
from roundsman.suppliers.linkage import follow_suppliers

Add = Callable[[str, BulkOutcome], None]
_IN_ORDER = (CREDENTIALS, DELIVERY_BOYS, SUPPLIERS, CUSTOMERS, SOURCE_DOCUMENTS)
"""Copies last, for they say that all the rest is there."""


class DocumentImport:
    """Reads the planned documents again and writes what they become."""

    def __init__(self, tx: Tx, source: Source, run: Import, clock: Clock) -> None:
        self._tx, self._source, self._run, self._clock = tx, source, run, clock
        self._users: dict[str, UserId | None] = {}
        self._delivery_boys: dict[str, DeliveryBoyId | None] = {}

    async def takings(
        self, collection: CollectionProfile, chunks: AsyncIterator[Sequence[DocumentRow]]
    ) -> AsyncIterator[Taking]:
        """The planned documents of a collection as they are now, with all that is needed to convert them."""
        async for rows in chunks:
            waiting = {row.source_id: row for row in rows}
            ids = [source_id_value(row.source_id) for row in rows]
            async for fetched in self._source.fetch_batches(collection.name, ids):
                documents = {source_id_text(one.id): one for one in fetched}
                yield await self._taking(collection, [waiting.pop(key) for key in documents], documents)
            if waiting:
                yield await self._taking(collection, list(waiting.values()), {})

    async def _taking(
        self, collection: CollectionProfile, rows: Sequence[DocumentRow], documents: Mapping[str, SourceDocument]
    ) -> Taking:
        there = [(row, documents[row.source_id]) for row in rows if row.source_id in documents]
        planned = [(row, document) for row, document in there if document.sha256 == row.sha256]
        creators = {row.created_by for row, _ in planned if row.created_by}
        boys: set[str] = set()
        if collection.kind is Kind.CUSTOMER:
            boys = named_delivery_boys((document for _, document in planned), self._run, collection)
        await self._learn_users(creators | boys)
        await self._learn_delivery_boys(boys)
        return Taking(
            run=self._run,
            collection=collection,
            rows=[row for row, _ in planned],
            documents=[document.bson for _, document in planned],
            users={old: self._users[old] for old in creators},
            delivery_boys={old: self._delivery_boys[old] for old in boys},
            drifted=[row.key for row, document in there if document.sha256 != row.sha256],
            gone=[row.key for row in rows if row.source_id not in documents],
        )

    async def _learn_users(self, old_ids: Iterable[str]) -> None:
        """Whom old ids name, as far as they name one user."""
        new = set(old_ids) - self._users.keys()
        if new:
            self._users |= dict.fromkeys(new) | await find_users_known_as(self._tx, sorted(new))

    async def _learn_delivery_boys(self, old_ids: Iterable[str]) -> None:
        """Whom the documents name as delivery boy: his old id leads to a user, and he to his profile."""
        new = set(old_ids) - self._delivery_boys.keys()
        users = {old: user_id for old in new if (user_id := self._users[old])}
        boys = await delivery_boys_of_users(self._tx, sorted(set(users.values())))
        named = {old: boys[user_id].id for old, user_id in users.items() if user_id in boys}
        self._delivery_boys |= dict.fromkeys(new) | named

    async def write(self, taken: Taken, add: Add) -> None:
        """Write what a batch became."""
        for collection in _IN_ORDER:
            add(collection, await insert_missing_encoded(self._tx, collection, taken.new[collection]))
        for copy in taken.large:
            add(SOURCE_DOCUMENTS, await insert_copy(self._tx, copy))
        await self._renew(taken.renewed)

    async def _renew(self, renewed: Became) -> None:
        """Profiles follow the source but for what was edited here; copies come last, for they say that all is done."""
        opener = Opener(self._run.seal, self._run.profile)
        await follow_documents(self._tx, renewed.said, opener, run=self._run.run_id, now=self._clock())
        await follow_passwords(self._tx, renewed, opener, run=self._run.run_id, now=self._clock())
        await follow_customers(self._tx, renewed.customers)
        await follow_delivery_boys(self._tx, renewed.delivery_boys)
        await follow_suppliers(self._tx, renewed.suppliers)
        for copy in renewed.copies:
            await renew_copy(self._tx, copy)
