"""The office changes what is said of a delivery boy."""

from bson import ObjectId

from roundsman.database import collections
from tests.http.delivering import Depot
from tests.http.shopping import code_of


async def test_the_office_says_what_a_delivery_boy_is_called_and_where_he_delivers(depot: Depot) -> None:
    place = f"/delivery-boys/{depot.ravi.id}"
    first = await depot.do(depot.owner, "PATCH", place, {"areas": ["Indiranagar", "Domlur"]})
    for _ in range(2):
        second = await depot.do(depot.owner, "PATCH", place, {"name": "Ravi Kumar Gowda"})

    assert first["areas"] == ["Indiranagar", "Domlur"]
    assert second == first | {"name": "Ravi Kumar Gowda"}
    assert (await depot.get(depot.owner, place))["delivery_boy"] == second
    stored = await depot.tx.database[collections.DELIVERY_BOYS].find_one({"_id": ObjectId(depot.ravi.id)})
    assert stored is not None
    assert sorted(stored["edited_fields"]) == ["areas", "name"]
    log = depot.tx.database[collections.AUDIT_LOG].find({"action": "delivery_boy.edited"}).sort("_id")
    told = [(one["target"], one["before_digest"], one["after_digest"]) async for one in log]
    assert [target for target, _, _ in told] == [f"delivery_boy:{depot.ravi.id}"] * 2
    assert told[0][2] == told[1][1] != told[1][2]
    nobody = await depot.ask(depot.owner, "PATCH", f"/delivery-boys/{ObjectId()}", {"name": "Nobody"})
    himself = await depot.ask(depot.ravi.user_id, "PATCH", place, {"areas": []})
    assert [code_of(one) for one in (nobody, himself)] == [(404, "unknown_delivery_boy"), (403, "permission_missing")]
    users = depot.tx.database[collections.USERS]
    await users.update_one({"_id": depot.ravi.user_id}, {"$set": {"status": "closed"}})
    closed = await depot.ask(depot.owner, "PATCH", place, {"name": "Ravi"})
    assert code_of(closed) == (409, "user_not_live")
