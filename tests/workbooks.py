"""Excel files as people and programs make them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl


def workbook(file: Path, sheets: Mapping[str, Sequence[Sequence[object]]], *, merged: str | None = None) -> Path:
    """Write one row after another; `merged` is a range of cells of the first sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    if merged:
        book.worksheets[0].merge_cells(merged)
    book.save(file)
    return file
