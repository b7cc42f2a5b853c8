"""The one way in which facts are written, and what follows from them.

One transaction: the fact, the lifecycle, the transitions. A fact that is later than everything known costs the same however
long the history is; any other has the history of this one person told anew. Nobody else writes lifecycles, but the
sweep, the backfill and who is told here to fold anew. Whoever was told by a later policy than the one given is told by the newest.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pymongo.asynchronous.cursor import AsyncCursor

from roundsman.activation.facts import Fact
from roundsman.activation.lifecycle import Transition
from roundsman.activation.machine import Told, advanced, fold, is_next, step
from roundsman.activation.policies import newest_policy
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.recorded_facts import facts_of, insert_facts, whole_milliseconds
from roundsman.activation.store import (
    grouping,
    tracked_document,
    tracked_from,
    transition_documents,
    transition_from,
)
from roundsman.activation.tracked import Tracked, Traits, with_pending
from roundsman.database.collections import LIFECYCLES, TRANSITIONS
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.errors import IntegrityBroken
from roundsman.ids import UserId


class LifecycleChangedMeanwhile(IntegrityBroken):
    """A lifecycle was written by somebody else within a transaction; MongoDB does not let that happen."""

    code = "lifecycle_changed_meanwhile"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of facts: the new ones' keys, and those told before: alike, corrected now, or with a contradiction.

    `transitions` are those that hold now and did not before; `withdrawn` counts those that held and do not.
    """

    tracked: Tracked
    new: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    corrected: tuple[str, ...] = ()
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

    What corrects a fact has his history told anew.
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
        counting = await newest_policy(tx, policy, told_by=before.policy_version)
        taken = await insert_facts(tx, told, now=now)
        after = replace(before, traits=his or before.traits)
        if before.seq == 0 and (taken.known or taken.corrected):
            recorded = await _begun_anew(tx, before, after, policy=counting, now=now)
        elif taken.corrected:
            recorded = await _folded(tx, before, after, policy=counting, now=now)
        else:
            recorded = await _told(tx, before, after, taken.new, policy=counting, now=now)
        return replace(
            recorded,
            new=tuple(fact.key for fact in taken.new),
            known=tuple(taken.known),
            corrected=tuple(taken.corrected),
            contradicting=tuple(taken.contradicting),
        )

    return await in_transaction(tx, work)


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
        counting = await newest_policy(tx, policy, told_by=before.policy_version)
        return await _folded(tx, before, after, policy=counting, now=now)

    return await in_transaction(tx, work)


async def advance(tx: Tx, user_id: UserId, *, policy: ActivationPolicy, now: datetime) -> Recorded | None:
    """Write what time alone has done to a person by now; None if nothing is due, or he is not known."""
    now = whole_milliseconds(now)

    async def work(tx: Tx) -> Recorded | None:
        before = await find_tracked(tx, user_id)
        if before is None or before.due_at is None or before.due_at > now:
            return None
        counting = await newest_policy(tx, policy, told_by=before.policy_version)
        return await _told(tx, before, before, [], policy=counting, now=now)

    return await in_transaction(tx, work)


async def find_tracked(tx: Tx, user_id: UserId) -> Tracked | None:
    """Find a person's lifecycle as it is stored; None if nothing was ever told of him."""
    document = await tx.database[LIFECYCLES].find_one({"_id": user_id}, session=tx.session)
    return None if document is None else tracked_from(document)


async def transitions_of(tx: Tx, user_id: UserId) -> list[Transition]:
    """Read the transitions of a person that hold, the earliest first."""
    return [transition_from(document) async for document in _holding(tx, user_id)]


def _holding(tx: Tx, user_id: UserId) -> AsyncCursor[Document]:
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
