"""How many users there are, of which kind."""

from dataclasses import dataclass

from roundsman.access.roles import Role
from roundsman.database.collections import USERS
from roundsman.database.transaction import Document, Tx
from roundsman.identity.users import LIVE_STATUSES, UserStatus


@dataclass(frozen=True, slots=True)
class UserCounts:
    """Users by status, every status named; and live users by role, where one user may count several times."""

    by_status: dict[UserStatus, int]
    by_role: dict[Role, int]

    @property
    def live(self) -> int:
        """How many people there are: merged and archived users are none."""
        return sum(self.by_status[status] for status in LIVE_STATUSES)


async def count_users_by_kind(tx: Tx) -> UserCounts:
    """Count the users; reads each of them once."""
    live = {"$match": {"status": {"$in": sorted(LIVE_STATUSES)}}}
    by_status = await _count_by(tx, "$status")
    by_role = await _count_by(tx, "$roles", live, {"$unwind": "$roles"})
    return UserCounts(
        by_status={status: by_status.get(status.value, 0) for status in UserStatus},
        by_role={role: by_role.get(role.value, 0) for role in Role},
    )


async def _count_by(tx: Tx, field: str, *before: Document) -> dict[str, int]:
    pipeline = [*before, {"$group": {"_id": field, "count": {"$sum": 1}}}]
    rows = await tx.database[USERS].aggregate(pipeline, session=tx.session)
    return {row["_id"]: row["count"] async for row in rows}
