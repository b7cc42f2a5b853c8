"""How many users there are, of which kind."""

from collections import Counter
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
    kinds: Document = {"$group": {"_id": {"status": "$status", "roles": "$roles"}, "count": {"$sum": 1}}}
    found = await (await tx.database[USERS].aggregate([kinds], session=tx.session)).to_list()
    by_status, by_role = Counter[str](), Counter[str]()
    for one in found:
        status, roles = one["_id"]["status"], one["_id"]["roles"]
        by_status[status] += one["count"]
        by_role.update(dict.fromkeys(roles if status in LIVE_STATUSES else (), one["count"]))
    return UserCounts({one: by_status[one] for one in UserStatus}, {one: by_role[one] for one in Role})
