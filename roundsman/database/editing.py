"""Writing what was edited here of documents that follow a source: in those fields they follow it no more."""

from roundsman.database.bulk import EDITED
from roundsman.database.transaction import Document, Tx


async def write_edited(tx: Tx, collection: str, *, before: Document, after: Document) -> None:
    """Write the fields in which two forms of a document differ, an absent one to absence, and note that they were edited."""
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if not changed:
        return
    update: Document = {"$addToSet": {EDITED: {"$each": changed}}}
    if there := {name: after[name] for name in changed if name in after}:
        update["$set"] = there
    if gone := {name: "" for name in changed if name not in after}:
        update["$unset"] = gone
    await tx.database[collection].update_one({"_id": before["_id"]}, update, session=tx.session)
