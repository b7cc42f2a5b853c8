"""Facts that another system tells, many at once: each row has a fate of its own, and telling all again changes nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from roundsman.activation.facts import Fact
from roundsman.activation.foreign import ForeignFact, read_foreign
from roundsman.activation.parking import names_of, park
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.recorded_facts import require_not_ahead
from roundsman.activation.tracking import Recorded
from roundsman.audit_log.entries import AuditEntry, digest
from roundsman.audit_log.log import record
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict, InvalidInput, NotFound, RoundsmanError
from roundsman.operations.facts.fact_intake import require_customer, tell
from roundsman.operations.facts.fact_matching import find_told_of
from roundsman.operations.facts.intake import Intake


class Fate(StrEnum):
    """What became of a row."""

    RECORDED = "recorded"
    ALREADY_RECORDED = "already_recorded"
    """The same was told before."""
    CORRECTED = "corrected"
    """It was told before with another amount, order, or one who cancelled; what it says now stands."""
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


_WRITTEN: Final = frozenset({Fate.RECORDED, Fate.CONFLICT, Fate.PARKED})


async def tell_batch(tx: Tx, rows: Sequence[ForeignFact], *, intake: Intake, now: datetime) -> tuple[Outcome, ...]:
    """Take rows as another system tells them; the outcomes in the order of the rows.

    What is about one person is written in one transaction; nothing else of the batch depends on it. The audit log says at its
    end who told it and what came of it, unless nothing did.
    """
    outcomes = await _told(tx, rows, policy=intake.policy, now=now)
    counts = Counter(one.fate for one in outcomes)
    if not _WRITTEN.isdisjoint(counts):
        await record(tx, _entry(rows, counts, intake, now=now))
    return outcomes


def _entry(rows: Sequence[ForeignFact], counts: Counter[Fate], intake: Intake, *, now: datetime) -> AuditEntry:
    """How many rows had which fate; whoever has the same rows can show by the digest that they are those."""
    told = digest({"facts": [asdict(row) | {"occurred_at": row.occurred_at.isoformat()} for row in rows]})
    target = f"facts:{intake.id_for('facts', told.hex())}"
    reason = ", ".join(f"{fate} {counts[fate]}" for fate in Fate if counts[fate])
    return AuditEntry(now, intake.actor, "facts.told", target, after_digest=told, reason=reason)


async def _told(tx: Tx, rows: Sequence[ForeignFact], *, policy: ActivationPolicy, now: datetime) -> tuple[Outcome, ...]:
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
        await require_customer(tx, user_id)
        his = [replace(fact, subject=user_id) for fact in facts]
        recorded = await tell(tx, user_id, his, policy=policy, now=now)
        return [Outcome(_fate(fact, recorded)) for fact in facts]

    try:
        return await in_transaction(tx, work)
    except (InvalidInput, NotFound, Conflict) as error:
        return [_refused(error)] * len(facts)


def _fate(fact: Fact, recorded: Recorded) -> Fate:
    if fact.key in recorded.new:
        return Fate.RECORDED
    if fact.key in recorded.corrected:
        return Fate.CORRECTED
    return Fate.CONFLICT if fact.key in recorded.contradicting else Fate.ALREADY_RECORDED


def _refused(error: RoundsmanError) -> Outcome:
    return Outcome(Fate.REFUSED, error.code, error.message)
