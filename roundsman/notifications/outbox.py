"""Messages that wait to be sent, and that were. The collection is known here and nowhere else.

A message is put within the transaction that causes it, so what did not happen tells nobody anything. One dispatcher at a
time holds a message, by a lease of its own; one that dies leaves it to the next when the lease has run out.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pymongo import ASCENDING, ReturnDocument

from roundsman.database.collections import OUTBOX
from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document, Tx
from roundsman.notifications.messages import Channel, Message, Template

_LEASE: Final = timedelta(seconds=60)
_KEPT: Final = timedelta(days=7)
MOST_TRIES: Final = 5
_PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 60, 300))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this dispatcher alone sends now; `tries` counts this one."""

    message: Message
    owner: str
    tries: int


async def put(tx: Tx, message: Message, *, now: datetime, not_before: datetime | None = None) -> bool:
    """Put a message to be sent after the transaction commits, and not before some time; False if its key was put before."""
    document = _document(message) | {
        "state": "waiting",
        "tries": 0,
        "next_at": max(now, not_before or now),
        "created_at": now,
        "forget_at": now + _KEPT,
    }
    put_now = await tx.database[OUTBOX].update_one(
        {"_id": message.key}, {"$setOnInsert": document}, upsert=True, session=tx.session
    )
    return put_now.upserted_id is not None


async def was_put(tx: Tx, beginning: str) -> bool:
    """Whether any message whose key begins so was put in the last week."""
    return await tx.database[OUTBOX].find_one(_named(beginning), {"_id": 1}, session=tx.session) is not None


async def withdraw(tx: Tx, beginnings: Sequence[str], *, now: datetime) -> None:
    """Have no message whose key begins in one of these ways sent any more; what is being sent right now is not tried again.

    None is removed: a dispatcher may hold it, and what was withdrawn is not put again under its key.
    """
    if beginnings:
        waiting = {"$or": [_named(one) for one in beginnings], "state": "waiting"}
        await tx.database[OUTBOX].update_many(waiting, {"$min": {"useful_until": now}}, session=tx.session)


@dataclass(frozen=True, slots=True)
class OutboxStanding:
    """How sending goes: what waits, since when the oldest of it is due, what is tried again, and what was given up in a week.

    `failed` was tried as often as may be; `too_late` was of no use any more before its turn came.
    """

    waiting: int
    due_since: datetime | None
    tried_again: int
    failed: int
    too_late: int


async def outbox_standing(tx: Tx, *, now: datetime) -> OutboxStanding:
    """Count what waits and what was given up."""
    outbox = tx.database[OUTBOX]
    waiting, given_up = {"state": "waiting"}, {"state": "given_up"}
    due = await outbox.find_one(waiting | {"next_at": {"$lte": now}}, {"next_at": 1}, sort=[("next_at", ASCENDING)])
    return OutboxStanding(
        waiting=await outbox.count_documents(waiting),
        due_since=due["next_at"] if due else None,
        tried_again=await outbox.count_documents(waiting | {"tries": {"$gte": 1}}),
        failed=await outbox.count_documents(given_up | {"tries": {"$gte": MOST_TRIES}}),
        too_late=await outbox.count_documents(given_up | {"tries": {"$lt": MOST_TRIES}}),
    )


async def count_put(tx: Tx, template: Template, *, since: datetime) -> int:
    """How many messages of a template were put since then, at most a week ago."""
    return await tx.database[OUTBOX].count_documents({"template": template.value, "created_at": {"$gte": since}})


async def claim_next(tx: Tx, *, now: datetime) -> Claimed | None:
    """Take the next message that is due, so that nobody else sends it; None when there is none.

    What is no longer useful is given up unsent.
    """
    owner = secrets.token_hex(8)
    while True:
        document = await tx.database[OUTBOX].find_one_and_update(
            {"state": "waiting", "next_at": {"$lte": now}},
            {"$set": {"owner": owner, "next_at": now + _LEASE}, "$inc": {"tries": 1}},
            sort=[("next_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        if document is None:
            return None
        claimed = Claimed(_message(document), owner, document["tries"])
        useful_until = claimed.message.useful_until
        if claimed.tries <= MOST_TRIES and (useful_until is None or useful_until > now):
            return claimed
        await _settle(tx, claimed, "given_up", now=now)


async def note_sent(tx: Tx, claimed: Claimed, *, now: datetime) -> None:
    """Note that a message was sent; its secret is forgotten."""
    await _settle(tx, claimed, "sent", now=now)


async def note_failed(tx: Tx, claimed: Claimed, *, now: datetime) -> bool:
    """Note that sending failed: it is tried again after a pause that grows; False when it is given up."""
    if claimed.tries >= MOST_TRIES:
        await _settle(tx, claimed, "given_up", now=now)
        return False
    again = {"$set": {"next_at": now + _PAUSES[claimed.tries - 1]}, "$unset": {"owner": ""}}
    await tx.database[OUTBOX].update_one(_held(claimed), again)
    return True


async def _settle(tx: Tx, claimed: Claimed, state: str, *, now: datetime) -> None:
    ended = {"$set": {"state": state, "ended_at": now}, "$unset": {"secret": "", "owner": "", "next_at": ""}}
    await tx.database[OUTBOX].update_one(_held(claimed), ended)


def _named(beginning: str) -> Document:
    return {"_id": {"$gte": beginning, "$lt": f"{beginning}\uffff"}}


def _held(claimed: Claimed) -> Document:
    return {"_id": claimed.message.key, "owner": claimed.owner}


def _document(message: Message) -> Document:
    return without_absent(
        {
            "_id": message.key,
            "channel": message.channel.value,
            "to": message.to,
            "template": message.template.value,
            "values": dict(message.values),
            "secret": message.secret,
            "useful_until": message.useful_until,
        }
    )


def _message(document: Document) -> Message:
    return Message(
        key=document["_id"],
        channel=Channel(document["channel"]),
        to=document["to"],
        template=Template(document["template"]),
        values=document["values"],
        secret=document.get("secret"),
        useful_until=document.get("useful_until"),
    )
