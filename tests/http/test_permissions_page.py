"""docs/permissions.md is what the guards decide by."""

import re
from pathlib import Path

from fastapi import FastAPI

from roundsman.access.permissions import Permission, permissions_of
from roundsman.access.roles import Role
from roundsman.cli.permissions import permissions_page
from roundsman.web.route_inventory import entrances

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"


def test_the_page_is_fresh(app: FastAPI) -> None:
    assert PAGE.read_text("utf-8") == permissions_page(entrances(app)) + "\n", "run: make docs"


def test_a_role_may_what_its_column_says(app: FastAPI) -> None:
    rows = re.findall(r"^\| `([a-z_]+:[a-z_]+)` \| [^|]+ \|(.*)\|$", permissions_page(entrances(app)), re.MULTILINE)
    cells = {name: [cell.strip() for cell in row.split("|")] for name, row in rows}
    assert list(cells) == list(Permission)
    for column, role in enumerate(Role):
        assert {name for name, row in cells.items() if row[column]} == permissions_of([role])


def test_every_way_in_is_on_the_page(app: FastAPI) -> None:
    page = permissions_page(entrances(app))
    assert [one for one in entrances(app) if page.count(f"{' '.join([*sorted(one.methods), one.path])}`") != 1] == []
