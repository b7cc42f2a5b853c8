"""Taking people's documents: the profiles and passwords they become, then their verbatim copies."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from roundsman.auth.credential_storage import insert_credentials
from roundsman.auth.credentials import Credential
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import follow_customers, insert_customers
from roundsman.database.bulk import BulkOutcome
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.delivery_boys import DeliveryBoy
from roundsman.delivery.linkage import find_delivery_boy_of_user, follow_delivery_boys, insert_delivery_boys
from roundsman.identity.importing import find_users_known_as
from roundsman.ids import DeliveryBoyId, UserId
from roundsman.migration.conversion import Reading, credential_of, customer_of, delivery_boy_of, supplier_of
from roundsman.migration.copies import copy_documents, insert_copies, renew_copies
from roundsman.migration.plan import DocumentRow, Fate
from roundsman.migration.profile import CollectionProfile, Kind, SourceProfile
from roundsman.migration.reading import source_id_text, source_id_value
from roundsman.migration.sealing import Seal
from roundsman.migration.sources.port import Source, SourceDocument
from roundsman.suppliers.linkage import follow_suppliers, insert_suppliers
from roundsman.suppliers.suppliers import Supplier

Add = Callable[[str, BulkOutcome], None]


@dataclass(slots=True)
class Prepared:
    """A batch of documents of one collection, read and converted."""

    credentials: list[Credential] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    delivery_boys: list[DeliveryBoy] = field(default_factory=list)
    suppliers: list[Supplier] = field(default_factory=list)
    copies: list[Document] = field(default_factory=list)
    changed: "Prepared | None" = None
    drifted: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


class DocumentImport:
    """Reads the planned documents again and writes what they become."""

    def __init__(
        self, tx: Tx, source: Source, profile: SourceProfile, seal: Seal, *, run_id: str, as_of: datetime
    ) -> None:
        self._tx, self._source, self._profile, self._seal = tx, source, profile, seal
        self._run_id, self._as_of = run_id, as_of
        self._collections = {collection.name: collection for collection in profile.collections}
        self._users: dict[str, UserId | None] = {}
        self._delivery_boys: dict[str, DeliveryBoyId | None] = {}

    async def prepare(self, rows: Sequence[DocumentRow]) -> Prepared:
        """Fetch the documents of one collection and convert those that are still the planned ones."""
        collection = self._collections[rows[0].collection]
        fetched = await self._source.fetch(collection.name, [source_id_value(row.source_id) for row in rows])
        documents = {source_id_text(document.id): document for document in fetched}
        prepared = Prepared(changed=Prepared())
        readings: list[tuple[DocumentRow, Reading]] = []
        for row in rows:
            document = documents.get(row.source_id)
            if document is None:
                prepared.gone.append(row.key)
            elif document.sha256 != row.sha256:
                prepared.drifted.append(row.key)
            else:
                readings.append((row, Reading(document, collection, self._profile, self._as_of)))
        await self._learn_users(row.created_by for row, _ in readings)
        if collection.kind is Kind.CUSTOMER:
            await self._learn_delivery_boys([reading for _, reading in readings])
        for row, reading in readings:
            self._convert(prepared, row, reading)
        return prepared

    def _convert(self, prepared: Prepared, row: DocumentRow, reading: Reading) -> None:
        into = prepared.changed if row.changed and prepared.changed else prepared
        creator = self._users.get(row.created_by or "")
        created_by = str(creator) if creator else f"import:{self._run_id}"
        match reading.collection.kind:
            case Kind.USER if row.fate is not Fate.MERGED and not row.changed:
                if credential := credential_of(reading, row):
                    into.credentials.append(credential)
            case Kind.CUSTOMER if row.makes_profile:
                boy = self._delivery_boys.get(reading.old_id("delivery_boy") or "")
                into.customers.append(customer_of(reading, row, created_by=created_by, delivery_boy_id=boy))
            case Kind.DELIVERY_BOY if row.makes_profile:
                into.delivery_boys.append(delivery_boy_of(reading, row, created_by=created_by))
            case Kind.SUPPLIER if row.makes_profile:
                into.suppliers.append(supplier_of(reading, row, created_by=created_by))
            case _:
                pass
        into.copies += self._copy(row, reading.document, reading.collection, reading)

    def _copy(
        self, row: DocumentRow, document: SourceDocument, collection: CollectionProfile, reading: Reading
    ) -> list[Document]:
        app_id = reading.old_id("app_id") if collection.paths("app_id") else None
        return copy_documents(row, document.bson, app_id=app_id, run=self._run_id, seal=self._seal)

    async def _learn_users(self, old_ids: Iterable[str | None]) -> None:
        """Whom old ids name, as far as they name one user."""
        new = {old_id for old_id in old_ids if old_id} - self._users.keys()
        if new:
            self._users |= dict.fromkeys(new) | await find_users_known_as(self._tx, sorted(new))

    async def _learn_delivery_boys(self, readings: Sequence[Reading]) -> None:
        """Whom the documents name as delivery boy: his old id leads to a user, and he to his profile."""
        named = {old for reading in readings if (old := reading.old_id("delivery_boy"))}
        await self._learn_users(named)
        for old in named - self._delivery_boys.keys():
            user_id = self._users[old]
            boy = await find_delivery_boy_of_user(self._tx, user_id) if user_id else None
            self._delivery_boys[old] = boy.id if boy else None

    async def write(self, prepared: Prepared, add: Add) -> None:
        """Write a batch; copies last, for they say that all the rest is there."""
        add("credentials", await insert_credentials(self._tx, prepared.credentials))
        add("delivery_boys", await insert_delivery_boys(self._tx, prepared.delivery_boys))
        add("suppliers", await insert_suppliers(self._tx, prepared.suppliers))
        add("customers", await insert_customers(self._tx, prepared.customers))
        add("source_documents", await insert_copies(self._tx, prepared.copies))
        if prepared.changed and prepared.changed.copies:
            await self._renew(prepared.changed)

    async def _renew(self, changed: Prepared) -> None:
        """Profiles follow the source while it is the authority; the users they belong to stay."""
        await follow_customers(self._tx, changed.customers)
        await follow_delivery_boys(self._tx, changed.delivery_boys)
        await follow_suppliers(self._tx, changed.suppliers)
        await renew_copies(self._tx, changed.copies)
