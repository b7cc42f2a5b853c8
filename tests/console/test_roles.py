"""Roles: the pages say what the guards decide by."""

from fastapi import FastAPI

from roundsman.access.permissions import Permission, permissions_of
from roundsman.access.roles import Role
from roundsman.web.route_inventory import entrances
from tests.console.browsing import Visitors, words_of


async def test_the_matrix_shows_every_permission_and_filters(visitors: Visitors) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    page = await admin.open("/roles")
    assert [one for one in Permission if f"<code>{one}</code>" not in page.text] == []
    for role in Role:
        column = f'data-label="{role.value.replace("_", " ").capitalize()}"><span'
        assert page.text.count(column) == len(permissions_of([role]))
    some = words_of(await admin.open("/roles?q=Shut+OUT"))
    assert "users:disable" in some
    assert "users:read" not in some
    assert "No permission says that" in words_of(await admin.open("/roles?q=fly"))


async def test_every_way_in_is_listed_with_its_guard(visitors: Visitors, app: FastAPI) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    page = (await admin.open("/roles/routes")).text.replace("<wbr>", "")
    assert [way.path for way in entrances(app) if f">{way.path}</code>" not in page] == []
    found = words_of(await admin.open("/roles/routes?q=/users/ grant-role post"))
    assert "POST /users /{user_id} /grant-role roles:grant fresh proof people" in found
    assert "With a permission 1" in found
