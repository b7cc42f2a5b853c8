"""Which fields of which documents are to be written: a pass over the customers of a source that writes nothing."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from roundsman.activation.policies import find_policy
from roundsman.activation.reading import standings
from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.transaction import Document, Tx
from roundsman.ids import UserId
from roundsman.migration.plan import Fate
from roundsman.migration.profile import CollectionProfile, Kind, Path, SourceProfile
from roundsman.migration.reading import source_id_text, values_at
from roundsman.migration.sources.port import SourceDocument
from roundsman.migration.write_back.fields import Absent, Blocked, Old, dotted, is_null, state_of
from roundsman.migration.write_back.ids import Form, SourceUser, SourceUsers, names_in
from roundsman.migration.write_back.journal import rows_by_key
from roundsman.migration.write_back.outcome import OWN_ID, Became, Outcome
from roundsman.migration.write_back.raw_values import RawValue
from roundsman.migration.write_back.rows import Row
from roundsman.migration.write_back.target import WriteBackTarget

_DOCUMENTS_A_CHECKPOINT = 50_000
_ROWS_A_BATCH = 2_000
_LARGEST_OLD_VALUE = 1_000_000


class Meaning(StrEnum):
    """What is written back, by the names in a source profile."""

    USER = "user"
    ACTIVATION_STATUS = "activation_status"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for."""

    form: Form = Form.STRING
    activation_status: bool = False

    @property
    def meanings(self) -> tuple[Meaning, ...]:
        """What is to be written."""
        return (Meaning.USER, Meaning.ACTIVATION_STATUS) if self.activation_status else (Meaning.USER,)

    def places(self, profile: SourceProfile) -> list[tuple[str, Path]]:
        """The fields that may be written, with their collections."""
        return [
            (collection.name, collection.write_back[meaning])
            for collection in profile.of_kind(Kind.CUSTOMER)
            for meaning in self.meanings
            if meaning in collection.write_back
        ]

    def told(self, profile: SourceProfile) -> str:
        """The request in one line; a run that was broken off is gone on with by the same one."""
        fields = " ".join(f"{name}.{dotted(path)}" for name, path in self.places(profile))
        return f"{self.form.value} {fields}"


@dataclass(frozen=True, slots=True)
class Decided:
    """Rows to write; and, where all before it is decided, the document up to which that is so."""

    rows: Sequence[Row]
    documents: int = 0
    reached: str | None = None


@dataclass(slots=True)
class Deciding:
    """Goes through the documents of one collection after another; a status is that of `now`."""

    tx: Tx
    target: WriteBackTarget
    profile: SourceProfile
    request: Wanted
    run: str
    outcome: Outcome
    now: datetime
    _known: frozenset[str] = frozenset()
    _users: SourceUsers = field(default_factory=SourceUsers)

    async def learn(self) -> None:
        """Read which users the source has, and for whom of Roundsman's they stand."""
        self._known = await self._ids_of_users()
        for collection in self.profile.of_kind(Kind.USER):
            query = {"_id": {"$gte": f"{collection.name}:", "$lt": f"{collection.name};"}, "fate": {"$exists": True}}
            wanted = {"user_id": 1, "fate": 1, "app_id": 1}
            async for copy in self.tx.database[SOURCE_DOCUMENTS].find(query, wanted):
                source_id = copy["_id"].partition(":")[2]
                self._users.add(copy["user_id"], SourceUser(source_id, copy.get("app_id"), Fate(copy["fate"])))

    async def rows(self, collection: CollectionProfile, after: str | None = None) -> AsyncIterator[Decided]:
        """Everything to write in a collection, beginning with the document named."""
        suspects: list[Row] = []
        waiting, last = 0, ""
        names = sorted({path[0] for path in self._paths(collection).values()})
        async for batch in self.target.read(collection.name, names, after=after):
            rows = await self._batch(batch, collection, suspects)
            waiting, last = waiting + len(batch), source_id_text(batch[-1].id)
            yield Decided(rows, len(batch))
            if waiting >= _DOCUMENTS_A_CHECKPOINT:
                async for part in self._still_dangling(suspects):
                    yield Decided(part)
                yield Decided((), reached=last)
                suspects, waiting = [], 0
        if waiting:
            async for part in self._still_dangling(suspects):
                yield Decided(part)
            yield Decided((), reached=last)

    def _paths(self, collection: CollectionProfile) -> dict[Meaning, Path]:
        return {
            meaning: collection.write_back[meaning]
            for meaning in self.request.meanings
            if meaning in collection.write_back
        }

    async def _batch(
        self, batch: Sequence[SourceDocument], collection: CollectionProfile, suspects: list[Row]
    ) -> list[Row]:
        keyed = {f"{collection.name}:{source_id_text(one.id)}": one for one in batch}
        copies = await self._copies(list(keyed))
        rows: list[Row] = []
        for meaning, path in self._paths(collection).items():
            place = f"{collection.name}.{dotted(path)}"
            self.outcome.add(place, Became.NOT_IMPORTED, len(keyed) - len(copies))
            values = await self._values(meaning, copies)
            self.outcome.add(place, Became.NO_STATUS, len(copies) - len(values))
            for key, value in values.items():
                judged = self._judge(meaning, keyed[key], path)
                if isinstance(judged, Became):
                    self.outcome.add(place, judged)
                    self.outcome.list(judged, [f"{key}:{dotted(path)}"])
                    continue
                own = meaning is Meaning.USER and not self._users.has(copies[key]["user_id"])
                row = Row(collection.name, key.partition(":")[2], path, judged, value, self.run, own)
                (rows if isinstance(judged, Absent) or is_null(judged) else suspects).append(row)
        self._note_own_ids(rows)
        return rows

    async def _copies(self, keys: Sequence[str]) -> dict[str, Document]:
        """Those of the documents that were imported, and whose people have not closed their accounts since."""
        wanted = {"user_id": 1, "profile_id": 1}
        query = {"_id": {"$in": list(keys)}, "erased_at": {"$exists": False}}
        cursor = self.tx.database[SOURCE_DOCUMENTS].find(query, wanted)
        return {copy["_id"]: copy async for copy in cursor if "user_id" in copy}

    async def _values(self, meaning: Meaning, copies: dict[str, Document]) -> dict[str, Any]:
        if meaning is Meaning.USER:
            return {key: self._users.name_of(copy["user_id"], self.request.form) for key, copy in copies.items()}
        statuses = await self._statuses({copy["user_id"] for copy in copies.values() if "profile_id" in copy})
        return {key: statuses[copy["user_id"]] for key, copy in copies.items() if copy["user_id"] in statuses}

    async def _statuses(self, users: Collection[UserId]) -> dict[UserId, str]:
        """How far people are in the activation pipeline, as far as it knows them."""
        if (policy := await find_policy(self.tx)) is None:
            return {}
        found = await standings(self.tx, [*users], policy=policy, now=self.now)
        known = {one.tracked.user_id: one.tracked.lifecycle.status for one in found}
        return {user: status.value for user, status in known.items() if status is not None}

    def _judge(self, meaning: Meaning, document: SourceDocument, path: Path) -> Old | Became:
        """Why a field is left alone; or else what it holds, which may be written over as far as is known yet."""
        if glanced := self._glance(meaning, document, path):
            return glanced
        state = state_of(document.bson, path)
        if isinstance(state, Blocked):
            return Became.BLOCKED
        if isinstance(state, Absent) or is_null(state):
            return state
        if meaning is Meaning.ACTIVATION_STATUS:
            return Became.PRESENT
        if any(self._names_user(value) for value in values_at(document.fields, (path,))):
            return Became.LINKED
        return Became.BLOCKED if len(state.data) > _LARGEST_OLD_VALUE else state

    def _glance(self, meaning: Meaning, document: SourceDocument, path: Path) -> Absent | Became | None:
        """What most fields are so plainly that nobody has to look at their bytes."""
        held = document.fields.get(path[0], self)
        if held is self:
            return Absent(path[:1])
        is_link = len(path) == 1 and meaning is Meaning.USER and type(held) is str and held in self._known
        return Became.LINKED if is_link else None

    def _names_user(self, value: Any) -> bool:  # noqa: ANN401 - any BSON value
        return any(name in self._known for name in names_in(value))

    async def _still_dangling(self, suspects: Sequence[Row]) -> AsyncIterator[list[Row]]:
        """Look again at links that seem to lead nowhere: to a user who came since, or to what we wrote ourselves."""
        if suspects:
            self._known = await self._ids_of_users()
        for start in range(0, len(suspects), _ROWS_A_BATCH):
            batch = suspects[start : start + _ROWS_A_BATCH]
            written = await rows_by_key(self.tx, [row.key for row in batch])
            rows = [row for row in batch if self._leads_nowhere(row, written.get(row.key))]
            self._note_own_ids(rows)
            yield rows

    def _leads_nowhere(self, row: Row, before: Row | None) -> bool:
        place, held = f"{row.collection}.{dotted(row.path)}", row.old
        if before and RawValue.of(before.new) == held:
            self.outcome.add(place, Became.WRITTEN_BEFORE)
        elif RawValue.of(row.new) == held or (isinstance(held, RawValue) and self._names_user(held.decoded())):
            self.outcome.add(place, Became.LINKED)
        else:
            return True
        return False

    def _note_own_ids(self, rows: Iterable[Row]) -> None:
        own = [row.key for row in rows if row.own_id]
        self.outcome.own_ids += len(own)
        self.outcome.list(OWN_ID, own)

    async def _ids_of_users(self) -> frozenset[str]:
        """Every id in every form by which the source's users are known at this moment."""
        known: set[str] = set()
        for collection in self.profile.of_kind(Kind.USER):
            paths = collection.paths("app_id")
            async for batch in self.target.read(collection.name, sorted({path[0] for path in paths})):
                for document in batch:
                    for value in (document.id, *values_at(document.fields, paths)):
                        known.update(names_in(value))
        return frozenset(known)
