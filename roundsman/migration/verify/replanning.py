"""Planning again in memory: what an import took, the next plan takes no more.

It is the planner's own way, portion by portion on whatever core is free; where all is well no portion gives any rows.
"""

from collections.abc import Collection, Iterator
from contextlib import aclosing
from datetime import datetime

import bson
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.migration.collecting import collect
from roundsman.migration.copies import find_copies
from roundsman.migration.crew import Crew
from roundsman.migration.knowledge import learn
from roundsman.migration.plan import (
    DocumentRow,
    HandOverRow,
    IdentifierRow,
    ProfileRow,
    ReviewRow,
    RolesRow,
    Row,
    UserRow,
)
from roundsman.migration.plan_documents import READERS, Section
from roundsman.migration.portions import PlannedPortion, plan_portion, portions
from roundsman.migration.profile import PEOPLE, SourceProfile
from roundsman.migration.sources.port import Source
from roundsman.migration.verify.verification import Check, CheckResult
from roundsman.operations.joining.journal import list_entries


async def check_replan(
    tx: Tx, source: Source, profile: SourceProfile, crew: Crew, *, as_of: datetime, news: set[str]
) -> CheckResult:
    """Only documents that arrived or changed since, the `news`, may ask for anything.

    But whom an answer told apart gets, in the next round, the customer profile that his subscriptions need.
    """
    answered = {user for entry in await list_entries(tx) for user in entry.users}
    roster = await collect(source, profile, crew=crew)
    people = [collection.name for collection in profile.of_kind(*PEOPLE)]
    pieces = portions(roster, await learn(tx, roster), collections=people, as_of=as_of, chunks_id=ObjectId())
    result, besides = CheckResult(Check.REPLAN), CheckResult(Check.REPLAN)
    again: dict[str, str] = {}
    async with aclosing(crew.in_order(plan_portion, pieces)) as done:
        async for _, planned in done:
            for row in _rows(planned):
                if isinstance(row, DocumentRow):
                    result.look()
                    if row.key not in news:
                        again[row.key] = row.rule
                elif not _is_due_to_answer(row, answered) and (said := _would(row)):
                    besides.fail(said)
    # What drifted, or was taken by a run that was undone, waits for the next round, even if it changed back.
    news = news | {copy.key for copy in await find_copies(tx, again) if copy.is_outdated}
    for key in again.keys() - news:
        result.fail(f"{key} would be taken again ({again[key]})")
    if not news:
        result.failures += besides.failures
        result.examples += besides.examples
    result.said = f"{result.failures} automatic actions, {len(news)} documents arrived or changed since"
    return result


def _rows(planned: PlannedPortion) -> Iterator[Row]:
    for chunk in map(bson.decode, planned.chunks):
        read = READERS[Section(chunk["_id"].split(":")[1])]
        yield from map(read, chunk["rows"])


def _is_due_to_answer(row: Row, answered: Collection[UserId]) -> bool:
    match row:
        case ProfileRow(customer=customer):
            return customer.user_id in answered
        case RolesRow(user_id=user_id, roles=roles):
            return user_id in answered and roles == (Role.CUSTOMER,)
        case _:
            return False


def _would(row: Row) -> str | None:
    """What the row would do without a human."""
    match row:
        case UserRow(user=user):
            return f"user {user.id} would be created"
        case HandOverRow(key=key, after=after):
            return f"{key} would find {after or 'nobody'}"
        case IdentifierRow(key=key):
            return f"{key} would be added"
        case ProfileRow(customer=customer):
            return f"a customer profile would be made for user {customer.user_id}"
        case RolesRow(user_id=user_id, roles=roles):
            return f"user {user_id} would become {', '.join(roles)}"
        case DocumentRow() | ReviewRow():
            return None
