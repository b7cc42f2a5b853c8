"""From following the existing application to being the authority: not before everything is ready, and then at once."""

import httpx

from roundsman.database.collections import ORDERS, REVIEWS, USERS
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, get_mode
from roundsman.runtime import Runtime
from tests.commands import RoundsmanCommand
from tests.imports import Database, fill
from tests.journeys.shop import OWNER_PHONE, bearer, cut_over, import_shop, make_admin, sign_in
from tests.migration_builders import PHONE, doc
from tests.storage.migration.worlds import BOY_PHONE, ORDER_ID, STAFF_PHONE

NEW_CUSTOMER = {"name": "Zoya Khan", "phone": "9845011199"}
SHADOW = Mode(PeopleMode.SHADOW, OperationsMode.SOURCE)


async def test_cutover_waits_for_proofs_an_admin_and_the_questions_about_staff(
    roundsman: RoundsmanCommand, runtime: Runtime, database: Database, source_database: Database, shop: str
) -> None:
    # A customer under the phone of an admin, with another name: only a human may say who they are.
    await fill(source_database, {"customers": [doc("clash", "Zubin Mistry", phone=STAFF_PHONE)]})
    import_shop(roundsman, shop)
    cutover = ("migrate", "cutover", "--source", shop)

    await database[ORDERS].update_one({"_id": ORDER_ID}, {"$inc": {"total_paise": 1}})
    unready = roundsman(*cutover, "--yes")
    assert (unready.returncode, "4 of the conditions are not met" in unready.stderr) == (4, True)
    for said in ("verification fails (money)", "about staff", "no admin was made here", "never backed up"):
        assert said in unready.stderr
    await database[ORDERS].update_one({"_id": ORDER_ID}, {"$inc": {"total_paise": -1}})
    make_admin(roundsman)
    assert roundsman("db", "backup", "backup").returncode == 0

    undecided = roundsman(*cutover, "--yes")
    assert (undecided.returncode, "1 of the conditions" in undecided.stderr) == (4, True)
    assert "about staff" in undecided.stderr
    assert await get_mode(runtime.tx) == SHADOW
    (staff,) = await database[USERS].find({"roles": "admin", "created_by": {"$regex": "^import"}}).to_list()
    (review,) = await database[REVIEWS].find({"user_ids": staff["_id"]}).to_list()
    answer = ("migrate", "review", "decide", review["_id"], "keep-apart", "--reason", "the owner knows both")
    # About staff two admins say the same.
    for admin in (str(staff["_id"]), OWNER_PHONE):
        answered = roundsman(*answer, "--by", admin)
        assert answered.returncode == 0, answered.stderr

    hesitant = roundsman(*cutover, standard_input="yes\n")
    assert (hesitant.returncode, "nothing was changed" in hesitant.stderr) == (1, True)
    assert await get_mode(runtime.tx) == SHADOW

    done = roundsman(*cutover, standard_input="live\n")

    assert done.returncode == 0, done.stderr
    assert await get_mode(runtime.tx) == Mode(PeopleMode.LIVE, OperationsMode.SOURCE)


async def test_until_cutover_customers_wait_and_staff_looks_around(
    api: httpx.AsyncClient, roundsman: RoundsmanCommand, shop: str
) -> None:
    import_shop(roundsman, shop)
    password = make_admin(roundsman)

    admin = await bearer(api, OWNER_PHONE, password)
    found = await api.get("/api/v1/users/lookup", params={"identifier": BOY_PHONE}, headers=admin)
    closed = await api.post("/api/v1/customers", json=NEW_CUSTOMER, headers=admin)

    assert found.json()["delivery_boy"]["name"] == "Ramesh Yadav"
    assert (closed.status_code, closed.json()["code"]) == (409, "people_managed_elsewhere")
    assert (await sign_in(api, PHONE)).json()["code"] == "sign_in_closed"
    assert (await sign_in(api, STAFF_PHONE)).status_code == 200
    cut_over(roundsman, shop)
    assert (await sign_in(api, PHONE)).status_code == 200
    registered = await api.post("/api/v1/customers", json=NEW_CUSTOMER, headers=admin)
    assert registered.status_code == 201
