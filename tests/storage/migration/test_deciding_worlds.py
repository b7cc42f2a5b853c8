"""Whatever a source holds and whatever humans answer: every proof stays green, and taking all back leaves no trace."""

import os
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roundsman.audit_log.entries import SYSTEM, Actor
from roundsman.database.collections import (
    ADDRESSES,
    CREDENTIALS,
    CUSTOMERS,
    DELIVERY_BOYS,
    IDENTIFIERS,
    ORDERS,
    SOURCE_DOCUMENTS,
    SUPPLIERS,
    USERS,
)
from roundsman.errors import Conflict
from roundsman.identity.role_grants import list_active_admins
from roundsman.migration.deciding import decide, take_answer_back
from roundsman.migration.members import Opener
from roundsman.migration.reviews import Answer, Decision, list_reviews
from roundsman.runtime import Runtime
from tests.imports import Database, Import, contents, wipe
from tests.migration_builders import EARLYBIRD, Fields, MemorySource
from tests.unit.migration.test_worlds import worlds

PEOPLE = (
    USERS,
    IDENTIFIERS,
    CUSTOMERS,
    DELIVERY_BOYS,
    SUPPLIERS,
    ORDERS,
    ADDRESSES,
    SOURCE_DOCUMENTS,
    CREDENTIALS,
)


# A whole import, its proofs and their repetition cost half a second each.
EXAMPLES = 1000 if os.environ.get("ROUNDSMAN_TESTS") == "proof" else 40


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(world=worlds, random=st.randoms(use_true_random=False))
async def test_answers_keep_every_proof_green_and_can_all_be_taken_back(
    world: dict[str, list[Fields]], random: Random, runtime: Runtime, database: Database
) -> None:
    await wipe(database, keep=frozenset())
    importing = Import(runtime, MemorySource(world))
    await importing.run()
    before = await people(database)

    answered = await answer_at_random(importing, random)

    await assert_proved(importing)
    for review in reversed(answered):
        await take_answer_back(runtime.tx, review, reason="a test", actor=SYSTEM, now=runtime.clock())
    assert await people(database) == before
    await assert_proved(importing)


async def answer_at_random(importing: Import, random: Random) -> list[str]:
    """Answer some questions in some order, those that can be answered so; as two admins where it is about staff."""
    tx, opener = importing.runtime.tx, Opener(importing.means().seal, EARLYBIRD)
    reviews = [review.id for review in (await list_reviews(tx, limit=0)).reviews]
    answered = []
    for review in random.sample(reviews, len(reviews)):
        answer = Answer(random.choice([Decision.MERGE, Decision.MERGE, *Decision]), "a test")
        admins = [Actor(str(admin.id)) for admin in await list_active_admins(tx)]
        try:
            for actor in admins[:2] or [SYSTEM]:
                await decide(tx, review, answer, actor=actor, opener=opener, now=importing.runtime.clock())
                answered.append(review)
        except Conflict:
            continue
    return list(dict.fromkeys(answered))


async def assert_proved(importing: Import) -> None:
    """Every check passes, and planning again does nothing."""
    verification = await importing.verify()
    assert {one.check: one.examples for one in verification.checks if not one.passed} == {}


async def people(database: Database) -> dict[str, tuple[int, str]]:
    """The bytes of all collections about people."""
    return {name: content for name, content in (await contents(database)).items() if name in PEOPLE}
