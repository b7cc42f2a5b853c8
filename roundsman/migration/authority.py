"""Who may answer a question: about staff two different admins, where there are two."""

from collections.abc import Iterable
from dataclasses import replace

from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.database.transaction import Tx
from roundsman.errors import NotPermitted
from roundsman.identity.importing import find_users
from roundsman.identity.role_grants import list_active_admins
from roundsman.ids import UserId
from roundsman.migration.matching import Rule
from roundsman.migration.reviews import Given, Review


class AdminNeeded(NotPermitted):
    """A question about staff is answered by an admin, who is named."""

    code = "admin_needed"


async def is_about_staff(tx: Tx, review: Review, users: Iterable[UserId]) -> bool:
    """Whether a user or a record of the question has rights over other people's data."""
    found = await find_users(tx, list(users))
    is_to_be_staff = review.asked is not None and review.asked.value in STAFF_ROLES
    return review.rule == Rule.STAFF or is_to_be_staff or any(STAFF_ROLES & set(user.roles) for user in found)


async def authorised(tx: Tx, review: Review, given: Given, users: Iterable[UserId]) -> Given | None:
    """The answer if it may be carried out now; None if it is a proposal that another admin has to second.

    A single admin decides alone, and the answer says so. Raises AdminNeeded.
    """
    if not await is_about_staff(tx, review, users):
        return given
    admins = {str(admin.id) for admin in await list_active_admins(tx)}
    if not admins:
        return given
    if given.by not in admins:
        raise AdminNeeded(f"review {review.id} is about staff: an active admin answers it; name him with --by")
    if len(admins) == 1:
        return replace(given, alone=True)
    proposal = review.proposal
    if proposal is None or proposal.by == given.by or proposal.by not in admins:
        return None
    same = (proposal.answer.decision, proposal.answer.holder) == (given.answer.decision, given.answer.holder)
    return replace(given, seconded_by=proposal.by) if same else None


async def require_admin_about_staff(tx: Tx, by: str) -> None:
    """What was answered about staff is taken back by an admin, where there is one. Raises AdminNeeded."""
    admins = {str(admin.id) for admin in await list_active_admins(tx)}
    if admins and by not in admins:
        raise AdminNeeded("this is about staff: an active admin takes it back; name him with --by")


async def require_admin(tx: Tx, user_id: UserId) -> None:
    """Raise AdminNeeded unless the user is an active admin."""
    if user_id not in {admin.id for admin in await list_active_admins(tx)}:
        raise AdminNeeded(f"user {user_id} is no active admin ({Role.ADMIN})")
