"""A person's data as one zip file (pure): everything as JSON, each table as CSV too, his old documents beside them."""

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from roundsman.operations.people.csv_file import csv_text
from roundsman.operations.people.personal_data import Tables

_README: Final = """Everything that is stored about one person, as of {at}.

data.json      all tables
csv/           the same tables, one file each; times in UTC, amounts in paise and in rupees
old documents/ the documents of the former application that the person's account was made from, as they were taken;
               passwords and what was made of them are left out
"""


def zipped(tables: Tables, documents: Mapping[str, Any], *, at: datetime) -> bytes:
    """Put everything into one zip file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _README.format(at=at.isoformat()))
        archive.writestr("data.json", _json(tables))
        for name, rows in tables.items():
            if rows:
                archive.writestr(f"csv/{name}.csv", csv_text(rows))
        for number, (key, document) in enumerate(sorted(documents.items()), start=1):
            archive.writestr(f"old documents/{number:03}.json", _json({"document": key, "content": document}))
    return target.getvalue()


def _json(value: Any) -> str:  # noqa: ANN401  any value of JSON
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
