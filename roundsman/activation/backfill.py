"""The histories of many people at once: what ends as if every fact had been told alone, at the cost of bulk inserts.

Facts come first, then transitions, then the lifecycles that say that both are there: what a crash leaves is done again and
ends the same. Of whom somebody tells something meanwhile, the history is folded anew; in case that is not reached any more,
it is noted whose histories are being stored. Nobody is notified.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bson import ObjectId

from roundsman.activation.facts import Fact
from roundsman.activation.lifecycle import Transition
from roundsman.activation.machine import fold
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.recorded_facts import (
    Telling,
    compare_facts,
    correct_facts,
    facts_of,
    stored_at,
    whole_milliseconds,
)
from roundsman.activation.store import fact_document, tracked_document, tracked_from, transition_documents
from roundsman.activation.tracked import Tracked, Traits, with_pending
from roundsman.activation.tracking import refold
from roundsman.database.bulk import insert_missing
from roundsman.database.collections import FACTS, LIFECYCLES, SYSTEM, TRANSITIONS
from roundsman.database.transaction import Document, Tx
from roundsman.ids import UserId

_STORING: Final = "storing_histories:"
_NEWS: Final = frozenset({Telling.NEW, Telling.CORRECTION})


@dataclass(frozen=True, slots=True)
class History:
    """What is known to have happened to a person."""

    user_id: UserId
    facts: Sequence[Fact]
    traits: Traits
    login_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Untold:
    """Histories of people without a lifecycle, and of the others what was not told of them yet, or otherwise."""

    new: Sequence[History]
    news: Sequence[History]


async def untold(tx: Tx, histories: Sequence[History]) -> Untold:
    """Leave out what is known: facts told alike or in contradiction, and people of whom there is nothing new."""
    wanted = {"_id": {"$in": [history.user_id for history in histories]}}
    found = tx.database[LIFECYCLES].find(wanted, session=tx.session)
    tracked = {document["_id"]: tracked_from(document) async for document in found}
    known = [history for history in histories if history.user_id in tracked]
    tellings = await compare_facts(tx, [fact for history in known for fact in history.facts])
    left = [replace(one, facts=[fact for fact in one.facts if tellings[fact.key] in _NEWS]) for one in known]
    return Untold(
        [history for history in histories if history.user_id not in tracked],
        [one for one in left if one.facts or one.traits != tracked[one.user_id].traits],
    )


async def store_histories(tx: Tx, histories: Sequence[History], *, policy: ActivationPolicy, now: datetime) -> int:
    """Store what happened to people without a lifecycle, and what follows from it; count the facts."""
    if not histories:
        return 0
    now = whole_milliseconds(now)
    note = {"_id": f"{_STORING}{ObjectId()}", "users": [history.user_id for history in histories]}
    await tx.database[SYSTEM].insert_one(note, session=tx.session)
    facts = await _store_facts(tx, histories, now=now)
    told = [_told(history, facts[history.user_id], policy, now=now) for history in histories]
    await _store_transitions(tx, told, now=now)
    outcome = await insert_missing(tx, LIFECYCLES, [tracked_document(tracked) for tracked, _ in told])
    for user_id in outcome.differing:
        # Somebody told something of him meanwhile.
        await refold(tx, user_id, policy=policy, now=now)
    await tx.database[SYSTEM].delete_one({"_id": note["_id"]}, session=tx.session)
    return sum(map(len, facts.values()))


async def mend_half_stored(tx: Tx, *, policy: ActivationPolicy, now: datetime) -> None:
    """Fold anew of whom something was told while their histories were being stored and that was broken off."""
    async for note in tx.database[SYSTEM].find({"_id": {"$regex": f"^{_STORING}"}}, session=tx.session):
        for user_id in await _tracked_among(tx, note["users"]):
            await refold(tx, user_id, policy=policy, now=now)
        await tx.database[SYSTEM].delete_one({"_id": note["_id"]}, session=tx.session)


async def _store_facts(tx: Tx, histories: Sequence[History], *, now: datetime) -> Mapping[UserId, Sequence[Fact]]:
    """Insert facts, or correct them; gives those that are each person's, which are others where a key was told before."""
    owners: dict[str, UserId] = {}
    documents: list[Document] = []
    facts: dict[UserId, Sequence[Fact]] = {}
    for history in histories:
        told = [replace(fact, occurred_at=whole_milliseconds(fact.occurred_at)) for fact in history.facts]
        facts[history.user_id] = [replace(fact, occurred_at=stored_at(fact, now)) for fact in told]
        owners |= {fact.key: history.user_id for fact in told}
        documents += [fact_document(fact, stored_at=stored_at(fact, now), now=now) for fact in told]
    outcome = await insert_missing(tx, FACTS, documents)
    differing = set(outcome.differing)
    await correct_facts(tx, [fact for history in histories for fact in history.facts if fact.key in differing])
    for user_id in {owners[key] for key in differing}:
        facts[user_id] = await facts_of(tx, user_id)
    return facts


def _told(
    history: History, facts: Sequence[Fact], policy: ActivationPolicy, *, now: datetime
) -> tuple[Tracked, Sequence[Transition]]:
    told = fold(facts, policy, until=now)
    ahead = [fact.occurred_at for fact in facts if fact.occurred_at > now]
    tracked = Tracked(
        history.user_id,
        told.lifecycle,
        seq=1,
        policy_version=policy.version,
        traits=history.traits,
        waiting_at=min(ahead, default=None),
        login_unknown=history.login_unknown,
    )
    return with_pending(tracked, Tracked(history.user_id)), told.transitions


async def _store_transitions(tx: Tx, told: Sequence[tuple[Tracked, Sequence[Transition]]], *, now: datetime) -> None:
    """Insert transitions, instead of those that a crash left without a lifecycle."""
    left = {"user_id": {"$in": [tracked.user_id for tracked, _ in told]}}
    if await tx.database[TRANSITIONS].find_one(left, {"_id": 1}, session=tx.session):
        await _remove_orphans(tx, [tracked.user_id for tracked, _ in told])
    documents = [one for tracked, transitions in told for one in transition_documents(tracked, transitions, now=now)]
    await insert_missing(tx, TRANSITIONS, documents)


async def _remove_orphans(tx: Tx, user_ids: Sequence[UserId]) -> None:
    there = await _tracked_among(tx, user_ids)
    orphans = [user_id for user_id in user_ids if user_id not in there]
    await tx.database[TRANSITIONS].delete_many({"user_id": {"$in": orphans}}, session=tx.session)


async def _tracked_among(tx: Tx, user_ids: Sequence[UserId]) -> set[UserId]:
    tracked = tx.database[LIFECYCLES].find({"_id": {"$in": list(user_ids)}}, {"_id": 1}, session=tx.session)
    return {document["_id"] async for document in tracked}
