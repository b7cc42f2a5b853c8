"""Sessions: one row for each sign-in that still counts. The collection is known here and nowhere else.

Fields that an earlier version did not write are read with what they would have been, so its sessions go on counting.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bson import ObjectId
from pymongo import DESCENDING

from roundsman.access.principal import SignedInBy
from roundsman.auth.refresh import Rotation
from roundsman.auth.second_factors import is_second_factor_joined, joining_second_factor
from roundsman.database.collections import SESSIONS
from roundsman.database.documents import without_absent
from roundsman.database.together import Question, ask_together
from roundsman.database.transaction import Document, Tx
from roundsman.identity.joining import joined_user, user_asked, user_by_id, user_of
from roundsman.identity.users import User
from roundsman.ids import SessionId, UserId

_LONGEST_DEVICE: Final = 200
_KEPT_PREDECESSORS: Final = 5
_JOINED: Final = "joined_sessions"
_JOINING_SESSIONS: Final = {
    "$lookup": {"from": SESSIONS, "localField": "_id", "foreignField": "user_id", "as": _JOINED}
}


@dataclass(frozen=True, slots=True)
class Opening:
    """How somebody signs in: what proved him, a second factor if there was one or one is due, and from where."""

    signed_in_by: SignedInBy
    second_factor_at: datetime | None = None
    second_factor_due: bool = False
    device: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. It counts until it expires, is ended, or `version` is no longer the user's session version.

    `fresh_at` is when its user last proved who he is; `expires_at` moves with each refresh, within the life in all.
    `second_factor_due` says that he has an authenticator, so that without `second_factor_at` this is half a sign-in.
    """

    id: SessionId
    user_id: UserId
    version: int
    created_at: datetime
    expires_at: datetime
    signed_in_by: SignedInBy
    fresh_at: datetime
    last_seen_at: datetime
    second_factor_at: datetime | None = None
    second_factor_due: bool = False
    device: str | None = None
    address: str | None = None


def new_session_id() -> SessionId:
    """Make the id of a session that is about to be."""
    return SessionId(ObjectId())


def new_session(user_id: UserId, opening: Opening, *, version: int, expires_at: datetime, now: datetime) -> Session:
    """Make the session of a sign-in at this moment; nothing is written."""
    return Session(
        id=new_session_id(),
        user_id=user_id,
        version=version,
        created_at=now,
        expires_at=expires_at,
        signed_in_by=opening.signed_in_by,
        fresh_at=now,
        last_seen_at=now,
        second_factor_at=opening.second_factor_at,
        second_factor_due=opening.second_factor_due,
        device=None if opening.device is None else opening.device[:_LONGEST_DEVICE],
        address=opening.address,
    )


async def open_session(tx: Tx, session: Session, *, refresh_digest: bytes) -> None:
    """Write a new session, which is refreshed by the token of this digest."""
    document = _document(session) | {"refresh_digest": refresh_digest}
    await tx.database[SESSIONS].insert_one(document, session=tx.session)


async def find_live_session_with_user(
    tx: Tx, session_id: SessionId, *, now: datetime, refresh_digest: bytes | None = None
) -> tuple[Session, User] | None:
    """Return the session and whose it is, in one read, if it is there and has not expired and so is he.

    With a digest only if the token of this digest is the one that refreshes it now. Whether its version still counts is
    for the caller.
    """
    live = _live(session_id, now=now)
    if refresh_digest is not None:
        live["$match"]["refresh_digest"] = refresh_digest
    steps = [live, user_of("user_id")]
    found = await tx.database[SESSIONS].aggregate(steps, session=tx.session)
    for document in await found.to_list(1):
        user = joined_user(document)
        return None if user is None else (_session(document), user)
    return None


async def find_live_session_and_user(
    tx: Tx, session_id: SessionId, user_id: UserId, *, now: datetime
) -> tuple[Session, User] | None:
    """Do the same where it is said whose session it is, which costs less; None if it is somebody else's."""
    session = Question(SESSIONS, (_live(session_id, now=now),))
    sessions, users = await ask_together(tx, session, user_by_id(user_id))
    if not sessions or not users or sessions[0]["user_id"] != user_id:
        return None
    return _session(sessions[0]), user_asked(users[0])


async def list_live_sessions(tx: Tx, user_id: UserId, *, version: int, now: datetime) -> list[Session]:
    """List the sessions of a user that count, newest first."""
    criteria = {"user_id": user_id, "version": version, "expires_at": {"$gt": now}}
    found = tx.database[SESSIONS].find(criteria, session=tx.session).sort("_id", DESCENDING)
    return sorted([_session(one) async for one in found], key=lambda one: one.created_at, reverse=True)


async def list_sessions_and_need(tx: Tx, user_id: UserId, *, version: int, now: datetime) -> tuple[list[Session], bool]:
    """List the same, and say whether he has an authenticator, so that a new session is half of one; in one read."""
    question = user_by_id(user_id)
    steps = [*question.steps, {"$project": {"_id": 1}}, _JOINING_SESSIONS, joining_second_factor("_id")]
    found = await tx.database[question.collection].aggregate(steps, session=tx.session)
    [user] = await found.to_list()
    sessions = [_session(one) for one in user[_JOINED] if one["version"] == version and one["expires_at"] > now]
    return sorted(sessions, key=lambda one: (one.created_at, one.id), reverse=True), is_second_factor_joined(user)


async def rotate(tx: Tx, session: Session, rotation: Rotation, *, expires_at: datetime, now: datetime) -> bool:
    """Let the next token refresh the session instead of this one; False if this one does not refresh it any more.

    One conditional update, so that of any number of uses at the same time one rotates.
    """
    step = {"digest": rotation.digest, "salt": rotation.salt, "at": now}
    rotated = await tx.database[SESSIONS].update_one(
        {"_id": session.id, "refresh_digest": rotation.digest, "expires_at": {"$gt": now}},
        {
            "$set": {"refresh_digest": rotation.next_digest, "last_seen_at": now, "expires_at": expires_at},
            "$push": {"rotated": {"$each": [step], "$slice": -_KEPT_PREDECESSORS}},
        },
        session=tx.session,
    )
    return rotated.modified_count == 1


async def prolong(tx: Tx, session_id: SessionId, *, expires_at: datetime, now: datetime) -> None:
    """Note that a session is used, and until when it lasts so."""
    await tx.database[SESSIONS].update_one(
        {"_id": session_id, "expires_at": {"$gt": now}},
        {"$set": {"last_seen_at": now, "expires_at": expires_at}},
        session=tx.session,
    )


async def find_salt(tx: Tx, session_id: SessionId, *, digest: bytes, since: datetime) -> bytes | None:
    """Return with what the token of this digest was made into its successor, if that was since then."""
    criteria = {"_id": session_id, "rotated": {"$elemMatch": {"digest": digest, "at": {"$gte": since}}}}
    document = await tx.database[SESSIONS].find_one(criteria, {"rotated": 1}, session=tx.session)
    if document is None:
        return None
    return next(bytes(step["salt"]) for step in document["rotated"] if step["digest"] == digest)


async def renew_session(
    tx: Tx, session_id: SessionId, successor: SessionId, *, refresh_digest: bytes, second_factor: bool, now: datetime
) -> Session | None:
    """Let a session whose user has proved now who he is go on under another id; None if it has ended.

    What was given out for the old one counts no more. Its life in all stays. Call it in a transaction.
    """
    live = {"_id": session_id, "expires_at": {"$gt": now}}
    document = await tx.database[SESSIONS].find_one_and_delete(live, session=tx.session)
    if document is None:
        return None
    document.pop("rotated", None)
    document |= {"_id": successor, "refresh_digest": refresh_digest, "fresh_at": now}
    if second_factor:
        document["second_factor_at"] = now
    await tx.database[SESSIONS].insert_one(document, session=tx.session)
    return _session(document)


async def ask_others_for_second_factor(tx: Tx, user_id: UserId, *, but: SessionId) -> None:
    """Let the user's other sessions count as half ones, since he has an authenticator now."""
    others = {"user_id": user_id, "_id": {"$ne": but}}
    await tx.database[SESSIONS].update_many(others, {"$set": {"second_factor_due": True}}, session=tx.session)


async def end_session(tx: Tx, session_id: SessionId, *, of: UserId) -> bool:
    """End one session of the user; False if he has none of this id."""
    ended = await tx.database[SESSIONS].delete_one({"_id": session_id, "user_id": of}, session=tx.session)
    return ended.deleted_count == 1


async def end_sessions(tx: Tx, *user_ids: UserId) -> int:
    """End every session of the users; count them."""
    ended = await tx.database[SESSIONS].delete_many({"user_id": {"$in": user_ids}}, session=tx.session)
    return ended.deleted_count


async def end_those(tx: Tx, sessions: Sequence[Session]) -> None:
    """End exactly these sessions."""
    if sessions:
        await tx.database[SESSIONS].delete_many({"_id": {"$in": [one.id for one in sessions]}}, session=tx.session)


async def end_all_sessions(tx: Tx) -> int:
    """End every session there is, so that everybody signs in again; count them."""
    return (await tx.database[SESSIONS].delete_many({}, session=tx.session)).deleted_count


def _live(session_id: SessionId, *, now: datetime) -> Document:
    # Expiry is part of the query, because the TTL index removes expired rows only once a minute.
    return {"$match": {"_id": session_id, "expires_at": {"$gt": now}}}


def _document(session: Session) -> Document:
    return without_absent(
        {
            "_id": session.id,
            "user_id": session.user_id,
            "version": session.version,
            "created_at": session.created_at,
            "expires_at": session.expires_at,
            "signed_in_by": session.signed_in_by.value,
            "fresh_at": session.fresh_at,
            "last_seen_at": session.last_seen_at,
            "second_factor_at": session.second_factor_at,
            "second_factor_due": session.second_factor_due or None,
            "device": session.device,
            "address": session.address,
        }
    )


def _session(document: Document) -> Session:
    created_at: datetime = document["created_at"]
    return Session(
        id=document["_id"],
        user_id=document["user_id"],
        version=document["version"],
        created_at=created_at,
        expires_at=document["expires_at"],
        signed_in_by=SignedInBy(document.get("signed_in_by", SignedInBy.PASSWORD)),
        fresh_at=document.get("fresh_at", created_at),
        last_seen_at=document.get("last_seen_at", created_at),
        second_factor_at=document.get("second_factor_at"),
        device=document.get("device"),
        address=document.get("address"),
        second_factor_due=document.get("second_factor_due", False),
    )
