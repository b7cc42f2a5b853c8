"""Whom the orders, addresses and the like of a user name in the source, read before a split."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.migration.conversion import Reading
from roundsman.migration.profile import OF_CUSTOMERS, Kind, SourceProfile
from roundsman.migration.reading import old_id, source_id_text, source_id_value, values_at
from roundsman.migration.roster import Roster, Row
from roundsman.migration.sources.port import Source, SourceDocument
from roundsman.migration.trade_import import STORED_IN

_STORED = {kind: STORED_IN[kind] for kind in (*OF_CUSTOMERS, Kind.ADDRESS)}


@dataclass(frozen=True, slots=True)
class Named:
    """One order, address or the like: where it is stored, the old ids it names, when it was placed, and whether a buyer is named."""

    collection: str
    id: Any
    aliases: tuple[str, ...]
    at: datetime | None
    needs_profile: bool


@dataclass(frozen=True, slots=True)
class Naming:
    """All that was read; empty where there is no source."""

    found: Sequence[Named] = field(default_factory=tuple)

    def note(self, roster: Roster) -> None:
        """Count what is named as activity, as an import does."""
        for one in self.found:
            for alias in one.aliases:
                roster.note_activity(alias, one.at, needs_profile=one.needs_profile)

    def owners(self, roster: Roster) -> dict[tuple[str, Any], Row]:
        """The row each names: a customer's old id comes first; one that several rows carry names nobody."""
        rows: dict[tuple[str, Any], Row] = {}
        for one in self.found:
            named = [roster.known_as(alias, *kinds) for kinds in ((Kind.CUSTOMER,), ()) for alias in one.aliases]
            if certain := [found[0] for found in named if len(found) == 1]:
                rows[one.collection, one.id] = certain[0]
        return rows


async def read_naming(tx: Tx, source: Source, profile: SourceProfile, user_id: UserId, *, now: datetime) -> Naming:
    """Ask the source whom the user's dealings and addresses name. Raises what the source raises."""
    found: list[Named] = []
    for kind, stored in _STORED.items():
        for collection in profile.of_kind(kind):
            query = {"user_id": user_id, "source.collection": collection.name}
            ids = {one["source"]["id"]: one["_id"] async for one in tx.database[stored].find(query, {"source": 1})}
            # Of each document little is kept: they may be many, and large.
            async for batch in _batches(source, collection.name, list(ids)):
                found += [
                    _named(Reading(one, collection, profile, now), stored, ids[source_id_text(one.id)]) for one in batch
                ]
    return Naming(tuple(found))


async def _batches(source: Source, collection: str, ids: Sequence[str]) -> AsyncIterator[Sequence[SourceDocument]]:
    """Nothing is asked for nothing: a folder would be read for it."""
    if ids:
        async for batch in source.fetch_batches(collection, list(map(source_id_value, ids))):
            yield batch


def _named(reading: Reading, stored: str, identity: Any) -> Named:  # noqa: ANN401 - whatever identifies it here
    values = values_at(reading.document.fields, reading.collection.paths("owner"))
    aliases = tuple(dict.fromkeys(alias for raw in values if (alias := old_id(raw))))
    at = reading.moment("placed_at" if reading.collection.kind is Kind.ORDER else "at")
    return Named(stored, identity, aliases, at, reading.collection.needs_profile)
