"""Cutover: from here on Roundsman is the authority, for people first and for operations later.

Everything that is missing is said at once, each with the command that mends it. See `going_back` for the way back.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from roundsman.audit_log.entries import SYSTEM, AuditEntry
from roundsman.audit_log.log import record
from roundsman.database.backup import BackupNote, find_last_backup
from roundsman.database.backup_manifest import read_manifest, require_intact
from roundsman.database.lease import MIGRATION, count_turns, take_turn
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict, RoundsmanError
from roundsman.identity.importing import count_admins_made_here
from roundsman.identity.mode import (
    Mode,
    OperationsMode,
    PeopleMode,
    get_mode,
    set_mode,
    with_operations,
    with_people,
)
from roundsman.migration.authority import is_about_staff
from roundsman.migration.members import owners_of
from roundsman.migration.planner import refuse_while_unfinished
from roundsman.migration.profile import OPERATIONS, SourceProfile
from roundsman.migration.reviews import list_reviews
from roundsman.migration.runs import find_latest_run, find_unfinished_run
from roundsman.migration.verify.verification import Verification


class Condition(StrEnum):
    """What must hold before a switch."""

    PEOPLE_LIVE = "people_live"
    IMPORT = "import"
    VERIFICATION = "verification"
    NOTHING_WAITS = "nothing_waits"
    STAFF_REVIEWS = "staff_reviews"
    ADMIN = "admin"
    BACKUP = "backup"


@dataclass(frozen=True, slots=True)
class Unmet:
    """A condition that does not hold, what was found, and the command that mends it."""

    condition: Condition
    said: str
    command: str


class NotReadyForCutover(Conflict):
    """Conditions of a switch are not met; `unmet` are all of them."""

    code = "not_ready_for_cutover"

    def __init__(self, unmet: Sequence[Unmet]) -> None:
        lines = [f"\n- {one.said}\n  {one.command}" for one in unmet]
        super().__init__(f"not yet: {len(unmet)} of the conditions are not met{''.join(lines)}")
        self.unmet = tuple(unmet)


class SwitchedAlready(Conflict):
    """The switch stands there already."""

    code = "switched_already"


class ChangedSinceProof(Conflict):
    """Somebody imported, answered or took back while the switch was waiting for its word."""

    code = "changed_since_proof"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the proofs are about: after so many turns, and the last run with the time it ended."""

    turns: int
    run: str | None
    finished_at: datetime | None


async def find_standing(tx: Tx) -> Standing:
    """Where things stand; ask before anything is proved."""
    run = await find_latest_run(tx)
    turns = await count_turns(tx, MIGRATION)
    return Standing(turns, run.id, run.finished_at) if run else Standing(turns, None, None)


async def require_ready_for_people(tx: Tx, verification: Verification) -> None:
    """Return when people can go live. Raises SwitchedAlready, or NotReadyForCutover with all that is missing."""
    if (await get_mode(tx)).people is PeopleMode.LIVE:
        raise SwitchedAlready(await _why_live(tx))
    unmet = [
        *[one async for one in _import_unmet(tx)],
        *_verification_unmet(verification),
        *[one async for one in _staff_unmet(tx)],
        *[one async for one in _backup_unmet(tx)],
    ]
    if unmet:
        raise NotReadyForCutover(unmet)


async def _why_live(tx: Tx) -> str:
    if await find_latest_run(tx):
        return "people are live already; back, while nothing was written here: roundsman migrate cutover --back"
    return (
        "people are live already, for nothing was imported that they could follow; begin with: roundsman migrate plan"
    )


async def require_ready_for_operations(tx: Tx, verification: Verification, profile: SourceProfile) -> None:
    """Return when operations can follow people. Raises SwitchedAlready or NotReadyForCutover.

    Nothing may wait in the source: after the switch it would never be taken.
    """
    mode = await get_mode(tx)
    if mode.operations is OperationsMode.ROUNDSMAN:
        raise SwitchedAlready("operations are Roundsman's already")
    unmet = [one async for one in _people_unmet(tx)]
    unmet += [*[one async for one in _import_unmet(tx)], *_verification_unmet(verification)]
    names = {collection.name for collection in profile.of_kind(*OPERATIONS)}
    if waiting := sum(account.waiting for account in verification.accounts if account.collection in names):
        said = (
            f"{waiting} orders arrived or changed in the source since the last import: stop its writers, import again"
        )
        unmet.append(Unmet(Condition.NOTHING_WAITS, said, "roundsman migrate plan"))
    if unmet:
        raise NotReadyForCutover(unmet)


async def cut_over(tx: Tx, *, now: datetime) -> None:
    """Switch people to live; operations stay where they are. Whoever calls has asked whether everything is ready.

    A plan that was made before is not applied any more. Raises SwitchedAlready, or LeaseTaken or RunUnfinished while somebody imports.
    """

    async def work(tx: Tx) -> None:
        await take_turn(tx, MIGRATION, now=now)
        await refuse_while_unfinished(tx)
        mode = await get_mode(tx)
        if mode.people is PeopleMode.LIVE:
            # A later moment would forget what was written live since the first.
            raise SwitchedAlready("people are live already")
        await set_mode(tx, with_people(mode, PeopleMode.LIVE, since=now))
        await record(tx, AuditEntry(now, SYSTEM, "mode.cut_over", "system:mode", reason="people are live"))

    await in_transaction(tx, work)


async def cut_over_operations(tx: Tx, *, now: datetime) -> None:
    """Switch operations to Roundsman. Whoever calls has asked whether everything is ready.

    Raises SwitchedAlready, or LeaseTaken or RunUnfinished while somebody imports.
    """

    async def work(tx: Tx) -> None:
        await take_turn(tx, MIGRATION, now=now)
        await refuse_while_unfinished(tx)
        mode: Mode = await get_mode(tx)
        if mode.operations is OperationsMode.ROUNDSMAN:
            raise SwitchedAlready("operations are Roundsman's already")
        await set_mode(tx, with_operations(mode, OperationsMode.ROUNDSMAN, since=now))
        await record(tx, AuditEntry(now, SYSTEM, "mode.cut_over", "system:mode", reason="operations are live"))

    await in_transaction(tx, work)


async def cut_over_as_proved(tx: Tx, proved: Standing, *, now: datetime) -> None:
    """Switch people to live if all still is as it was when it was proved; a human may have thought for an hour.

    Raises ChangedSinceProof, NotReadyForCutover, or as `cut_over`.
    """

    async def work(tx: Tx) -> None:
        await _require_as_proved(tx, proved, _import_unmet, _staff_unmet)
        await cut_over(tx, now=now)

    await in_transaction(tx, work)


async def cut_over_operations_as_proved(tx: Tx, proved: Standing, *, now: datetime) -> None:
    """Switch operations if all still is as it was when it was proved. Raises as `cut_over_as_proved`."""

    async def work(tx: Tx) -> None:
        await _require_as_proved(tx, proved, _people_unmet, _import_unmet)
        await cut_over_operations(tx, now=now)

    await in_transaction(tx, work)


async def open_staff_reviews(tx: Tx) -> list[str]:
    """The open questions that concern a user with a staff role."""
    found = []
    for review in (await list_reviews(tx, limit=0)).reviews:
        owners = await owners_of(tx, review.members)
        if await is_about_staff(tx, review, [user for user in owners.values() if user]):
            found.append(review.id)
    return found


async def _require_as_proved(tx: Tx, proved: Standing, *conditions: Callable[[Tx], AsyncIterator[Unmet]]) -> None:
    """Within the transaction of the switch: what is cheap to know is asked again, the rest cannot have changed."""
    unmet = [one for condition in conditions async for one in condition(tx)]
    if unmet:
        raise NotReadyForCutover(unmet)
    if await find_standing(tx) != proved:
        raise ChangedSinceProof(
            "nothing was switched: somebody imported, answered a question or took something back since everything was "
            "proved; give the same command again"
        )


async def _people_unmet(tx: Tx) -> AsyncIterator[Unmet]:
    if (await get_mode(tx)).people is not PeopleMode.LIVE:
        yield Unmet(Condition.PEOPLE_LIVE, "people are not live yet", "roundsman migrate cutover")


async def _import_unmet(tx: Tx) -> AsyncIterator[Unmet]:
    if run := await find_unfinished_run(tx):
        command = f"roundsman migrate apply --plan {run.plan[:12]}"
        yield Unmet(Condition.IMPORT, f"the import {run.id} was broken off", command)
    elif await find_latest_run(tx) is None:
        yield Unmet(Condition.IMPORT, "nothing was imported yet", "roundsman migrate plan")


def _verification_unmet(verification: Verification) -> list[Unmet]:
    if verification.passed:
        return []
    failed = ", ".join(check.check for check in verification.checks if not check.passed)
    return [Unmet(Condition.VERIFICATION, f"verification fails ({failed})", "roundsman migrate verify")]


async def _staff_unmet(tx: Tx) -> AsyncIterator[Unmet]:
    if reviews := await open_staff_reviews(tx):
        said = f"{len(reviews)} open reviews are about staff ({', '.join(reviews[:5])})"
        yield Unmet(Condition.STAFF_REVIEWS, said, "roundsman migrate review list")
    if not await count_admins_made_here(tx):
        command = "roundsman admin create --name NAME --phone PHONE"
        yield Unmet(Condition.ADMIN, "no admin was made here yet", command)


async def _backup_unmet(tx: Tx) -> AsyncIterator[Unmet]:
    backup, run = await find_last_backup(tx), await find_latest_run(tx)
    said = None
    if backup is None:
        said = "Roundsman's database was never backed up"
    elif run is not None and run.finished_at is not None and backup.at <= run.finished_at:
        said = f"the last backup, in {backup.directory}, is older than the last import"
    else:
        said = await asyncio.to_thread(_damage, backup)
    if said:
        yield Unmet(Condition.BACKUP, said, "roundsman db backup FOLDER")


def _damage(backup: BackupNote) -> str | None:
    """Read the whole backup again: one that nobody can read is none."""
    try:
        manifest = read_manifest(backup.directory)
        require_intact(backup.directory, manifest)
    except RoundsmanError as error:
        return f"the last backup cannot be used: {error.message}"
    return None if manifest.digest == backup.digest else f"{backup.directory} holds another backup than the last one"
