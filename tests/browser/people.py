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


async def phone_of_one_who_never_ordered(shop: Shop) -> str:
    """The phone of the first customer of whom no order counts yet."""
    async for life in shop.database["lifecycles"].find({"status": {"$in": ["new", "onboarded"]}}).sort("_id", 1):
        profile = await shop.database["customers"].find_one({"user_id": life["_id"], "status": {"$ne": "stopped"}})
        phone = profile and await _phone_of(shop, life["_id"])
        if phone:
            return phone
    raise LookupError("everybody has ordered")


async def _phone_of(shop: Shop, user_id: ObjectId) -> str | None:
    found = await shop.database["identifiers"].find_one({"user_id": user_id, "_id": {"$regex": r"^phone:\+91[6-9]"}})
    return None if found is None else str(found["_id"].removeprefix("phone:"))
