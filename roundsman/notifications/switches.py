"""Which messages the owner has switched on, and who wants none. The collection is known here and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from roundsman.database.collections import MESSAGE_SETTINGS
from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document, Tx
from roundsman.ids import UserId
from roundsman.notifications.messages import ACTIVATION_TEMPLATES, Channel, Template

_OPT_OUT: Final = "opt_out:"


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether a message is sent, and how; `dlt_template` is the id under which India knows its text."""

    template: Template
    on: bool = False
    channels: tuple[Channel, ...] = (Channel.SMS,)
    dlt_template: str | None = None


async def list_switches(tx: Tx) -> list[Switch]:
    """Read the switch of each message there is about activation; all are off at first."""
    wanted = {"_id": {"$in": [one.value for one in ACTIVATION_TEMPLATES]}}
    found = tx.database[MESSAGE_SETTINGS].find(wanted, session=tx.session)
    stored = {document["_id"]: _switch(document) async for document in found}
    return [stored.get(one.value, Switch(one)) for one in ACTIVATION_TEMPLATES]


async def store_switch(tx: Tx, switch: Switch) -> None:
    """Set a switch."""
    document = without_absent(
        {
            "_id": switch.template.value,
            "on": switch.on,
            "channels": [one.value for one in switch.channels],
            "dlt_template": switch.dlt_template,
        }
    )
    await tx.database[MESSAGE_SETTINGS].replace_one({"_id": document["_id"]}, document, upsert=True, session=tx.session)


async def opt_out(tx: Tx, user_id: UserId, *, now: datetime) -> bool:
    """Send somebody none of these messages any more; False if he wanted none before."""
    update = {"$setOnInsert": {"opted_out_at": now}}
    key = {"_id": f"{_OPT_OUT}{user_id}"}
    changed = await tx.database[MESSAGE_SETTINGS].update_one(key, update, upsert=True, session=tx.session)
    return changed.upserted_id is not None


async def opt_in(tx: Tx, users: Sequence[UserId]) -> bool:
    """Send a person, by all his ids, these messages again; False if he never wanted none."""
    deleted = await tx.database[MESSAGE_SETTINGS].delete_many(_of(users), session=tx.session)
    return deleted.deleted_count > 0


async def find_opt_out(tx: Tx, users: Sequence[UserId]) -> datetime | None:
    """Since when a person, by any of his ids, wants none of these messages; None if he takes them."""
    found = await tx.database[MESSAGE_SETTINGS].find_one(_of(users), session=tx.session)
    return None if found is None else found["opted_out_at"]


def _of(users: Sequence[UserId]) -> Document:
    return {"_id": {"$in": [f"{_OPT_OUT}{one}" for one in users]}}


def _switch(document: Document) -> Switch:
    return Switch(
        Template(document["_id"]),
        document["on"],
        tuple(Channel(one) for one in document["channels"]),
        document.get("dlt_template"),
    )
