"""Cutover: from here on Roundsman is the authority for people."""

from datetime import datetime

from roundsman.access.roles import STAFF_ROLES
from roundsman.audit_log.entries import SYSTEM, AuditEntry
from roundsman.audit_log.log import record
from roundsman.database.collections import REVIEWS
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict
from roundsman.identity.importing import count_admins_made_here, find_users
from roundsman.identity.mode import PeopleMode, get_mode, set_mode, with_people
from roundsman.migration.verify.verification import Verification


class NotReadyForCutover(Conflict):
    """A condition of cutover is not met; the message says which and what to do."""

    code = "not_ready_for_cutover"


async def cut_over(tx: Tx, verification: Verification, *, now: datetime) -> None:
    """Switch people to live. Raises NotReadyForCutover; operations stay where they are."""
    if not verification.passed:
        failed = ", ".join(check.check for check in verification.checks if not check.passed)
        raise NotReadyForCutover(f"verification fails ({failed}); see: roundsman migrate verify")
    if not await count_admins_made_here(tx):
        raise NotReadyForCutover(
            "no admin was made here yet; make one with: roundsman admin create --name NAME --phone PHONE"
        )
    if reviews := await open_staff_reviews(tx):
        raise NotReadyForCutover(
            f"{len(reviews)} open reviews are about staff ({', '.join(reviews[:5])}); "
            f"see: roundsman migrate review list"
        )
    await in_transaction(tx, lambda inner: _switch(inner, now))


async def _switch(tx: Tx, now: datetime) -> None:
    await set_mode(tx, with_people(await get_mode(tx), PeopleMode.LIVE))
    await record(tx, AuditEntry(now, SYSTEM, "mode.cut_over", "system:mode", reason="people are live"))


async def open_staff_reviews(tx: Tx) -> list[str]:
    """The open questions that concern a user with a staff role."""
    found = []
    async for review in tx.database[REVIEWS].find({"status": "open"}, {"user_ids": 1}):
        users = await find_users(tx, review["user_ids"])
        if any(STAFF_ROLES & set(user.roles) for user in users):
            found.append(str(review["_id"]))
    return found
