"""What happened to a customer, by Indian days, the latest first: the raw facts, who told them, and what followed from them.

Each change of status comes with the rule that fired and what it followed from, as it was at that instant; so it is told by
the thresholds of today, like the changes themselves.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bson import ObjectId

from roundsman.activation.explaining import Explanation, explain
from roundsman.activation.facts import Fact, FactType, in_order
from roundsman.activation.lifecycle import Transition
from roundsman.activation.machine import fold
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.recorded_facts import facts_of
from roundsman.audit_log.entries import AuditEntry
from roundsman.audit_log.log import entries_about_each
from roundsman.calendar import day_of
from roundsman.customers.linkage import customers_of_user
from roundsman.database.transaction import Tx
from roundsman.identity.importing import find_users
from roundsman.ids import UserId
from roundsman.operations.facts.telling import things_of

DAYS_AT_ONCE: Final = 10
HIMSELF: Final = "self"
_THINGS: Final[Mapping[FactType, tuple[str, ...]]] = {
    FactType.ORDER_PLACED: ("order",),
    FactType.ORDER_CANCELLED: ("order",),
    FactType.DELIVERY_COMPLETED: ("delivery", "order"),
    FactType.DELIVERY_FAILED: ("delivery", "order"),
    FactType.PAYMENT_FAILED: ("payment",),
    FactType.PAYMENT_SUCCEEDED: ("payment",),
    FactType.ORDER_REFUNDED: ("payment", "order"),
    FactType.INTERACTION: ("subscription",),
    FactType.SIGNUP: ("customer",),
}


@dataclass(frozen=True, slots=True)
class Teller:
    """Who told a fact: a user by his id and name, `self`, `import:<run>` or another word of the audit log."""

    who: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A fact, and who told it; None where it came with the data of another system."""

    fact: Fact
    teller: Teller | None


@dataclass(frozen=True, slots=True)
class Moved:
    """A change of status, and the rule that fired on which evidence."""

    transition: Transition
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class StoryDay:
    """What happened on one Indian day: the changes of status, and the facts, the latest first."""

    day: date
    moves: tuple[Moved, ...]
    facts: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """Some days on which something happened, the latest first; `earlier` is the day before which others follow, None at the end."""

    days: tuple[StoryDay, ...]
    earlier: date | None


async def read_story(
    tx: Tx, user_id: UserId, history: Sequence[Transition], *, policy: ActivationPolicy, before: date | None = None
) -> Story:
    """Tell the latest days, or those before a day, of somebody whose changes of status are `history`."""
    facts = in_order(await facts_of(tx, user_id))
    days = sorted({*map(_day_of_fact, facts), *map(_day_of_move, history)}, reverse=True)
    asked = [day for day in days if before is None or day < before]
    shown = asked[:DAYS_AT_ONCE]
    told = [fact for fact in facts if _day_of_fact(fact) in shown]
    tellers = await _tellers(tx, user_id, told)
    moves = [_moved(one, facts, policy) for one in history if _day_of_move(one) in shown]
    return Story(
        tuple(_story_day(day, told, tellers, moves) for day in shown),
        shown[-1] if len(asked) > len(shown) else None,
    )


def _day_of_fact(fact: Fact) -> date:
    return day_of(fact.occurred_at)


def _day_of_move(transition: Transition) -> date:
    return day_of(transition.effective_at)


def _moved(transition: Transition, facts: Sequence[Fact], policy: ActivationPolicy) -> Moved:
    then = fold(facts, policy, until=transition.effective_at).lifecycle
    return Moved(transition, explain(then, policy))


def _story_day(day: date, facts: Sequence[Fact], tellers: Mapping[str, Teller], moves: Sequence[Moved]) -> StoryDay:
    return StoryDay(
        day,
        tuple(one for one in reversed(moves) if _day_of_move(one.transition) == day),
        tuple(Told(fact, tellers.get(fact.key)) for fact in reversed(facts) if _day_of_fact(fact) == day),
    )


async def _tellers(tx: Tx, user_id: UserId, facts: Sequence[Fact]) -> dict[str, Teller]:
    """Who told these facts, by their keys, as far as the audit log and the profiles say it."""
    profiles = {str(one.id): one for one in await customers_of_user(tx, user_id)}
    targets = {fact.key: _targets(fact, profiles) for fact in facts}
    logged: defaultdict[str, list[AuditEntry]] = defaultdict(list)
    for entry in await entries_about_each(tx, {one for some in targets.values() for one in some}):
        logged[entry.target].append(entry)
    who = {fact.key: _who(fact, [one for to in targets[fact.key] for one in logged[to]]) for fact in facts}
    for fact in facts:
        if fact.type is FactType.SIGNUP and fact.source_id in profiles:
            who[fact.key] = profiles[fact.source_id].created_by
    known = {key: HIMSELF if one == str(user_id) else one for key, one in who.items() if one}
    names = await _names(tx, set(known.values()))
    return {key: Teller(one, names.get(one)) for key, one in known.items()}


def _targets(fact: Fact, profiles: Iterable[str]) -> list[str]:
    if fact.type is FactType.STAFF_CONTACT:
        return [f"customer:{one}" for one in profiles]
    return [f"{kind}:{thing}" for kind in _THINGS.get(fact.type, ()) for thing in sorted(things_of(fact))]


def _who(fact: Fact, entries: Sequence[AuditEntry]) -> str | None:
    """Who did what the fact tells: of what the log says of the same thing, the nearest in time."""
    if fact.type is FactType.LOGIN:
        return HIMSELF
    if fact.type is FactType.STAFF_CONTACT:
        entries = [one for one in entries if one.action == "contact.recorded"]
    nearest = min(entries, key=lambda one: abs(one.at - fact.occurred_at), default=None)
    return None if nearest is None else nearest.actor.who


async def _names(tx: Tx, who: Collection[str]) -> dict[str, str]:
    ids = [UserId(ObjectId(one)) for one in who if ObjectId.is_valid(one)]
    return {str(user.id): user.name for user in await find_users(tx, ids)}
