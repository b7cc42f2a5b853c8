"""Lifecycles as they are at an instant, whether or not the sweep has come by; nothing is written.

Whom only the clock has moved since is moved on; who has a fact that lay ahead and is due, or was told by another policy, is told anew
from his facts.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from roundsman.activation.lifecycle import Transition
from roundsman.activation.machine import advanced, fold
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.recorded_facts import facts_of
from roundsman.activation.store import tracked_from
from roundsman.activation.tracked import Tracked
from roundsman.activation.tracking import find_tracked
from roundsman.database.collections import LIFECYCLES
from roundsman.database.transaction import Tx
from roundsman.ids import UserId


@dataclass(frozen=True, slots=True)
class Standing:
    """A person as he is at an instant: as he is stored, as he is, and the transitions between that nobody has written."""

    stored: Tracked
    tracked: Tracked
    transitions: tuple[Transition, ...] = ()


async def find_standing(tx: Tx, user_id: UserId, *, policy: ActivationPolicy, now: datetime) -> Standing | None:
    """Read where somebody stands; None if nothing was ever told of him."""
    tracked = await find_tracked(tx, user_id)
    return None if tracked is None else await standing_of(tx, tracked, policy=policy, now=now)


async def standings(tx: Tx, user_ids: Sequence[UserId], *, policy: ActivationPolicy, now: datetime) -> list[Standing]:
    """Read where several people stand, in no particular order; those of whom nothing was told are left out."""
    found = tx.database[LIFECYCLES].find({"_id": {"$in": list(user_ids)}}, session=tx.session)
    return [await standing_of(tx, tracked_from(one), policy=policy, now=now) async for one in found]


async def overdue(tx: Tx, *, policy: ActivationPolicy, now: datetime) -> AsyncIterator[Standing]:
    """Read all whom time has moved and nobody has written since. While the sweep runs they are few."""
    async for document in tx.database[LIFECYCLES].find({"due_at": {"$lte": now}}, session=tx.session):
        yield await standing_of(tx, tracked_from(document), policy=policy, now=now)


async def standing_of(tx: Tx, stored: Tracked, *, policy: ActivationPolicy, now: datetime) -> Standing:
    """Let time do to a stored lifecycle what it has done by now."""
    is_waiting_over = stored.waiting_at is not None and stored.waiting_at <= now
    if is_waiting_over or stored.policy_version != policy.version:
        return await _told_anew(tx, stored, policy=policy, now=now)
    told = advanced(stored.lifecycle, policy, now=now)
    return Standing(stored, replace(stored, lifecycle=told.lifecycle), told.transitions)


async def _told_anew(tx: Tx, stored: Tracked, *, policy: ActivationPolicy, now: datetime) -> Standing:
    facts = await facts_of(tx, stored.user_id)
    told = fold(facts, policy, until=now)
    waiting = min((fact.occurred_at for fact in facts if fact.occurred_at > now), default=None)
    since = stored.lifecycle.status_since
    new = tuple(one for one in told.transitions if since is None or one.effective_at > since)
    tracked = replace(stored, lifecycle=told.lifecycle, waiting_at=waiting, policy_version=policy.version)
    return Standing(stored, tracked, new)
