"""A plan as a file: one row a line, readable and comparable."""

from pathlib import Path

from bson import json_util

from roundsman.database.transaction import Tx
from roundsman.migration.plan import PlanHeader
from roundsman.migration.plan_documents import Section, row_document
from roundsman.migration.plan_store import find_plan, read_rows


async def write_plan_file(tx: Tx, header: PlanHeader, file: Path) -> None:
    """Write all rows of a stored plan as Extended JSON lines, section after section, the digest first."""
    found = await find_plan(tx, header.digest)
    if found is None:
        return
    with file.open("w") as lines:
        lines.write(json_util.dumps({"digest": header.digest, "profile": header.profile, "as_of": header.as_of}) + "\n")
        for section in Section:
            async for rows in read_rows(tx, found[1], section):
                lines.writelines(json_util.dumps({"section": section, **row_document(row)}) + "\n" for row in rows)
