"""Every page that can be reached, in a real browser: for who sees it, for who cannot, in wide and narrow windows, by day and night."""

import re
from collections import Counter, deque
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
from roundsman.console.navigation import PORTALS, groups_for
from roundsman.web.guards import Require
from roundsman.web.route_inventory import entrances
from tests.browser.people import phone_of_one
from tests.browser.visiting import LOOKS, Shop, Visit, visiting
from tests.depth import IS_PROOF

PICTURES = Path(__file__).parents[2] / ".roundsman" / "pictures"
"""Where the proof leaves what it saw."""

NO_LINK = {"/prove", "/second-step"}
"""Pages that one is sent to, besides those that are only where one comes to from a form (`/reveal`)."""

NO_PAGE = {"/customers.csv", "/migration/report"}
"""Files behind links that say so."""

MOST_OF_A_KIND = 4
"""How many are opened for what they lead to; the first one is looked at."""

SELDOM = {
    "/users/{user_id}/enable",
    "/users/{user_id}/sign-out",
    "/users/{user_id}/forget-authenticator",
    "/migration/plans/{plan_id}",
    "/migration/runs/{run_id}/undo",
}
"""Pages for what is not so with anybody in a small demo; those of the migration are looked at in test_import_flow."""

FOR_NOBODY = ("/", "/sign-in", "/password/reset/done", "/docs/api")


@dataclass(slots=True)
class Walk:
    """Somebody who follows every link, and looks at the first of each kind of page."""

    visit: Visit
    kinds: dict[str, re.Pattern[str]]
    seen: Counter[str] = field(default_factory=Counter)

    async def from_page(self, home: str) -> None:
        """Go on until every kind of page was seen, or nothing new is linked."""
        waiting, looks, known = deque([home]), cycle(LOOKS), {home}
        while waiting and self.missing():
            path = waiting.popleft()
            kind = self.kind_of(path)
            if kind is None or self.seen[kind] >= MOST_OF_A_KIND:
                continue
            self.seen[kind] += 1
            if self.seen[kind] == 1:
                for look in LOOKS if IS_PROOF else [next(looks)]:
                    await self.visit.look_at(path, look, folder=PICTURES if IS_PROOF else None)
            else:
                await self.visit.open(path)
            linked = [one for one in await self.visit.links() if one not in known]
            known.update(linked)
            waiting.extend(sorted(linked, key=lambda one: self.seen[self.kind_of(one) or ""]))

    def missing(self) -> set[str]:
        """The kinds of pages that were not seen yet."""
        return {kind for kind in self.kinds if not self.seen[kind] and not kind.endswith("/reveal")} - NO_LINK - SELDOM

    def kind_of(self, path: str) -> str | None:
        """The route that answers there."""
        return next((kind for kind, pattern in self.kinds.items() if pattern.match(path.partition("?")[0])), None)


def pages_of(role: Role) -> dict[str, re.Pattern[str]]:
    """The pages that are for somebody of this role; those with nothing in their address to fill in come first."""
    found = [one for one in entrances(create_app()) if isinstance(one.guard, Require) and "GET" in one.methods]
    paths = [
        one.path
        for one in found
        if isinstance(one.guard, Require)
        and one.guard.recognise is recognise_browser
        and one.guard.permission in permissions_of([role])
    ]
    own = {link.path for group in PORTALS for link in group.links}
    elsewhere = own - {link.path for group in groups_for([role]) for link in group.links}
    return {
        path: compile_path(path)[0] for path in sorted(set(paths) - NO_PAGE - elsewhere, key=lambda path: "{" in path)
    }


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
    assert walk.missing() == set()


async def test_what_nobody_has_signed_in_for_is_fit_for_everybody(browser: Browser, shop: Shop) -> None:
    async with visiting(browser, shop) as visit:
        looks = cycle(LOOKS)
        for path in FOR_NOBODY:
            for look in LOOKS if IS_PROOF else [next(looks)]:
                await visit.look_at(path, look)
        await visit.look_at("/password/reset?token=spent", next(looks), status=410)
    assert visit.faults == []
