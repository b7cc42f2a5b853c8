"""Writing back into the source of an import, and the worlds that tests do it in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.transaction import Document, Tx
from roundsman.migration.profile import SourceProfile, parse_profile
from roundsman.migration.reading import source_id_text
from roundsman.migration.write_back.deciding import Wanted
from roundsman.migration.write_back.outcome import Outcome
from roundsman.migration.write_back.target import WriteBackTarget
from roundsman.migration.write_back.undoing import undo_write_back
from roundsman.migration.write_back.writing import Means, preview, write_back
from roundsman.runtime import Runtime
from tests.imports import Database
from tests.migration_builders import OTHER_PHONE, PHONE, account, doc

_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
NESTED = parse_profile("""
name = "nested"
version = 1
timezone = "Asia/Kolkata"
[collections.accounts]
kind = "user"
[collections.accounts.fields]
app_id = "id"
[collections.clients]
kind = "customer"
[collections.clients.fields]
name = "name"
[collections.clients.write_back]
user = "links.to.user"
activation_status = "stage"
""")


@dataclass(frozen=True, slots=True)
class Back:
    """Write-back into one source."""

    runtime: Runtime
    target: WriteBackTarget
    profile: SourceProfile

    @property
    def tx(self) -> Tx:
        """The database of Roundsman."""
        return self.runtime.tx

    async def write(self, request: Wanted | None = None) -> Outcome:
        """Write what is asked for."""
        return await write_back(self.tx, self.target, self.profile, request or Wanted(), Means(self.runtime.clock))

    async def undo(self) -> Outcome:
        """Restore everything."""
        return await undo_write_back(self.tx, self.target, Means(self.runtime.clock))

    async def preview(self) -> Outcome:
        """Say what would be written."""
        return await preview(self.tx, self.target, self.profile, Wanted(), now=self.runtime.clock())


def people() -> dict[str, list[Document]]:
    """Customers with and without an account, whose link is right, absent, null, or leads nowhere."""
    return {
        "users": [
            account("asha", "Asha Verma", phone=PHONE),
            account("joe", "Joseph Mathew", phone=OTHER_PHONE),
        ],
        "customers_v2": [
            doc("linked", "Asha Verma", phone=PHONE, user_id="asha"),
            doc("absent", "Asha Verma", phone=PHONE),
            doc("null", "Joseph Mathew", phone=OTHER_PHONE, user_id=None, area="Hebbal"),
            doc("dangling", "Joseph Mathew", phone=OTHER_PHONE, user_id="gone long ago", area="Hebbal"),
            doc("alone", "Lakshmi Iyer", phone="9731145602"),
        ],
    }


def counts(outcome: Outcome, place: str = "customers_v2.user_id") -> Mapping[str, int]:
    """Count what became of one field."""
    return dict(outcome.counts.get(place, {}))


async def take(tx: Tx, collection: str, ids: Sequence[Any], *, users: Sequence[ObjectId], fate: str = "linked") -> None:
    """Pretend that documents were imported, and that each belongs to one of the users."""
    copies = [
        {
            "_id": f"{collection}:{source_id_text(identity)}",
            "sha256": b"",
            "user_id": users[number % len(users)],
            "fate": fate,
        }
        for number, identity in enumerate(ids)
    ]
    if copies:
        await tx.database[SOURCE_DOCUMENTS].insert_many(copies)


async def raw_documents(database: Database, collection: str) -> list[bytes]:
    """The bytes of every document, in the order of `_id`."""
    found = database.with_options(codec_options=_RAW)[collection].find({}).sort("_id", 1)
    return [bytes(document.raw) async for document in found]
