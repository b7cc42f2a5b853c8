"""A person's data as one zip file (pure): everything as JSON, each table as CSV too, his old documents beside them."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from roundsman.operations.personal_data import Row, Tables

_README: Final = """Everything that is stored about one person, as of {at}.

data.json      all tables
csv/           the same tables, one file each; times in UTC, amounts in paise and in rupees
old documents/ the documents of the former application that the person's account was made from, as they were taken;
               passwords and what was made of them are left out
"""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def zipped(tables: Tables, documents: Mapping[str, Any], *, at: datetime) -> bytes:
    """Put everything into one zip file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _README.format(at=at.isoformat()))
        archive.writestr("data.json", _json(tables))
        for name, rows in tables.items():
            if rows:
                archive.writestr(f"csv/{name}.csv", _csv(rows))
        for number, (key, document) in enumerate(sorted(documents.items()), start=1):
            archive.writestr(f"old documents/{number:03}.json", _json({"document": key, "content": document}))
    return target.getvalue()


def _json(value: Any) -> str:  # noqa: ANN401  any value of JSON
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _csv(rows: Sequence[Row]) -> str:
    target = io.StringIO()
    writer = csv.DictWriter(target, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows([{name: _cell(value) for name, value in row.items()} for row in rows])
    return target.getvalue()


def _cell(value: Any) -> str:  # noqa: ANN401  any value of JSON
    """A cell; what a spreadsheet would take for a formula is marked as text, but for plain phones and numbers."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    is_number = text.lstrip("+-").replace(".", "", 1).isdigit()
    return f"'{text}" if text.startswith(_FORMULA) and not is_number else text
