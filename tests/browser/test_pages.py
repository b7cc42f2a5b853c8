"""Every page that can be reached, in a real browser: for who sees it, for who cannot, in wide and narrow windows, by day and night."""

import re
from collections import deque
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import pytest
from playwright.async_api import Browser
from starlette.routing import compile_path

from roundsman.access.permissions import permissions_of
from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.console.guards import recognise_browser
from roundsman.web.guards import Require
from roundsman.web.route_inventory import entrances
from tests.browser.people import phone_of_one
from tests.browser.visiting import LOOKS, Shop, Visit, visiting
from tests.depth import IS_PROOF

PICTURES = Path(__file__).parents[2] / ".roundsman" / "pictures"
"""Where the proof leaves what it saw."""

NO_LINK = {"/prove"}
"""Pages that one is sent to."""

FOR_NOBODY = ("/", "/sign-in", "/password/reset/done", "/docs/api")


@dataclass(slots=True)
class Walk:
    """Somebody who follows every link, and looks at the first of each kind of page."""

    visit: Visit
    kinds: dict[str, re.Pattern[str]]
    seen: dict[str, str] = field(default_factory=dict)

    async def from_page(self, home: str) -> None:
        """Go on until nothing new is linked."""
        waiting, looks = deque([home]), cycle(LOOKS)
        while waiting:
            path = waiting.popleft()
            kind = self.kind_of(path)
            if kind is None or kind in self.seen:
                continue
            self.seen[kind] = path
            for look in LOOKS if IS_PROOF else [next(looks)]:
                await self.visit.look_at(path, look, folder=PICTURES if IS_PROOF else None)
            waiting += await self.visit.links()

    def kind_of(self, path: str) -> str | None:
        """The route that answers there."""
        return next((kind for kind, pattern in self.kinds.items() if pattern.match(path.partition("?")[0])), None)


def pages_of(role: Role) -> dict[str, re.Pattern[str]]:
    """The pages that somebody of this role may open; those with nothing in their address to fill in come first."""
    found = [one for one in entrances(create_app()) if isinstance(one.guard, Require) and "GET" in one.methods]
    paths = [
        one.path
        for one in found
        if isinstance(one.guard, Require)
        and one.guard.recognise is recognise_browser
        and one.guard.permission in permissions_of([role])
    ]
    return {path: compile_path(path)[0] for path in sorted(paths, key=lambda path: "{" in path)}


@pytest.mark.parametrize(
    ("role", "language"),
    [(Role.ADMIN, "en"), (Role.CUSTOMER, "hi"), (Role.DELIVERY_BOY, "hi"), (Role.SUPPLIER, "hi")],
)
async def test_every_page_is_linked_and_fit_for_everybody(
    browser: Browser, shop: Shop, role: Role, language: str
) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    kinds = pages_of(role)
    async with visiting(browser, shop, locale=language) as visit:
        if role is Role.ADMIN:
            await visit.sign_in(shop.phone, shop.password)
        else:
            await visit.sign_in_by_code(await phone_of_one(shop, role))
        await visit.page.wait_for_load_state()
        walk = Walk(visit, kinds)
        await walk.from_page(visit.page.url.removeprefix(shop.url))
        await visit.look_at("/nothing-is-here", LOOKS[0], status=404)
        if role is not Role.ADMIN:
            await visit.look_at("/users", LOOKS[1], status=403)
    assert visit.faults == []
    assert kinds.keys() - walk.seen.keys() == NO_LINK & kinds.keys()


async def test_what_nobody_has_signed_in_for_is_fit_for_everybody(browser: Browser, shop: Shop) -> None:
    async with visiting(browser, shop) as visit:
        looks = cycle(LOOKS)
        for path in FOR_NOBODY:
            for look in LOOKS if IS_PROOF else [next(looks)]:
                await visit.look_at(path, look)
        await visit.look_at("/password/reset?token=spent", next(looks), status=410)
    assert visit.faults == []
