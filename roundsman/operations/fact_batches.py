"""Facts that another system tells, many at once: each row has a fate of its own, and telling all again changes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from roundsman.activation.facts import Fact
from roundsman.activation.foreign import ForeignFact, read_foreign
from roundsman.activation.parking import names_of, park
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.tracking import Recorded, require_not_ahead
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import InvalidInput, RoundsmanError
from roundsman.identity.lookup import AmbiguousIdentifier
from roundsman.operations.fact_intake import tell
from roundsman.operations.fact_matching import find_told_of


class Fate(StrEnum):
    """What became of a row."""

    RECORDED = "recorded"
    ALREADY_RECORDED = "already_recorded"
    """The same was told before."""
    CONFLICT = "conflict"
    """Something else was told under its key before; what it says is kept for people, and changes nothing."""
    PARKED = "parked"
    """Nobody is known by its subject yet; it goes to him when he appears."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of a row; why, where it is refused."""

    fate: Fate
    code: str | None = None
    message: str | None = None


async def tell_batch(
    tx: Tx, rows: Sequence[ForeignFact], *, policy: ActivationPolicy, now: datetime
) -> tuple[Outcome, ...]:
    """Take rows as another system tells them; the outcomes in the order of the rows.

    What is about one person is written in one transaction; nothing else of the batch depends on it.
    """
    outcomes: dict[int, Outcome] = {}
    readable: dict[tuple[str, ...], list[tuple[int, Fact]]] = {}
    for number, row in enumerate(rows):
        try:
            names, fact = names_of(row.subject), _read(row, now=now)
        except InvalidInput as error:
            outcomes[number] = _refused(error)
        else:
            readable.setdefault(names, []).append((number, fact))
    for names, of_one in readable.items():
        text = rows[of_one[0][0]].subject
        for wave in _each_key_once(of_one):
            facts = [fact for _, fact in wave]
            fates = await _tell_of_one(tx, text, names, facts, policy=policy, now=now)
            outcomes.update(zip((number for number, _ in wave), fates, strict=True))
    return tuple(outcomes[number] for number in range(len(rows)))


def _read(row: ForeignFact, *, now: datetime) -> Fact:
    fact = read_foreign(row, now=now)
    require_not_ahead(fact, now=now)
    return fact


def _each_key_once(numbered: Iterable[tuple[int, Fact]]) -> list[list[tuple[int, Fact]]]:
    """Put rows that name one key one after another, so that the second is judged by the first."""
    waves: list[dict[str, tuple[int, Fact]]] = []
    for number, fact in numbered:
        wave = next((one for one in waves if fact.key not in one), None)
        if wave is None:
            waves.append(wave := {})
        wave[fact.key] = (number, fact)
    return [list(wave.values()) for wave in waves]


async def _tell_of_one(
    tx: Tx, text: str, names: Sequence[str], facts: Sequence[Fact], *, policy: ActivationPolicy, now: datetime
) -> list[Outcome]:
    async def work(tx: Tx) -> list[Outcome]:
        user_id = await find_told_of(tx, text)
        if user_id is None:
            fates = [await park(tx, names, fact, now=now) for fact in facts]
            return [Outcome(Fate.PARKED if is_parked else Fate.CONFLICT) for is_parked in fates]
        his = [replace(fact, subject=user_id) for fact in facts]
        recorded = await tell(tx, user_id, his, policy=policy, now=now)
        return [Outcome(_fate(fact, recorded)) for fact in facts]

    try:
        return await in_transaction(tx, work)
    except AmbiguousIdentifier as error:
        return [_refused(error)] * len(facts)


def _fate(fact: Fact, recorded: Recorded) -> Fate:
    if fact.key in recorded.new:
        return Fate.RECORDED
    return Fate.CONFLICT if fact.key in recorded.contradicting else Fate.ALREADY_RECORDED


def _refused(error: RoundsmanError) -> Outcome:
    return Outcome(Fate.REFUSED, error.code, error.message)
