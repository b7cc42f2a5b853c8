"""Several customers with histories and traits, told in any order with rollups now and then, as Hypothesis draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bson import ObjectId
from hypothesis import strategies as st

from roundsman.activation.facts import Fact
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.rollups import roll_up
from roundsman.activation.tracked import Traits
from roundsman.activation.tracking import record_facts, refold
from roundsman.database.collections import (
    ACTIVATION_DAYS,
    COHORT_CELLS,
    FACT_CONFLICTS,
    FACTS,
    LIFECYCLES,
    SIGNUP_DAYS,
    SYSTEM,
    TRANSITIONS,
)
from roundsman.database.transaction import Document, Tx
from roundsman.ids import UserId
from tests.histories import BEGIN, histories

POLICY = ActivationPolicy()
NOW = BEGIN + timedelta(days=155)
PEOPLE = [UserId(ObjectId(f"{number:024x}")) for number in range(5)]
TRAITS = (Traits(), Traits("HSR", "self"), Traits("St. Mary's $1.50", "import"), Traits("$area", None))
ROLLUPS = (ACTIVATION_DAYS, SIGNUP_DAYS, COHORT_CELLS)


@dataclass(frozen=True, slots=True)
class Crowd:
    """What happened to whom, and the order of all that is done about it."""

    facts: tuple[Fact, ...]
    chance: Random


@st.composite
def crowds(draw: st.DrawFn) -> Crowd:
    """Some people with a history each."""
    people = PEOPLE[: draw(st.integers(1, len(PEOPLE)))]
    facts = [fact for person in people for fact in draw(histories(person))]
    chance = draw(st.randoms(use_true_random=False))
    chance.shuffle(facts)
    return Crowd(tuple(facts), chance)


async def empty(tx: Tx) -> None:
    """Have nothing in the collections that the next example fills."""
    for name in (FACTS, LIFECYCLES, TRANSITIONS, FACT_CONFLICTS, *ROLLUPS):
        await tx.database[name].delete_many({})
    await tx.database[SYSTEM].delete_many({"_id": {"$regex": "^activation_"}})


async def live(tx: Tx, crowd: Crowd, *, now: datetime = NOW) -> None:
    """Tell it in portions; people move, are merged, and the rollups are brought up to date now and then."""
    chance, left = crowd.chance, list(crowd.facts)
    while left:
        told, left = left[:3], left[3:]
        for fact in told:
            traits = chance.choice([None, *TRAITS])
            await record_facts(tx, fact.subject, [fact], policy=POLICY, now=now, traits=traits)
        if chance.random() < 0.3:
            await roll_up(tx, now=now)
        if chance.random() < 0.1:
            await _merge(tx, chance.sample(PEOPLE, 2), now=now)
    await roll_up(tx, now=now)


async def rollups_of(tx: Tx) -> dict[str, list[Document]]:
    """All rollups as they are stored."""
    return {name: await tx.database[name].find().sort("_id").to_list() for name in ROLLUPS}


async def _merge(tx: Tx, people: Sequence[UserId], *, now: datetime) -> None:
    survivor, gone = people
    await tx.database[FACTS].update_many({"user_id": gone}, {"$set": {"user_id": survivor}})
    for one in people:
        await refold(tx, one, policy=POLICY, now=now)
