"""What the applied plans said must be stored, row by row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roundsman.audit_log.log import was_released
from roundsman.database.collections import CREDENTIALS, REVIEWS, SOURCE_DOCUMENTS
from roundsman.database.transaction import Document, Tx
from roundsman.identity.following import is_imported
from roundsman.identity.importing import find_identifiers, find_users
from roundsman.identity.mode import PeopleMode, get_mode
from roundsman.identity.rejoining import identifier_owners
from roundsman.ids import UserId
from roundsman.migration.conversion import Reading, password_hash_of
from roundsman.migration.members import Opener, record_of
from roundsman.migration.plan import IdentifierRow, ReviewRow, UserRow
from roundsman.migration.plan_documents import Section
from roundsman.migration.plan_store import find_plan, read_rows
from roundsman.migration.runs import RunState, list_runs
from roundsman.migration.said import is_himself
from roundsman.migration.verify.answered import answered_identifiers
from roundsman.migration.verify.verification import Check, CheckResult


async def check_plans(tx: Tx, opener: Opener, *, as_of: datetime) -> CheckResult:
    """Questions are never forgotten; while people are in shadow, identifiers and passwords are where the plan put them.

    Later changes in the source move them, which the plans of rounds say only for a while. So a row that does not hold is
    right if the documents say so: whoever has it says it or may have, and nobody of the row does, or only again, after it
    had gone from him as the audit log tells. From cutover on people change their phones and passwords here, so those rows prove nothing
    any more.
    """
    now = _Now(tx, opener, as_of)
    result = CheckResult(Check.PLANS)
    in_shadow = (await get_mode(tx)).people is PeopleMode.SHADOW
    decided = await answered_identifiers(tx)
    for run in await list_runs(tx):
        found = await find_plan(tx, run.plan) if run.state is RunState.APPLIED else None
        if found is None:
            continue
        left_out = frozenset((*run.drifted, *run.gone))
        async for rows in read_rows(tx, found[1], Section.REVIEWS):
            # About a document that was not taken the next plan asks, if it still is in the source then.
            await _check_reviews(tx, [row for row in rows if left_out.isdisjoint(row.members)], result)
        if in_shadow:
            async for rows in read_rows(tx, found[1], Section.IDENTIFIERS):
                await _check_identifiers(tx, [_as_decided(row, decided) for row in rows], now, result)
            async for rows in read_rows(tx, found[1], Section.HAND_OVERS):
                given = [IdentifierRow(row.key, (row.after,) if row.after else ()) for row in rows]
                await _check_identifiers(tx, [_as_decided(row, decided) for row in given], now, result)
            async for rows in read_rows(tx, found[1], Section.USERS):
                await _check_passwords(tx, [row for row in rows if row.password_from not in left_out], now, result)
    return result


def _as_decided(row: IdentifierRow, decided: Mapping[str, Document]) -> IdentifierRow:
    return row._replace(user_ids=identifier_owners(decided[row.key])) if row.key in decided else row


async def _check_reviews(tx: Tx, rows: Sequence[ReviewRow], result: CheckResult) -> None:
    there = await _ids_there(tx, REVIEWS, [row.id for row in rows])
    result.look(len(rows))
    for row in rows:
        if row.id not in there:
            result.fail(f"the question {row.id} about {', '.join(row.members)} is not there")


@dataclass(frozen=True, slots=True)
class _Document:
    """What a document was read as, None if the profile does not know it; and whether the source has it no more."""

    reading: Reading | None
    is_gone: bool


@dataclass(frozen=True, slots=True)
class _Now:
    """What the documents of users say now, as far as anybody asks."""

    tx: Tx
    opener: Opener
    as_of: datetime

    async def moved(self, key: str, was: Sequence[UserId], holders: Sequence[UserId]) -> bool:
        """Whether the source moved a phone or an e-mail to those who hold it."""
        if key.startswith("alias:") or was == holders:
            return False
        if not all([await self._may_say(user, key) for user in holders]):
            return False
        rivals = [user for user in was if await self._says(user, key)]
        return not rivals or (bool(holders) and all([await was_released(self.tx, f"user:{one}") for one in rivals]))

    async def _says(self, user_id: UserId, key: str) -> bool:
        """Whether a document of his that the source still has says it, or one may that the profile does not know."""
        documents = await self._documents(user_id)
        return any(_is_key(one.reading, key) for one in documents if not one.is_gone)

    async def _may_say(self, user_id: UserId, key: str) -> bool:
        """Whether a document of his says it or said it; one that went before it was taken may have said anything."""
        documents = await self._documents(user_id)
        if not documents:
            return any(map(is_imported, await find_users(self.tx, [user_id])))
        return any(one.is_gone or _is_key(one.reading, key) for one in documents)

    async def has_password(self, user_id: UserId) -> bool:
        """Whether the account of the user himself says a password."""
        readings = [one.reading for one in await self._documents(user_id)]
        return any(one is None or (is_himself(record_of(one), user_id) and password_hash_of(one)) for one in readings)

    async def _documents(self, user_id: UserId) -> list[_Document]:
        copies = self.tx.database[SOURCE_DOCUMENTS].find({"user_id": user_id})
        return [
            _Document(await self.opener.read(self.tx, copy, now=self.as_of), "gone_at" in copy) async for copy in copies
        ]


def _is_key(reading: Reading | None, key: str) -> bool:
    return reading is None or key in record_of(reading).identifier_keys


async def _check_identifiers(tx: Tx, rows: Sequence[IdentifierRow], now: _Now, result: CheckResult) -> None:
    there = {one.key: one.user_ids for one in await find_identifiers(tx, [row.key for row in rows])}
    result.look(len(rows))
    for row in rows:
        holders = there.get(row.key, ())
        if holders != row.user_ids and not await now.moved(row.key, row.user_ids, holders):
            owners, planned = (", ".join(map(str, users)) or "nobody" for users in (holders, row.user_ids))
            result.fail(f"{row.key} leads to {owners}, not to {planned}")


async def _check_passwords(tx: Tx, rows: Sequence[UserRow], now: _Now, result: CheckResult) -> None:
    users = [row.user.id for row in rows if row.password_from]
    there = await _ids_there(tx, CREDENTIALS, users)
    result.look(len(users))
    for user_id in users:
        if user_id not in there and await now.has_password(user_id):
            result.fail(f"user {user_id} had a password in the source and has none here")


async def _ids_there(tx: Tx, collection: str, ids: Sequence[Any]) -> set[Any]:
    cursor = tx.database[collection].find({"_id": {"$in": list(ids)}}, {"_id": 1})
    return {document["_id"] async for document in cursor}
