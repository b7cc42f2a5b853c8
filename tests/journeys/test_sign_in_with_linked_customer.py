"""Somebody who had an account signs in as before, and sees himself as the customer he is."""

import httpx

from roundsman.runtime import Runtime
from tests.commands import RoundsmanCommand
from tests.journeys.shop import bearer, cut_over, import_shop, make_admin, sign_in
from tests.migration_builders import OTHER_PHONE, PHONE


async def test_after_cutover_an_imported_customer_signs_in_and_finds_his_profile(
    api: httpx.AsyncClient, runtime: Runtime, roundsman: RoundsmanCommand, shop: str
) -> None:
    import_shop(roundsman, shop)
    make_admin(roundsman)
    assert (await sign_in(api, PHONE)).json()["code"] == "sign_in_closed"
    cut_over(roundsman, shop)

    me = (await api.get("/api/v1/auth/me/profiles", headers=await bearer(api, f"+91 {PHONE}"))).json()

    assert me["user"]["name"] == "Asha Verma"
    assert [customer["address"] for customer in me["customers"]] == ["12 MG Road"]
    by_merged_account = (await api.get("/api/v1/auth/me/profiles", headers=await bearer(api, "double"))).json()
    assert by_merged_account["user"]["id"] == me["user"]["id"]
    assert (await sign_in(api, OTHER_PHONE)).status_code == 401  # He has no password yet.
    assert runtime.settings.refuse_default_passwords
