"""A business whose people come, change, leave and return at random, as a source in memory."""

import random
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import Any

import bson

from roundsman.migration.reading import source_id_text
from roundsman.migration.sources.port import SourceDocument
from tests.migration_builders import PASSWORD_HASH, Fields, account, doc, object_id
from tests.storage.migration.worlds import an_order

NAMES = ("Asha Verma", "Asha Varma", "A Verma", "Gurpreet Singh", "Farida Sheikh", "Joseph Mathew", "Lakshmi Iyer")
PHONES = tuple(f"98450{number:05d}" for number in range(20_201, 20_209))
EMAILS = ("asha.verma@gmail.com", "gurpreet@yahoo.in", "farida.sheikh@gmail.com", "ASHA.VERMA@gmail.com")
PEOPLE = ("users", "customers_v2", "customers", "delivery_boys_v2", "suppliers")
BOYS = "delivery_boys_v2"
GSTINS = ("29ABCDE1234F1Z5", "29abcde1234f1z5 ", "27PQRSX9876K2ZA", "not registered", "")
EARNED = (0, 20.1, 1234.565, "860.10")


class LivingSource:
    """Collections of documents that change; `changed` says which did since the last look."""

    locator = "living"

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - a test that must repeat
        self._luck = random.Random(seed)  # noqa: S311 - a chance of its own, so that people live as they do without
        self._documents: dict[str, dict[str, Fields]] = defaultdict(dict)
        self._left: list[tuple[str, Fields]] = []
        self._born = 0
        self.changed: dict[str, set[str]] = defaultdict(set)

    async def count_documents(self) -> dict[str, int]:
        """Count what is there."""
        return {name: len(documents) for name, documents in sorted(self._documents.items()) if documents}

    async def read(self, collection: str) -> AsyncIterator[Sequence[SourceDocument]]:
        """Give everything in one batch, in the order of `_id`."""
        documents = self._documents[collection]
        if documents:
            yield [SourceDocument(bson.encode(documents[one])) for one in sorted(documents)]

    async def fetch(self, collection: str, ids: Sequence[Any]) -> Sequence[SourceDocument]:
        """Find by `_id`."""
        documents = self._documents[collection]
        found = sorted(text for one in ids if (text := source_id_text(one)) in documents)
        return [SourceDocument(bson.encode(documents[one])) for one in found]

    async def fetch_batches(self, collection: str, ids: Sequence[Any]) -> AsyncIterator[Sequence[SourceDocument]]:
        """All at once."""
        if found := await self.fetch(collection, ids):
            yield found

    async def close(self) -> None:
        """There is nothing to let go of."""

    def live(self, steps: int) -> None:
        """Let something happen so many times."""
        actions = (self._come, self._come, self._change, self._change, self._order, self._leave, self._return)
        for _ in range(steps):
            self._chance.choice(actions)()

    def _come(self) -> None:
        collection = self._chance.choice((*PEOPLE, "users", "customers_v2"))
        self._born += 1
        handle = f"p{self._born}"
        make = account if collection == "users" else doc
        fields = {**self._contact(), **self._link(collection)}
        if collection == "users" and self._chance.random() < 0.15:
            fields["role"] = "admin"
        self._put(collection, make(handle, self._chance.choice(NAMES), **fields))

    def _contact(self) -> Fields:
        fields: Fields = {"phone": self._chance.choice((*PHONES, "12345", ""))}
        if self._chance.random() < 0.4:
            fields["email"] = self._chance.choice(EMAILS)
        return fields

    def _link(self, collection: str) -> Fields:
        others = [one["id"] for name in PEOPLE for one in self._documents[name].values()]
        if not others or self._chance.random() < 0.6:
            return {}
        return {"customer_v2_id" if collection == "users" else "user_id": self._chance.choice(others)}

    def _change(self) -> None:
        if found := self._anybody():
            collection, fields = found
            what = self._chance.choice(("contact", "name", "link", "blocked", "role", "password"))
            changes: Fields = {
                "contact": self._contact(),
                "name": {"name": self._chance.choice(NAMES)},
                "link": self._link(collection),
                "blocked": {"is_active": self._chance.random() < 0.5},
                "role": {"role": self._chance.choice(("customer", "delivery_boy", "admin", "nothing"))},
                "password": {"password_hash": self._chance.choice((PASSWORD_HASH, "0" * 64, None))},
            }[what]
            self._put(collection, fields | changes)

    def _order(self) -> None:
        if found := self._anybody():
            self._born += 1
            handle = f"o{self._born}"
            self._put("orders", an_order(handle, found[1]["id"], _id=object_id(handle)))

    def _leave(self) -> None:
        # A source without anybody would be taken for the wrong one.
        if sum(len(self._documents[name]) for name in PEOPLE) > 1 and (found := self._anybody()):
            collection, fields = found
            self._left.append(found)
            del self._documents[collection][str(fields["_id"])]
            self.changed[collection].add(str(fields["_id"]))

    def _return(self) -> None:
        if self._left:
            self._put(*self._left.pop(self._chance.randrange(len(self._left))))

    def _anybody(self) -> tuple[str, Fields] | None:
        everybody = [(name, one) for name in PEOPLE for one in self._documents[name].values()]
        return self._chance.choice(everybody) if everybody else None

    def _put(self, collection: str, fields: Fields) -> None:
        if collection == BOYS:
            fields |= {name: self._luck.choice(EARNED) for name in ("total_earnings", "month_earnings")}
        if collection == "suppliers":
            fields |= {"gstin": self._luck.choice(GSTINS)}
        self._documents[collection][str(fields["_id"])] = fields
        self.changed[collection].add(str(fields["_id"]))

    def take_changed(self) -> dict[str, set[str]]:
        """What changed since the last call."""
        changed, self.changed = self.changed, defaultdict(set)
        return changed
