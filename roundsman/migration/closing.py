"""Closing an account: what its person left in Roundsman's records goes, and so does what an import kept of him.

The plans are gone through after the transaction, for they are large; until that is done a mark says so, by which
`finish_erasures` goes on after a crash.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from roundsman.audit_log.entries import Actor
from roundsman.database.collections import (
    MIGRATION_PLANS,
    REVIEWS,
    SOURCE_DOCUMENTS,
    SOURCE_KEYS,
    SYSTEM,
)
from roundsman.database.lease import MIGRATION, take_turn
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.identity.closing import is_telling
from roundsman.identity.identifiers import alias_key
from roundsman.ids import SourceRef, UserId
from roundsman.migration.knowledge import HERE
from roundsman.migration.plan_documents import Section
from roundsman.migration.planner import refuse_while_unfinished
from roundsman.migration.reviews import ReviewStatus
from roundsman.migration.write_back.closing import erase_rows
from roundsman.operations.accounts.closing import Erased, erase_person

_ERASING: Final = "erasing:"
_OF_PROFILES: Final = ("name", "phone", "email", "address", "area")


async def close_account(tx: Tx, user_id: UserId, *, actor: Actor, now: datetime) -> None:
    """Erase a person; his orders stay under his id. Doing it cannot be taken back.

    Raises UnknownUser, NotOpen, LastAdmin, MoneyOpen, PeopleManagedElsewhere, and LeaseTaken or RunUnfinished while an import is
    at work.
    """

    async def work(tx: Tx) -> Erased:
        await take_turn(tx, MIGRATION, now=now)
        await refuse_while_unfinished(tx)
        erased = await erase_person(tx, user_id, actor=actor, now=now)
        keys = await _bury_copies(tx, erased, now=now)
        await erase_rows(tx, keys, names=erased.names)
        await _bury_addresses(tx, erased.addresses, now=now)
        await _silence_reviews(tx, [*keys, *(f"{HERE}:{one}" for one in erased.users)])
        mark = {"_id": f"{_ERASING}{user_id}", "users": list(erased.users), "names": list(erased.names)}
        await tx.database[SYSTEM].insert_one(mark, session=tx.session)
        return erased

    await in_transaction(tx, work)
    await finish_erasures(tx)


async def finish_erasures(tx: Tx) -> int:
    """Take people who closed their accounts out of the plans, where that is still to be done; count them."""
    marks = await tx.database[SYSTEM].find({"_id": {"$gte": _ERASING, "$lt": f"{_ERASING}g"}}).to_list()
    for mark in marks:
        await _erase_from_plans(tx, mark["users"], mark["names"])
        await tx.database[SYSTEM].delete_one({"_id": mark["_id"]})
    return len(marks)


async def count_unfinished_erasures(tx: Tx) -> int:
    """Count the people whom plans may still tell of."""
    return await tx.database[SYSTEM].count_documents({"_id": {"$gte": _ERASING, "$lt": f"{_ERASING}g"}})


async def _bury_copies(tx: Tx, erased: Erased, *, now: datetime) -> list[str]:
    """Empty the copies of these users' documents; gives their keys. The hash stays, and the source is not asked again."""
    copies = tx.database[SOURCE_DOCUMENTS]
    wanted = {"user_id": {"$in": list(erased.users)}}
    old_ids = {one["_id"]: one.get("app_id") async for one in copies.find(wanted, {"app_id": 1}, session=tx.session)}
    keys = list(old_ids)
    telling = [key for key, old_id in old_ids.items() if old_id and is_telling(alias_key(old_id), erased.names)]
    tombstone = {
        "$set": {"erased_at": now, "gone_at": now},
        "$unset": {"sealed": "", "parts": "", "evidence": "", "drifted": ""},
    }
    await copies.update_many({"_id": {"$in": keys}}, tombstone, session=tx.session)
    await copies.update_many({"_id": {"$in": telling}}, {"$unset": {"app_id": ""}}, session=tx.session)
    for key in keys:
        await copies.delete_many({"_id": {"$gt": f"{key}#", "$lt": f"{key}$"}, "part_of": key}, session=tx.session)
    await tx.database[SOURCE_KEYS].delete_many({"_id": {"$in": keys}}, session=tx.session)
    return keys


async def _bury_addresses(tx: Tx, addresses: Sequence[SourceRef], *, now: datetime) -> None:
    """Leave tombstones of addresses too, of which no copies are kept."""
    for one in addresses:
        key = f"{one.collection}:{one.id}"
        tombstone = {"sha256": one.sha256, "erased_at": now, "part_of": key}
        await tx.database[SOURCE_DOCUMENTS].update_one(
            {"_id": key}, {"$setOnInsert": tombstone}, upsert=True, session=tx.session
        )


async def _silence_reviews(tx: Tx, members: Sequence[str]) -> None:
    """Take out of questions what they say of the person; those that wait are withdrawn. Who was kept apart stays so."""
    about = {"members": {"$in": list(members)}}
    blank: Document = {"evidence": [], "history": []}
    reasons = [("reason", "decision"), ("proposal.reason", "proposal"), ("deferral.reason", "deferral")]
    reviews = tx.database[REVIEWS]
    await reviews.update_many(about, {"$set": blank, "$unset": {"asked": ""}}, session=tx.session)
    for reason, where in reasons:
        await reviews.update_many(
            about | {where: {"$exists": True}}, {"$set": {reason: "(erased)"}}, session=tx.session
        )
    waiting = about | {"status": ReviewStatus.OPEN.value}
    await reviews.update_many(waiting, {"$set": {"status": ReviewStatus.WITHDRAWN.value}}, session=tx.session)


async def _erase_from_plans(tx: Tx, users: Sequence[UserId], names: Sequence[str]) -> None:
    his = {"$in": list(users)}
    fields = ("_id", "user_id", "user_ids", "before", "after", "customer.user_id")
    wanted = {"$or": [{f"rows.{field}": his} for field in fields]}
    async for chunk in tx.database[MIGRATION_PLANS].find(wanted):
        section = Section(chunk["_id"].split(":")[1])
        rows = [kept for row in chunk["rows"] if (kept := _without(row, section, frozenset(users), names)) is not None]
        await tx.database[MIGRATION_PLANS].update_one({"_id": chunk["_id"]}, {"$set": {"rows": rows}})


def _without(  # noqa: PLR0911  one return for each kind of row
    row: Document, section: Section, users: frozenset[UserId], names: Sequence[str]
) -> Document | None:
    """A row of a plan without what it says of the person; None if nothing else is left of it."""
    match section:
        case Section.USERS if row["_id"] in users:
            return {name: value for name, value in row.items() if name != "former_identifiers"} | {"name": ""}
        case Section.IDENTIFIERS if users & _owners(row) and is_telling(row["_id"], names):
            return None
        case Section.HAND_OVERS if users & {row["before"], row.get("after")} and is_telling(row["key"], names):
            return None
        case Section.DOCUMENTS if row["user_id"] in users:
            return {name: value for name, value in row.items() if name != "evidence"}
        case Section.PROFILES if row["customer"]["user_id"] in users:
            customer = {name: value for name, value in row["customer"].items() if name not in _OF_PROFILES}
            return row | {"customer": customer | {"name": ""}}
        case Section.REVIEWS if users & set(row["user_ids"]):
            return row | {"evidence": []}
        case _:
            return row


def _owners(row: Document) -> set[Any]:
    return {row["user_id"]} if "user_id" in row else set(row["user_ids"])
