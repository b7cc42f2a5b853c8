"""Looking at the source to see what became of rows whose update is not known to have happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from roundsman.migration.write_back.fields import state_of
from roundsman.migration.write_back.raw_values import RawValue, find
from roundsman.migration.write_back.rows import Row
from roundsman.migration.write_back.target import WriteBackTarget


@dataclass(frozen=True, slots=True)
class Settled:
    """The rows of a batch by what the source holds now."""

    ours: Sequence[Row]
    before: Sequence[Row]
    others: Sequence[Row]
    gone: Sequence[Row]


async def settle(target: WriteBackTarget, rows: Sequence[Row]) -> Settled:
    """Read the documents of rows of one collection again: what was written, what was before, or something else."""
    documents = await _documents(target, rows)
    settled: dict[str, list[Row]] = {"ours": [], "before": [], "others": [], "gone": []}
    for row in rows:
        settled[_found(documents.get(row.source_id), row)].append(row)
    return Settled(**settled)


async def _documents(target: WriteBackTarget, rows: Sequence[Row]) -> Mapping[str, bytes]:
    if not rows:
        return {}
    return await target.fetch(
        rows[0].collection, sorted({row.source_id for row in rows}), sorted({row.path[0] for row in rows})
    )


def _found(document: bytes | None, row: Row) -> str:
    if document is None:
        return "gone"
    if find(document, row.path) == RawValue.of(row.new):
        return "ours"
    return "before" if state_of(document, row.path) == row.old else "others"
