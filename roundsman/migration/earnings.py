"""What delivery boys earned by the counters of the source, as opening balances of the ledger.

Each document has its own, and a delivery boy earned the sum of what his documents count. Documents that count exactly the same are
copies of each other, and one of them counts. As long as the source manages operations its counters are followed: wherever
they or the month are others, the ledger is corrected. After the second switch they are not, for the ledger is Roundsman's own.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

from roundsman.database.bulk import BulkOutcome
from roundsman.database.collections import LEDGER_ENTRIES
from roundsman.database.transaction import Tx
from roundsman.delivery.linkage import delivery_boys_of_users
from roundsman.delivery.opening import Counters, openings
from roundsman.delivery.opening_balances import opened, settle_openings
from roundsman.identity.mode import OperationsMode, get_mode
from roundsman.ids import DeliveryBoyId, UserId
from roundsman.migration.copies import find_copies
from roundsman.migration.earned import PaidAgain, counters_of, has_counters, paid_again
from roundsman.migration.pipeline import Pipeline
from roundsman.migration.profile import CollectionProfile, Kind, SourceProfile
from roundsman.migration.reading import source_id_text
from roundsman.migration.sources.port import Source, SourceDocument

Add = Callable[[str, BulkOutcome], None]
_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Counting:
    """A document that counts what a delivery boy earned; its counters are None where they cannot be read.

    `is_taken` says whether it is as it was taken: else it waits for the next round.
    """

    key: str
    boy: DeliveryBoyId
    counters: Counters | None
    paid_again: PaidAgain
    is_taken: bool


async def import_earnings(
    tx: Tx, source: Source, profile: SourceProfile, *, as_of: datetime, add: Add, pipeline: Pipeline
) -> Mapping[str, int]:
    """Have the ledger say what the source counts as of now; returns findings by code with their counts."""
    is_followed = (await get_mode(tx)).operations is OperationsMode.SOURCE
    work = _EarningsImport(tx, as_of, add, is_followed)
    for batch in _batches(by_boy(one for one in await countings(tx, source, profile) if one.is_taken).values()):
        await pipeline.submit(work.take(batch), sum(map(len, batch)))
    await pipeline.drain()
    return {code: count for code, count in work.findings.items() if count}


async def countings(tx: Tx, source: Source, profile: SourceProfile) -> list[Counting]:
    """All documents of a source that count what one of the delivery boys here earned."""
    return [
        one
        for collection in profile.of_kind(Kind.DELIVERY_BOY)
        if collection.paths("earnings_total")
        async for batch in source.read(collection.name)
        for one in await _of_batch(tx, collection, batch)
    ]


def by_boy(all_of_them: Iterable[Counting]) -> Mapping[DeliveryBoyId, list[Counting]]:
    """The documents of each delivery boy."""
    found: dict[DeliveryBoyId, list[Counting]] = defaultdict(list)
    for one in all_of_them:
        found[one.boy].append(one)
    return found


def counted_once(his: Iterable[Counting], so_far: Mapping[str, Counters]) -> list[Counting]:
    """Those of one delivery boy's documents that count; of equal ones that which did so far, else the first by its key."""
    counted: dict[Counters, Counting] = {}
    for one in sorted(his, key=lambda one: (not so_far[one.key].total_paise, one.key)):
        if one.counters is not None:
            counted.setdefault(one.counters, one)
    return list(counted.values())


@dataclass(slots=True)
class _EarningsImport:
    tx: Tx
    as_of: datetime
    add: Add
    is_followed: bool
    findings: Counter[str] = field(default_factory=Counter)

    async def take(self, batch: Sequence[Sequence[Counting]]) -> None:
        """The documents of some delivery boys."""
        so_far = await opened(self.tx, {one.key: one.boy for his in batch for one in his})
        counted = [one for his in batch for one in counted_once(his, so_far)]
        for his in batch:
            self.findings.update(_found(his))
        if self.is_followed:
            await self._follow(batch, {one.key for one in counted})
        else:
            others = [
                one for one in counted if one.counters and one.counters.total_paise != so_far[one.key].total_paise
            ]
            self.findings["source_writes_after_switch"] += len(others)

    async def _follow(self, batch: Sequence[Sequence[Counting]], counted: Collection[str]) -> None:
        wanted = [
            openings(one.key, one.boy, one.counters if one.key in counted else None, at=self.as_of)
            for his in batch
            for one in his
            if one.counters is not None
        ]
        if entries := await settle_openings(self.tx, wanted, now=self.as_of):
            self.add(LEDGER_ENTRIES, BulkOutcome(inserted=entries))


async def _of_batch(tx: Tx, collection: CollectionProfile, batch: Sequence[SourceDocument]) -> list[Counting]:
    documents = {
        f"{collection.name}:{source_id_text(one.id)}": one for one in batch if has_counters(one.fields, collection)
    }
    copies = [copy for copy in await find_copies(tx, documents) if not copy.is_erased]
    boys = await delivery_boys_of_users(tx, sorted({UserId(copy.user_id) for copy in copies}))
    return [
        Counting(
            key=copy.key,
            boy=boys[UserId(copy.user_id)].id,
            counters=counters_of(documents[copy.key].fields, collection),
            paid_again=paid_again(documents[copy.key].fields, collection),
            is_taken=copy.sha256 == documents[copy.key].sha256,
        )
        for copy in copies
        if copy.user_id in boys
    ]


def _found(his: Sequence[Counting]) -> Mapping[str, int]:
    """What is to be said of one delivery boy's documents."""
    readable = [one.counters for one in his if one.counters is not None]
    above_nought = [one for one in readable if one.total_paise]
    return {
        "earnings_unreadable": len(his) - len(readable),
        "earnings_below_month": sum(one.total_paise < one.month_paise for one in readable),
        "earnings_copied": len(above_nought) - len(set(above_nought)),
        "earnings_added_up": int(len(set(above_nought)) > 1),
        "order_paid_again": sum(len(one.paid_again.orders) for one in his),
    }


def _batches(boys: Iterable[list[Counting]]) -> Iterator[list[list[Counting]]]:
    iterator = iter(boys)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
