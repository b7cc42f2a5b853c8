"""Taking out of the journal what the source said of a person who closed his account."""

from collections.abc import Sequence
from typing import Any

from roundsman.database.collections import WRITE_BACK_JOURNAL
from roundsman.database.transaction import Document, Tx
from roundsman.identity.closing import is_telling
from roundsman.identity.identifiers import alias_key
from roundsman.migration.write_back.journal import RowState


async def erase_rows(tx: Tx, document_keys: Sequence[str], *, names: Sequence[str]) -> int:
    """Erase what the fields of these documents held before, and what was written if it tells who he is; count the rows.

    Such a field is not restored any more: what was written stays until its owner erases the document. A row that says only
    that there was nothing before stays, and is undone as ever.
    """
    erased = [row["_id"] for key in document_keys for row in await _rows_of(tx, key) if _is_personal(row, names)]
    blank = {"$set": {"state": RowState.ERASED.value, "old": {"state": "erased"}, "new": None}}
    await tx.database[WRITE_BACK_JOURNAL].update_many({"_id": {"$in": erased}}, blank, session=tx.session)
    return len(erased)


async def _rows_of(tx: Tx, document_key: str) -> list[Document]:
    query = {"_id": {"$gt": f"{document_key}:", "$lt": f"{document_key};"}}
    wanted = {"field": 1, "old.state": 1, "new": 1}
    rows = await tx.database[WRITE_BACK_JOURNAL].find(query, wanted, session=tx.session).to_list()
    # The id of another document may begin with this one's and a colon.
    return [row for row in rows if row["_id"] == f"{document_key}:{row['field']}"]


def _is_personal(row: Document, names: Sequence[str]) -> bool:
    new: Any = row["new"]
    return row["old"]["state"] == "dangling" or (isinstance(new, str) and is_telling(alias_key(new), names))
