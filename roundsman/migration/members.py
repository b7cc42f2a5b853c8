"""Whose the documents of a question are, and what they say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.transaction import Document, Tx
from roundsman.identity.importing import find_users
from roundsman.identity.users import User
from roundsman.ids import UserId
from roundsman.migration.conversion import Reading
from roundsman.migration.copies import open_copy
from roundsman.migration.knowledge import HERE
from roundsman.migration.plan_store import find_plan
from roundsman.migration.profile import ProfileInvalid, SourceProfile, builtin_profile
from roundsman.migration.records import PersonRecord, read_person
from roundsman.migration.reviews import Parties
from roundsman.migration.runs import find_latest_run
from roundsman.migration.sealing import Seal
from roundsman.migration.sources.list_columns import profile_of_row
from roundsman.migration.sources.port import SourceDocument


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens the verbatim copies, and knows what their fields mean, where a profile says it."""

    seal: Seal
    profile: SourceProfile | None

    async def read(self, tx: Tx, copy: Document, *, now: datetime) -> Reading | None:
        """What a stored copy says; None if the profile does not know its collection, or it was erased."""
        if self.profile is None or "erased_at" in copy:
            return None
        document = SourceDocument(await open_copy(tx, copy, self.seal))
        name = copy["_id"].partition(":")[0]
        profile = profile_of_row(name, document.fields, self.profile) or self.profile
        collection = next((one for one in profile.collections if one.name == name), None)
        return Reading(document, collection, profile, now) if collection else None


async def opener_of_last_run(tx: Tx, seal: Seal) -> Opener:
    """What opens the copies where nobody names a profile: the built-in one of the last run, else only users are shown."""
    run = await find_latest_run(tx)
    found = await find_plan(tx, run.plan) if run else None
    try:
        return Opener(seal, builtin_profile(found[0].profile) if found else None)
    except ProfileInvalid:
        return Opener(seal, None)


def record_of(reading: Reading) -> PersonRecord:
    """The record of a document that was read."""
    return read_person(reading.document, reading.collection, reading.profile)


async def owners_of(tx: Tx, members: Iterable[str]) -> dict[str, UserId | None]:
    """The user each document belongs to; None if it was never taken. A member may be a user of Roundsman himself."""
    wanted = list(members)
    found: dict[str, UserId | None] = dict.fromkeys(wanted)
    copies = tx.database[SOURCE_DOCUMENTS].find({"_id": {"$in": wanted}}, {"user_id": 1}, session=tx.session)
    found |= {copy["_id"]: UserId(copy["user_id"]) async for copy in copies}
    own = {key: UserId(ObjectId(key.partition(":")[2])) for key in wanted if key.startswith(f"{HERE}:")}
    users = {user.id: user for user in await find_users(tx, list(own.values()))} if own else {}
    return found | {key: _standing(users[one]) if one in users else None for key, one in own.items()}


def _standing(user: User) -> UserId:
    return user.merged_into or user.id


async def keys_of_users(tx: Tx, users: Iterable[UserId]) -> dict[UserId, list[str]]:
    """The documents of each user, in their order."""
    keys: dict[UserId, list[str]] = {user: [] for user in users}
    query = {"user_id": {"$in": list(keys)}}
    async for copy in tx.database[SOURCE_DOCUMENTS].find(query, {"user_id": 1}, session=tx.session).sort("_id", 1):
        keys[copy["user_id"]].append(copy["_id"])
    return keys


async def parties(tx: Tx, owners: Mapping[str, UserId | None]) -> Parties:
    """The documents of each of the people; a document that nobody has stands for itself."""
    users = sorted({user for user in owners.values() if user is not None})
    documents = await keys_of_users(tx, users)
    own = [key for key in owners if key.startswith(f"{HERE}:")]
    of_users = (sorted({*documents[user], *(key for key in own if owners[key] == user)}) for user in users)
    nobodys = ([key] for key, user in owners.items() if user is None)
    return tuple(tuple(party) for party in (*of_users, *nobodys) if party)


async def stored_copies(tx: Tx, keys: Sequence[str]) -> list[Document]:
    """The stored copies of documents, bytes included, in the order of their keys."""
    found = tx.database[SOURCE_DOCUMENTS].find({"_id": {"$in": list(keys)}}, session=tx.session).sort("_id", 1)
    return [document async for document in found]
