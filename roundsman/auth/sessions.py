"""Sessions: one row for each sign-in that still counts. The collection is known here and nowhere else."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bson import ObjectId

from roundsman.database.collections import SESSIONS
from roundsman.database.transaction import Document, Tx
from roundsman.ids import SessionId, UserId


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. It counts until it expires, is ended, or `version` is no longer the user's session version."""

    id: SessionId
    user_id: UserId
    version: int
    created_at: datetime
    expires_at: datetime


async def open_session(tx: Tx, user_id: UserId, *, version: int, lifetime: timedelta, now: datetime) -> Session:
    """Write a new session of the user."""
    session = Session(SessionId(ObjectId()), user_id, version, created_at=now, expires_at=now + lifetime)
    await tx.database[SESSIONS].insert_one(_document(session), session=tx.session)
    return session


async def find_live_session(tx: Tx, session_id: SessionId, *, now: datetime) -> Session | None:
    """Return the session if it is there and has not expired; whether its version still counts is for the caller."""
    # Expiry is part of the query, because the TTL index removes expired rows only once a minute.
    document = await tx.database[SESSIONS].find_one({"_id": session_id, "expires_at": {"$gt": now}}, session=tx.session)
    return None if document is None else _session(document)


async def end_sessions(tx: Tx, *user_ids: UserId) -> int:
    """End every session of the users; count them."""
    ended = await tx.database[SESSIONS].delete_many({"user_id": {"$in": user_ids}}, session=tx.session)
    return ended.deleted_count


async def end_all_sessions(tx: Tx) -> int:
    """End every session there is, so that everybody signs in again; count them."""
    return (await tx.database[SESSIONS].delete_many({}, session=tx.session)).deleted_count


def _document(session: Session) -> Document:
    return {
        "_id": session.id,
        "user_id": session.user_id,
        "version": session.version,
        "created_at": session.created_at,
        "expires_at": session.expires_at,
    }


def _session(document: Document) -> Session:
    return Session(
        id=document["_id"],
        user_id=document["user_id"],
        version=document["version"],
        created_at=document["created_at"],
        expires_at=document["expires_at"],
    )
