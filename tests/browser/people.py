"""People of the demo's business who can sign in by code."""

from bson import ObjectId

from roundsman.access.roles import Role
from tests.browser.visiting import Shop


async def phone_of_one(shop: Shop, role: Role) -> str:
    """The phone of the first active user of a role who has one."""
    async for user in shop.database["users"].find({"roles": role.value, "status": "active"}).sort("_id", 1):
        if phone := await _phone_of(shop, user["_id"]):
            return phone
    raise LookupError(role)


async def _phone_of(shop: Shop, user_id: ObjectId) -> str | None:
    found = await shop.database["identifiers"].find_one({"user_id": user_id, "_id": {"$regex": r"^phone:\+91[6-9]"}})
    return None if found is None else str(found["_id"].removeprefix("phone:"))
