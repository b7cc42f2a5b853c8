"""The one way in which facts are written, and what follows from them.

One transaction: the fact, the lifecycle, the transitions. A fact that is later than everything known costs the same however
long the history is; any other has the history of this one person told anew. Nobody else writes lifecycles, but the
sweep, the backfill and who is told here to fold anew.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from roundsman.activation.conflicts import keep_conflict
from roundsman.activation.facts import Ahead, Fact
from roundsman.activation.lifecycle import Transition
from roundsman.activation.machine import Told, advanced, fold, is_next, step
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.store import (
    fact_document,
    fact_from,
    grouping,
    tracked_document,
    tracked_from,
    transition_documents,
    transition_from,
)
from roundsman.activation.tracked import Tracked, Traits, with_pending
from roundsman.database.collections import FACTS, LIFECYCLES, TRANSITIONS
from roundsman.database.documents import find_value
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.errors import IntegrityBroken, InvalidInput
from roundsman.ids import UserId

_SKEW: Final = timedelta(minutes=5)


class FactAhead(InvalidInput):
    """A fact that lies further ahead than clocks differ."""

    code = "fact_ahead"


class LifecycleChangedMeanwhile(IntegrityBroken):
    """A lifecycle was written by somebody else within a transaction; MongoDB does not let that happen."""

    code = "lifecycle_changed_meanwhile"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of facts: the new ones' keys, and those told before, with what a contradiction says.

    `transitions` are those that hold now and did not before; `withdrawn` counts those that held and do not.
    """

    tracked: Tracked
    new: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    contradicting: tuple[str, ...] = ()
    transitions: tuple[Transition, ...] = field(default=())
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class Introduction:
    """With what the history of a person begins."""

    signups: Sequence[Fact]
    traits: Traits
    login_unknown: bool = False


Introducing = Callable[[Tx], Awaitable[Introduction]]


@dataclass(slots=True)
class _Taken:
    new: list[Fact] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    contradicting: list[str] = field(default_factory=list)


async def record_facts(
    tx: Tx,
    user_id: UserId,
    facts: Sequence[Fact],
    *,
    policy: ActivationPolicy,
    now: datetime,
    traits: Traits | None = None,
    introduce: Introducing | None = None,
) -> Recorded:
    """Record what happened to one person; the same told again changes nothing, what contradicts is kept for people.

    `traits` are his from now on, if given. Where nothing was told of him yet, `introduce` is asked for his sign-up and
    his traits. Raises FactAhead.
    """
    now = whole_milliseconds(now)

    async def work(tx: Tx) -> Recorded:
        before, told, his = await find_tracked(tx, user_id), facts, traits
        if before is None:
            before = Tracked(user_id, policy_version=policy.version)
            if introduce is not None:
                introduction = await introduce(tx)
                told, his = [*introduction.signups, *facts], traits or introduction.traits
                before = replace(before, login_unknown=introduction.login_unknown)
        taken = await _insert_all(tx, [_checked(fact, now) for fact in told], now=now)
        after = replace(before, traits=his or before.traits)
        if before.seq == 0 and taken.known:
            recorded = await _begun_anew(tx, before, after, policy=policy, now=now)
        else:
            recorded = await _told(tx, before, after, taken.new, policy=policy, now=now)
        keys = tuple(fact.key for fact in taken.new)
        return replace(recorded, new=keys, known=tuple(taken.known), contradicting=tuple(taken.contradicting))

    return await in_transaction(tx, work)


def require_not_ahead(fact: Fact, *, now: datetime) -> None:
    """Refuse what lies further ahead than clocks differ, where nothing else becomes of it. Raises FactAhead."""
    if fact.ahead is Ahead.REFUSED and fact.occurred_at > now + _SKEW:
        raise FactAhead(f"{fact.key} is said to happen at {fact.occurred_at.isoformat()}: that has not come yet")


async def refold(
    tx: Tx, user_id: UserId, *, policy: ActivationPolicy, now: datetime, traits: Traits | None = None
) -> Recorded:
    """Tell a person's history anew from all his facts: after a merge, after its undoing, for another policy.

    `traits` are his from now on, if given.
    """
    now = whole_milliseconds(now)

    async def work(tx: Tx) -> Recorded:
        before = await find_tracked(tx, user_id) or Tracked(user_id, policy_version=policy.version)
        after = replace(before, traits=traits or before.traits)
        return await _folded(tx, before, after, policy=policy, now=now)

    return await in_transaction(tx, work)


async def advance(tx: Tx, user_id: UserId, *, policy: ActivationPolicy, now: datetime) -> Recorded | None:
    """Write what time alone has done to a person by now; None if nothing is due, or he is not known."""
    now = whole_milliseconds(now)

    async def work(tx: Tx) -> Recorded | None:
        before = await find_tracked(tx, user_id)
        if before is None or before.due_at is None or before.due_at > now:
            return None
        return await _told(tx, before, before, [], policy=policy, now=now)

    return await in_transaction(tx, work)


async def find_tracked(tx: Tx, user_id: UserId) -> Tracked | None:
    """Find a person's lifecycle as it is stored; None if nothing was ever told of him."""
    document = await tx.database[LIFECYCLES].find_one({"_id": user_id}, session=tx.session)
    return None if document is None else tracked_from(document)


async def find_fact(tx: Tx, key: str) -> Fact | None:
    """Find what was told under a key."""
    return await find_value(tx, FACTS, fact_from, {"_id": key})


async def facts_of(tx: Tx, user_id: UserId) -> list[Fact]:
    """Read everything that happened to a person, the earliest first."""
    found = tx.database[FACTS].find({"user_id": user_id}, session=tx.session).sort("occurred_at")
    return [fact_from(document) async for document in found]


async def transitions_of(tx: Tx, user_id: UserId) -> list[Transition]:
    """Read the transitions of a person that hold, the earliest first."""
    return [transition_from(document) async for document in _holding(tx, user_id)]


def _holding(tx: Tx, user_id: UserId):  # type: ignore[no-untyped-def]  # noqa: ANN202
    wanted = {"user_id": user_id, "superseded_at": {"$exists": False}}
    return tx.database[TRANSITIONS].find(wanted, session=tx.session).sort("effective_at")


async def _begun_anew(tx: Tx, before: Tracked, after: Tracked, *, policy: ActivationPolicy, now: datetime) -> Recorded:
    """Begin with all that a backfill wrote before it was broken off, or writes right now."""
    await tx.database[TRANSITIONS].delete_many({"user_id": before.user_id}, session=tx.session)
    return await _folded(tx, before, after, policy=policy, now=now)


async def _told(
    tx: Tx, before: Tracked, after: Tracked, new: Sequence[Fact], *, policy: ActivationPolicy, now: datetime
) -> Recorded:
    """Step from fact to fact where each is the next one, and fold where one is not."""
    if not new and after.traits == before.traits and (before.due_at is None or before.due_at > now):
        return Recorded(before)
    ahead = [fact.occurred_at for fact in new if fact.occurred_at > now]
    is_waiting_over = before.waiting_at is not None and before.waiting_at <= now
    told = (
        None if is_waiting_over or before.policy_version != policy.version else _stepped(before, new, policy, now=now)
    )
    if told is None:
        return await _folded(tx, before, after, policy=policy, now=now)
    waiting = min([*ahead, *([before.waiting_at] if before.waiting_at else [])], default=None)
    after = replace(after, lifecycle=told.lifecycle, waiting_at=waiting)
    return await _written(tx, before, after, told.transitions, withdrawn=(), now=now)


def _stepped(before: Tracked, new: Sequence[Fact], policy: ActivationPolicy, *, now: datetime) -> Told | None:
    told = Told(before.lifecycle)
    for fact in sorted((one for one in new if one.occurred_at <= now), key=lambda fact: fact.occurred_at):
        if not is_next(told.lifecycle, fact):
            return None
        told = told.then(step(told.lifecycle, fact, policy))
    return told.then(advanced(told.lifecycle, policy, now=now))


async def _folded(tx: Tx, before: Tracked, after: Tracked, *, policy: ActivationPolicy, now: datetime) -> Recorded:
    facts = await facts_of(tx, before.user_id)
    told = fold(facts, policy, until=now)
    ahead = [fact.occurred_at for fact in facts if fact.occurred_at > now]
    missing, withdrawn = set(told.transitions), []
    async for document in _holding(tx, before.user_id):
        transition = transition_from(document)
        if transition in missing:
            missing.remove(transition)
        else:
            withdrawn.append(document["_id"])
    after = replace(after, lifecycle=told.lifecycle, waiting_at=min(ahead, default=None), policy_version=policy.version)
    new = tuple(one for one in told.transitions if one in missing)
    return await _written(tx, before, after, new, withdrawn=withdrawn, now=now)


async def _written(
    tx: Tx,
    before: Tracked,
    after: Tracked,
    transitions: Sequence[Transition],
    *,
    withdrawn: Sequence[str],
    now: datetime,
) -> Recorded:
    after = with_pending(replace(after, seq=before.seq + 1), before)
    await _replace(tx, before, after)
    if withdrawn:
        superseded = {"$set": {"superseded_at": now, "pending": True}}
        await tx.database[TRANSITIONS].update_many({"_id": {"$in": list(withdrawn)}}, superseded, session=tx.session)
    if before.seq and grouping(before) != grouping(after):
        await _regroup(tx, after)
    if transitions:
        documents = transition_documents(after, transitions, now=now)
        await tx.database[TRANSITIONS].insert_many(documents, session=tx.session)
    return Recorded(after, transitions=tuple(transitions), withdrawn=len(withdrawn))


async def _replace(tx: Tx, before: Tracked, after: Tracked) -> None:
    document = tracked_document(after)
    if before.seq == 0:
        await tx.database[LIFECYCLES].insert_one(document, session=tx.session)
        return
    guard = {"_id": before.user_id, "seq": before.seq}
    replaced = await tx.database[LIFECYCLES].replace_one(guard, document, session=tx.session)
    if replaced.matched_count != 1:
        raise LifecycleChangedMeanwhile(f"The lifecycle of {before.user_id} was written by somebody else")


async def _regroup(tx: Tx, after: Tracked) -> None:
    """Have his transitions counted where he belongs now."""
    groups = grouping(after)
    update: Document = {"$set": {**groups, "pending": True}}
    if gone := [name for name in ("signup_week", "area", "channel") if name not in groups]:
        update["$unset"] = dict.fromkeys(gone, "")
    await tx.database[TRANSITIONS].update_many({"user_id": after.user_id}, update, session=tx.session)


async def _insert_all(tx: Tx, facts: Sequence[Fact], *, now: datetime) -> _Taken:
    taken = _Taken()
    for fact in facts:
        occurred_at = stored_at(fact, now)
        document = fact_document(fact, stored_at=occurred_at, now=now)
        if (there := await _insert(tx, document)) is None:
            taken.new.append(replace(fact, occurred_at=occurred_at))
        elif there["digest"] == document["digest"] and there["user_id"] == fact.subject:
            taken.known.append(fact.key)
        else:
            await keep_conflict(tx, document)
            taken.contradicting.append(fact.key)
    return taken


async def _insert(tx: Tx, document: Document) -> Document | None:
    """Insert a fact; gives what is there under its key if it is not the first telling."""
    key = {"_id": document["_id"]}
    inserted = await tx.database[FACTS].update_one(key, {"$setOnInsert": document}, upsert=True, session=tx.session)
    if inserted.upserted_id is not None:
        return None
    return await tx.database[FACTS].find_one(key, {"digest": 1, "user_id": 1}, session=tx.session)


def _checked(fact: Fact, now: datetime) -> Fact:
    fact = replace(fact, occurred_at=whole_milliseconds(fact.occurred_at))
    require_not_ahead(fact, now=now)
    return fact


def stored_at(fact: Fact, now: datetime) -> datetime:
    """When a fact counts as having happened: what a source says of the future, from when it was seen."""
    return min(fact.occurred_at, now) if fact.ahead is Ahead.CLAMPED else fact.occurred_at


def whole_milliseconds(at: datetime) -> datetime:
    """Give an instant as it is stored."""
    return at - timedelta(microseconds=at.microsecond % 1000)
