"""Switching messages, and saying that one wants none."""

import httpx

from roundsman.access.roles import Role
from roundsman.database.collections import AUDIT_LOG, MESSAGE_SETTINGS
from roundsman.database.transaction import Tx
from tests.http.people import bearer_of

SWITCHES, MINE, CLOSE = "/api/v1/activation/messages", "/api/v1/auth/me/messages", "/api/v1/auth/me/close"


async def test_the_owner_switches_a_message_on(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.ADMIN)
    assert {one["on"] for one in (await api.get(SWITCHES, headers=bearer)).json()} == {False}

    setting = {"on": True, "channels": ["sms", "email"], "dlt_template": "1107160000000012345"}
    answer = await api.put(f"{SWITCHES}/welcome", json=setting, headers=bearer)

    assert answer.json() == setting | {"template": "welcome"}
    assert (await api.put(f"{SWITCHES}/code", json=setting, headers=bearer)).status_code == 422
    (entry,) = await tx.database[AUDIT_LOG].find({"action": "message.switched"}).to_list()
    assert (entry["target"], entry["reason"]) == ("message:welcome", "on: sms, email")


async def test_one_opts_out_and_in_and_it_goes_with_the_account(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.CUSTOMER)
    for wanted in (False, True, False):
        await api.put(MINE, json={"wanted": wanted}, headers=bearer)
        assert (await api.get(MINE, headers=bearer)).json() == {"wanted": wanted}
    assert (await api.post(CLOSE, headers=bearer)).status_code == 204
    assert await tx.database[MESSAGE_SETTINGS].count_documents({}) == 0
