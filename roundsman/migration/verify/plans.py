"""What the applied plans said must be stored, row by row."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from roundsman.database.changes import Edit
from roundsman.database.collections import CREDENTIALS, IDENTIFIERS, REVIEWS
from roundsman.database.transaction import Document, Tx
from roundsman.identity.importing import find_identifiers
from roundsman.identity.mode import PeopleMode, get_mode
from roundsman.identity.rejoining import identifier_owners
from roundsman.migration.plan import IdentifierRow, ReviewRow, UserRow
from roundsman.migration.plan_documents import Section
from roundsman.migration.plan_store import find_plan, read_rows
from roundsman.migration.runs import RunState, list_runs
from roundsman.migration.verify.verification import Check, CheckResult
from roundsman.operations.journal import list_entries


async def check_plans(tx: Tx) -> CheckResult:
    """Questions are never forgotten; while people are in shadow, identifiers and passwords are where the plan put them.

    From cutover on people change their phones and passwords here, so those rows prove nothing any more.
    """
    result = CheckResult(Check.PLANS)
    in_shadow = (await get_mode(tx)).people is PeopleMode.SHADOW
    decided = await _decided_identifiers(tx)
    for run in await list_runs(tx):
        found = await find_plan(tx, run.plan) if run.state is RunState.APPLIED else None
        if found is None:
            continue
        async for rows in read_rows(tx, found[1], Section.REVIEWS):
            await _check_reviews(tx, rows, result)
        if in_shadow:
            left_out = frozenset((*run.drifted, *run.gone))
            async for rows in read_rows(tx, found[1], Section.IDENTIFIERS):
                await _check_identifiers(tx, [_as_decided(row, decided) for row in rows], result)
            async for rows in read_rows(tx, found[1], Section.USERS):
                await _check_passwords(tx, [row for row in rows if row.password_from not in left_out], result)
    return result


async def _decided_identifiers(tx: Tx) -> dict[str, Document]:
    """The identifiers that humans' answers led elsewhere, as the last answer left them."""
    decided: dict[str, Document] = {}
    for entry in await list_entries(tx):
        for change in reversed(entry.changes):
            if isinstance(change, Edit) and change.collection == IDENTIFIERS:
                decided.setdefault(change.id, change.after)
    return decided


def _as_decided(row: IdentifierRow, decided: Mapping[str, Document]) -> IdentifierRow:
    return replace(row, user_ids=identifier_owners(decided[row.key])) if row.key in decided else row


async def _check_reviews(tx: Tx, rows: Sequence[ReviewRow], result: CheckResult) -> None:
    there = await _ids_there(tx, REVIEWS, [row.id for row in rows])
    result.look(len(rows))
    for row in rows:
        if row.id not in there:
            result.fail(f"the question {row.id} about {', '.join(row.members)} is not there")


async def _check_identifiers(tx: Tx, rows: Sequence[IdentifierRow], result: CheckResult) -> None:
    there = {one.key: one.user_ids for one in await find_identifiers(tx, [row.key for row in rows])}
    result.look(len(rows))
    for row in rows:
        if there.get(row.key) != row.user_ids:
            owners = ", ".join(map(str, there.get(row.key, ()))) or "nobody"
            result.fail(f"{row.key} leads to {owners}, not to {', '.join(map(str, row.user_ids))}")


async def _check_passwords(tx: Tx, rows: Sequence[UserRow], result: CheckResult) -> None:
    users = [row.user.id for row in rows if row.password_from]
    there = await _ids_there(tx, CREDENTIALS, users)
    result.look(len(users))
    for user_id in users:
        if user_id not in there:
            result.fail(f"user {user_id} had a password in the source and has none here")


async def _ids_there(tx: Tx, collection: str, ids: Sequence[Any]) -> set[Any]:
    cursor = tx.database[collection].find({"_id": {"$in": list(ids)}}, {"_id": 1})
    return {document["_id"] async for document in cursor}
