"""From planned documents of people to the documents that Roundsman stores of them, a batch at a time.

Nothing is read or written here, and what comes of it is bytes, so that several cores may do it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import bson

from roundsman.auth.credential_storage import credential_documents
from roundsman.auth.credentials import Credential
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import customer_documents
from roundsman.database.collections import CREDENTIALS, CUSTOMERS, DELIVERY_BOYS, SOURCE_DOCUMENTS, SUPPLIERS
from roundsman.database.transaction import Document
from roundsman.delivery.delivery_boys import DeliveryBoy
from roundsman.delivery.linkage import delivery_boy_documents
from roundsman.ids import DeliveryBoyId, UserId
from roundsman.migration.conversion import Reading, credential_of, customer_of, delivery_boy_of, supplier_of
from roundsman.migration.copies import copy_documents
from roundsman.migration.following import Said
from roundsman.migration.plan import DocumentRow, Fate
from roundsman.migration.profile import CollectionProfile, Kind, SourceProfile
from roundsman.migration.said import said_by
from roundsman.migration.sealing import Seal
from roundsman.migration.sources.port import SourceDocument
from roundsman.suppliers.linkage import supplier_documents
from roundsman.suppliers.suppliers import Supplier


@dataclass(frozen=True, slots=True)
class Import:
    """What is the same for all documents of a run."""

    profile: SourceProfile
    seal: Seal
    run_id: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Taking:
    """Documents of one collection that are the planned ones, with whom their old ids name; and those that are not."""

    run: Import
    collection: CollectionProfile
    rows: Sequence[DocumentRow]
    documents: Sequence[bytes]
    users: Mapping[str, UserId | None]
    delivery_boys: Mapping[str, DeliveryBoyId | None]
    drifted: Sequence[str]
    gone: Sequence[str]


@dataclass(slots=True)
class Became:
    """What documents became."""

    credentials: list[Credential] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    delivery_boys: list[DeliveryBoy] = field(default_factory=list)
    suppliers: list[Supplier] = field(default_factory=list)
    copies: list[list[Document]] = field(default_factory=list)
    said: dict[UserId, list[Said]] = field(default_factory=dict)
    """What changed documents say of their users now."""


@dataclass(frozen=True, slots=True)
class Taken:
    """New documents, encoded, by the collection they go to; very large copies in their parts; and what is renewed."""

    new: Mapping[str, Sequence[bytes]]
    large: Sequence[Sequence[bytes]]
    renewed: Became


def take(taking: Taking) -> Taken:
    """Convert a batch."""
    new, renewed = Became(), Became()
    for row, raw in zip(taking.rows, taking.documents, strict=True):
        reading = Reading(SourceDocument(raw), taking.collection, taking.run.profile, taking.run.as_of)
        _convert(renewed if row.changed else new, taking, row, reading)
    whole = {
        CREDENTIALS: credential_documents(new.credentials),
        DELIVERY_BOYS: delivery_boy_documents(new.delivery_boys),
        SUPPLIERS: supplier_documents(new.suppliers),
        CUSTOMERS: customer_documents(new.customers),
        SOURCE_DOCUMENTS: [copy[0] for copy in new.copies if len(copy) == 1],
    }
    encoded = {collection: list(map(bson.encode, documents)) for collection, documents in whole.items()}
    return Taken(encoded, [list(map(bson.encode, copy)) for copy in new.copies if len(copy) > 1], renewed)


def _convert(into: Became, taking: Taking, row: DocumentRow, reading: Reading) -> None:
    match reading.collection.kind:
        case Kind.USER if row.fate is not Fate.MERGED and not row.changed:
            if credential := credential_of(reading, row):
                into.credentials.append(credential)
        case Kind.CUSTOMER if row.makes_profile:
            into.customers.append(_customer(taking, row, reading))
        case Kind.DELIVERY_BOY if row.makes_profile:
            into.delivery_boys.append(delivery_boy_of(reading, row, created_by=_creator(taking, row)))
        case Kind.SUPPLIER if row.makes_profile:
            into.suppliers.append(supplier_of(reading, row, created_by=_creator(taking, row)))
        case _:
            pass
    if row.changed:
        said = said_by(reading, row.user_id, taking.run.seal)
        into.said.setdefault(row.user_id, []).append(said)
        if said.password and (credential := credential_of(reading, row)):
            into.credentials.append(credential)
    into.copies.append(_copy(taking, row, reading))


def _customer(taking: Taking, row: DocumentRow, reading: Reading) -> Customer:
    boy = taking.delivery_boys.get(reading.old_id("delivery_boy") or "")
    return customer_of(reading, row, created_by=_creator(taking, row), delivery_boy_id=boy)


def _creator(taking: Taking, row: DocumentRow) -> str:
    user_id = taking.users.get(row.created_by or "")
    return str(user_id) if user_id else f"import:{taking.run.run_id}"


def _copy(taking: Taking, row: DocumentRow, reading: Reading) -> list[Document]:
    app_id = reading.old_id("app_id")
    return copy_documents(row, reading.document.bson, app_id=app_id, run=taking.run.run_id, seal=taking.run.seal)


def named_delivery_boys(documents: Iterable[SourceDocument], run: Import, collection: CollectionProfile) -> set[str]:
    """The old ids by which documents name their delivery boys."""
    readings = (Reading(document, collection, run.profile, run.as_of) for document in documents)
    return {old for reading in readings if (old := reading.old_id("delivery_boy"))}
