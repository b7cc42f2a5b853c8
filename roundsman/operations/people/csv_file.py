"""Rows as a CSV file that a spreadsheet opens without taking anything for a formula (pure)."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_text(rows: Sequence[Mapping[str, Any]], *, headings: Sequence[str] = ()) -> str:
    """Write rows as CSV, under the headings and then whatever names else there are."""
    target = io.StringIO()
    names = list(dict.fromkeys([*headings, *(name for row in rows for name in row)]))
    writer = csv.DictWriter(target, names, lineterminator="\r\n")
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
