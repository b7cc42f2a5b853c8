"""Products, addresses and orders against the source: each is there with the hash it has now, and the money agrees."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from roundsman.database.collections import ADDRESSES, ORDERS, PRODUCTS
from roundsman.database.transaction import Document, Tx
from roundsman.migration.conversion import OrderParties, Reading, order_of
from roundsman.migration.profile import ATTACHED, CollectionProfile, Kind, SourceProfile
from roundsman.migration.sources.port import Source
from roundsman.migration.verify.verification import Account, Check, CheckResult
from roundsman.money import rupees_text

_STORED_IN = {Kind.PRODUCT: PRODUCTS, Kind.ADDRESS: ADDRESSES, Kind.ORDER: ORDERS}
_NOBODY = OrderParties(None, None, None)


async def check_attached(
    tx: Tx, source: Source, profile: SourceProfile, *, as_of: datetime
) -> tuple[list[Account], CheckResult]:
    """The accounts of the attached collections, and whether the orders' totals are the source's."""
    money = CheckResult(Check.MONEY)
    sums: Counter[str] = Counter()
    accounts = []
    for collection in profile.of_kind(*ATTACHED):
        classes: Counter[str] = Counter()
        async for batch in source.read(collection.name):
            readings = [Reading(document, collection, profile, as_of) for document in batch]
            classes.update(await _classes(tx, readings, collection, money, sums))
        if classes:
            accounts.append(Account(collection.name, sum(classes.values()), dict(classes)))
    if sums["source"] != sums["stored"]:
        money.fail(f"orders: {rupees_text(sums['source'])} in the source, {rupees_text(sums['stored'])} here")
    money.said = f"orders of {rupees_text(sums['source'])} rupees on both sides"
    return accounts, money


async def _classes(
    tx: Tx, readings: Sequence[Reading], collection: CollectionProfile, money: CheckResult, sums: Counter[str]
) -> list[str]:
    wanted = {reading.own_id(): reading for reading in readings}
    cursor = tx.database[_STORED_IN[collection.kind]].find({"_id": {"$in": list(wanted)}})
    stored = {document["_id"]: document async for document in cursor}
    classes = []
    for identity, reading in wanted.items():
        document = stored.get(identity)
        if document is None:
            classes.append("arrived")
        elif document.get("source", {}).get("sha256") != reading.document.sha256:
            classes.append("changed")
        else:
            classes.append("kept")
            if collection.kind is Kind.ORDER:
                _check_total(reading, document, money, sums)
    return classes


def _check_total(reading: Reading, stored: Document, money: CheckResult, sums: Counter[str]) -> None:
    total = order_of(reading, _NOBODY, products={}).total_paise
    money.look()
    sums["source"] += total
    sums["stored"] += stored["total_paise"]
    if total != stored["total_paise"]:
        money.fail(
            f"order {stored['_id']}: {rupees_text(total)} in the source, {rupees_text(stored['total_paise'])} here"
        )
