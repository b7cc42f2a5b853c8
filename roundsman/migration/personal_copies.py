"""What a person's old documents said, opened for himself; and everything stored about him in one file."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bson import json_util

from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.migration.copies import open_copy
from roundsman.migration.sealing import Seal
from roundsman.migration.sources.port import SourceDocument
from roundsman.operations.people.export_file import zipped
from roundsman.operations.people.personal_data import personal_tables

_SECRET_NAME: Final = re.compile(r"pass|pwd|secret|token|otp|hash|salt|pin$", re.IGNORECASE)
_LEFT_OUT: Final = "(left out)"
_HASH: Final = re.compile(r"\$(argon2|2[abxy]\$)|[0-9a-f]{32,128}\Z", re.IGNORECASE)


async def export_person(tx: Tx, user_id: UserId, seal: Seal, *, actor: Actor, now: datetime) -> bytes:
    """Give everything that is stored about a user as a zip file, and note that it was given. Raises UnknownUser."""
    tables = await personal_tables(tx, user_id, now=now)
    documents = await personal_documents(tx, user_id, seal)
    await record(tx, AuditEntry(now, actor, "user.exported", f"user:{user_id}"))
    return zipped(tables, documents, at=now)


async def personal_documents(tx: Tx, user_id: UserId, seal: Seal) -> Mapping[str, Any]:
    """Open the copies of the documents a user was made from, by key, without any secret. Raises CopyDamaged."""
    copies = tx.database[SOURCE_DOCUMENTS].find({"user_id": user_id, "sealed": {"$exists": True}}, session=tx.session)
    found = [(copy["_id"], await open_copy(tx, copy, seal)) async for copy in copies]
    return {key: json.loads(json_util.dumps(_told(SourceDocument(plain).fields))) for key, plain in found}


def _told(value: Any, name: str = "") -> Any:  # noqa: ANN401  any BSON value
    if isinstance(value, Mapping):
        return {key: _told(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_told(item, name) for item in value]
    is_secret = _SECRET_NAME.search(name) or (isinstance(value, str) and _HASH.match(value))
    return _LEFT_OUT if is_secret and value is not None else value
