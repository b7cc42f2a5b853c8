"""People of the demo's business who can sign in by code."""

from roundsman.access.roles import Role
from tests.browser.visiting import Shop


async def phone_of_one(shop: Shop, role: Role) -> str:
    """The phone of the first active user of a role who has one."""
    async for user in shop.database["users"].find({"roles": role.value, "status": "active"}).sort("_id", 1):
        identifier = await shop.database["identifiers"].find_one(
            {"user_ids": user["_id"], "_id": {"$regex": r"^phone:\+91[6-9]"}}
        )
        if identifier is not None:
            return str(identifier["_id"].removeprefix("phone:"))
    raise LookupError(role)
