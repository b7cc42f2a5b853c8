"""The people behind each number, a page at a time, as they are and not as they are stored.

One walk goes along an index from where the page before ended, and keeps whom all that was asked holds for. A page may
hold fewer than its limit, or none, and still name a next one: then there was too much to look through at once.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from bson import ObjectId

from roundsman.activation.days import is_of, sliced
from roundsman.activation.figures import EVERYBODY, Slice
from roundsman.activation.lifecycle import ActivationStatus, Transition
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.reading import Standing, standing_of
from roundsman.activation.risks import failed_payment, is_leaving_soon, leaving_soon, missing_payment
from roundsman.activation.store import tracked_from, transition_from
from roundsman.activation.tallies import Step, steps_of
from roundsman.activation.tracked import Tracked
from roundsman.calendar import end_of
from roundsman.database.collections import LIFECYCLES, TRANSITIONS
from roundsman.database.transaction import Document, Tx
from roundsman.errors import InvalidInput
from roundsman.ids import UserId

_LOOKED_AT: Final = 2000
_ID_LETTERS: Final = 24
_LATEST: Final = date(2999, 12, 31)
"""What was asked of a later day is answered of this one."""


class MalformedListKey(InvalidInput):
    """It is not the key of a page that was given out."""

    code = "malformed_list_key"

    def __init__(self) -> None:
        super().__init__("`after` must be the `next` of the page before, of the same list.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What has to be true of the people; what is not given does not matter.

    `statuses` are those now, or at the end of the Indian day `on`; `before` are those at the end of the day `since`.
    `step` is one they have taken, without leaving one out, and `without_step` one they have not. `signed_up_first` and `…_last` are Indian days.
    `among` are the only ones looked at.
    """

    statuses: tuple[ActivationStatus, ...] = ()
    on: date | None = None
    before: tuple[ActivationStatus, ...] = ()
    since: date | None = None
    step: Step | None = None
    without_step: Step | None = None
    signed_up_first: date | None = None
    signed_up_last: date | None = None
    payment_failed: bool = False
    payment_missing: bool = False
    at_risk: bool = False
    overdue: bool = False
    of: Slice = EVERYBODY
    among: frozenset[UserId] | None = None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some people as they are now, and the key with which the next page begins; None on the last."""

    people: tuple[Tracked, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class _Walk:
    """Along what the people are looked through: criteria, and the field whose order they come in, then that of ids."""

    criteria: Document
    by: str = "_id"


async def list_people(
    tx: Tx, wanted: Wanted, *, policy: ActivationPolicy, now: datetime, after: str | None = None, limit: int = 50
) -> PeoplePage:
    """List people, at risk the soonest first, unpaid the longest first, else by sign-up or id. Raises MalformedListKey."""
    walk = _walk(wanted, now)
    looked_at = await _looked_at(tx, walk, wanted, _bound(wanted, limit), after=after, now=now)
    people: list[Tracked] = []
    last: Document = {}
    for number in range(0, len(looked_at), limit):
        portion = looked_at[number : number + limit]
        standings = [await standing_of(tx, tracked_from(one), policy=policy, now=now) for one in portion]
        histories = await _histories(tx, standings) if wanted.on or wanted.since else {}
        for document, standing in zip(portion, standings, strict=True):
            if len(people) == limit:
                return PeoplePage(tuple(people), _key(walk, last))
            last = document
            if _holds(wanted, standing, histories.get(standing.tracked.user_id, []), now):
                people.append(standing.tracked)
    is_more = len(looked_at) == _bound(wanted, limit)
    return PeoplePage(tuple(people), _key(walk, last) if is_more else None)


def _walk(wanted: Wanted, now: datetime) -> _Walk:
    """Choose the index that leads to the fewest."""
    if wanted.payment_failed:
        return _Walk(failed_payment())
    if wanted.payment_missing:
        return _Walk(missing_payment(now), "unpaid_since")
    if wanted.overdue:
        return _Walk({"due_at": {"$lte": now}})
    if wanted.at_risk:
        return _Walk(leaving_soon(now), "next_transition_at")
    if wanted.signed_up_first or wanted.signed_up_last or wanted.step or wanted.without_step:
        first, last = wanted.signed_up_first or date.min, wanted.signed_up_last or date.max
        return _Walk({"signup_day": {"$gte": first.isoformat(), "$lte": last.isoformat()}}, "signup_day")
    return _Walk({})


def _bound(wanted: Wanted, limit: int) -> int:
    """How many are looked at for a page: many where the index alone does not say who is wanted."""
    by_past = wanted.on or wanted.since or wanted.step or wanted.without_step
    by_status_of_some = wanted.among is not None and wanted.statuses
    return _LOOKED_AT if by_past or by_status_of_some else limit + limit // 4 + 1


async def _looked_at(
    tx: Tx, walk: _Walk, wanted: Wanted, bound: int, *, after: str | None, now: datetime
) -> list[Document]:
    beyond = _beyond(walk, after)
    if walk.criteria or not wanted.statuses or wanted.on or wanted.among is not None:
        parts = [one for one in (walk.criteria, sliced(wanted.of), _among(wanted), *beyond) if one]
        found = tx.database[LIFECYCLES].find({"$and": parts} if parts else {}, session=tx.session)
        return await found.sort([(walk.by, 1)] + [("_id", 1)] * (walk.by != "_id")).limit(bound).to_list()
    statuses = [status.value for status in wanted.statuses]
    merged: dict[ObjectId, Document] = {}
    either: tuple[Document, ...] = ({"status": {"$in": statuses}}, {"due_at": {"$lte": now}})
    for criteria in either:
        all_of = {"$and": [criteria | sliced(wanted.of), *beyond]}
        found = tx.database[LIFECYCLES].find(all_of, session=tx.session).sort("_id", 1).limit(bound)
        merged |= {one["_id"]: one async for one in found}
    return [merged[key] for key in sorted(merged)][:bound]


def _among(wanted: Wanted) -> Document:
    return {} if wanted.among is None else {"_id": {"$in": sorted(wanted.among)}}


async def _histories(tx: Tx, standings: Sequence[Standing]) -> dict[UserId, list[Transition]]:
    """Read all transitions of people that hold, those too that nobody has written yet."""
    histories: defaultdict[UserId, list[Transition]] = defaultdict(list)
    theirs = {"user_id": {"$in": [one.tracked.user_id for one in standings]}, "superseded_at": {"$exists": False}}
    async for document in tx.database[TRANSITIONS].find(theirs, session=tx.session):
        histories[document["user_id"]].append(transition_from(document))
    for one in standings:
        histories[one.tracked.user_id] += one.transitions
    return histories


def _holds(wanted: Wanted, standing: Standing, history: Sequence[Transition], now: datetime) -> bool:
    tracked = standing.tracked
    status = _status_on(history, wanted.on) if wanted.on else tracked.lifecycle.status
    if wanted.statuses and status not in wanted.statuses:
        return False
    if wanted.since and _status_on(history, wanted.since) not in (wanted.before or (None,)):
        return False
    if wanted.step and wanted.step not in steps_of(tracked.lifecycle):
        return False
    if wanted.without_step and wanted.without_step in steps_of(tracked.lifecycle):
        return False
    if wanted.at_risk and not is_leaving_soon(tracked, now):
        return False
    # Whoever became part of another has no status of his own.
    return tracked.lifecycle.status is not None and is_of(wanted.of, tracked.traits)


def _status_on(history: Sequence[Transition], day: date) -> ActivationStatus | None:
    """Where somebody was at the end of a day."""
    end = end_of(min(day, _LATEST))
    past = [one for one in history if one.effective_at < end]
    return max(past, key=lambda one: one.effective_at).after if past else None


def _key(walk: _Walk, document: Document) -> str:
    """Name the last of a page, in signs that stand in a URL for themselves: a plus would be a space there."""
    value = document[walk.by]
    text = f"{value:%Y-%m-%dT%H:%M:%S.%fZ}" if isinstance(value, datetime) else "" if walk.by == "_id" else value
    return f"{document['_id']}{text}"


def _beyond(walk: _Walk, after: str | None) -> list[Document]:
    if after is None:
        return []
    key, text = after[:_ID_LETTERS], after[_ID_LETTERS:]
    if not ObjectId.is_valid(key) or (walk.by == "_id") != (text == ""):
        raise MalformedListKey
    last = ObjectId(key)
    if walk.by == "_id":
        return [{"_id": {"$gt": last}}]
    value = _value(walk, text)
    return [{"$or": [{walk.by: {"$gt": value}}, {walk.by: value, "_id": {"$gt": last}}]}]


def _value(walk: _Walk, text: str) -> str | datetime:
    try:
        return date.fromisoformat(text).isoformat() if walk.by == "signup_day" else _instant(text)
    except ValueError:
        raise MalformedListKey from None


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
