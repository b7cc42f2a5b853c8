"""Visiting pages with a real browser, and noting what nobody should meet there."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import axe_playwright_python
from playwright.async_api import Browser, CDPSession, Page, ViewportSize
from pymongo.asynchronous.database import AsyncDatabase

from roundsman.database.transaction import Document

WIDE: Final = ViewportSize(width=1280, height=900)
NARROW: Final = ViewportSize(width=390, height=844)


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at: in which window, by day or at night."""

    name: str
    window: ViewportSize
    scheme: Literal["light", "dark"]


LOOKS: Final = (
    Look("wide-light", WIDE, "light"),
    Look("narrow-dark", NARROW, "dark"),
    Look("wide-dark", WIDE, "dark"),
    Look("narrow-light", NARROW, "light"),
)
MOST_BYTES: Final = 40 * 1024
_PATIENCE_SECONDS: Final = 180
_LINKS: Final = """[
    ...[...document.querySelectorAll("a[href]:not([download])")].map((one) => one.href),
    ...[...document.querySelectorAll("form:not([method=post])")].map((one) => new URL(one.getAttribute("action") ?? "", location.href).href),
].map((address) => address.split("#")[0])"""
_AXE: Final = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Shop:
    """A served business: where it is, where its messages are written, its database, and its admin's sign-in."""

    url: str
    data: Path
    database: AsyncDatabase[Document]
    phone: str
    password: str

    async def code_after(self, before: int, phone: str) -> str:
        """The next code that is sent to a phone after so many."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                codes = self.codes_for(phone)
                if len(codes) > before:
                    return codes[-1]
                await asyncio.sleep(0.1)

    def codes_for(self, phone: str) -> list[str]:
        """The codes that were sent to a phone so far."""
        outbox = self.data / "outbox.jsonl"
        lines = outbox.read_text("utf-8").splitlines() if outbox.exists() else []
        return [str(one["text"].split()[0]) for one in map(json.loads, lines) if one["to"] == phone]


@dataclass(slots=True)
class Visit:
    """One page of a browser, what went wrong in it, and how many bytes came over the network."""

    shop: Shop
    page: Page
    network: CDPSession
    faults: list[str] = field(default_factory=list)
    received: int = 0

    async def open(self, path: str, *, status: int = 200) -> None:
        """Open a page of the shop, which must answer so."""
        answer = await self.page.goto(self.shop.url + path)
        assert answer is not None
        if answer.status != status:
            self.faults.append(f"{path}: {answer.status}")

    async def sign_in(self, phone: str, password: str) -> None:
        """Sign in with a password."""
        await self.open("/sign-in")
        await self.page.click("details.more summary")
        await self.page.fill("#identifier", phone)
        await self.page.fill("#password", password)
        await self.page.click("details.more button")

    async def sign_in_by_code(self, phone: str) -> None:
        """Sign in with a code."""
        before = len(self.shop.codes_for(phone))
        await self.open("/sign-in")
        await self.page.fill("#contact", phone)
        await self.page.click("form[action='/sign-in/code'] button")
        await self.page.fill("#code", await self.shop.code_after(before, phone))
        await self.page.click("form[action='/sign-in/code/confirm'] button")

    async def look_at(self, path: str, look: Look, *, status: int = 200, folder: Path | None = None) -> None:
        """Open a page as for the first time and note what is wrong with it: for who cannot see it, for who waits for it."""
        await self.page.set_viewport_size(look.window)
        await self.page.emulate_media(color_scheme=look.scheme)
        await self.network.send("Network.clearBrowserCache")
        self.received = 0
        await self.open(path, status=status)
        await self.page.wait_for_load_state("networkidle")
        if self.received > MOST_BYTES:
            self.faults.append(f"{path}: {self.received} bytes")
        await self.page.evaluate(_AXE)
        found: dict[str, Any] = await self.page.evaluate("axe.run({resultTypes: ['violations']})")
        self.faults += [
            f"{path}, {look.name}: {one['id']} at {node['target']}"
            for one in found["violations"]
            for node in one["nodes"]
        ]
        if await self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.faults.append(f"{path}, {look.name}: scrolls sideways")
        if folder is not None:
            name = f"{path.strip('/').replace('/', '_') or 'home'}-{look.name}.png"
            await self.page.screenshot(path=folder / name, full_page=True)

    async def links(self) -> list[str]:
        """Where the links and the filters of the page lead, within the shop."""
        found: list[str] = await self.page.evaluate(_LINKS)
        return [one.removeprefix(self.shop.url) for one in found if one.startswith(f"{self.shop.url}/")]


@asynccontextmanager
async def visiting(browser: Browser, shop: Shop, **options: Any) -> AsyncIterator[Visit]:  # noqa: ANN401  a context's
    """A new browser of somebody, with nothing in it yet."""
    context = await browser.new_context(**options)
    context.set_default_timeout(_PATIENCE_SECONDS * 1000)
    page = await context.new_page()
    visit = Visit(shop, page, await context.new_cdp_session(page))
    await _watch(visit)
    yield visit
    await context.close()


async def _watch(visit: Visit) -> None:
    def note_said(kind: str, text: str) -> None:
        # What the browser itself says of an answer that the test expects; the test looks at the status.
        if kind in {"error", "warning"} and "the server responded with a status of" not in text:
            visit.faults.append(f"{visit.page.url}: {text}")

    def note_request(url: str) -> None:
        if not url.startswith((visit.shop.url, "data:", "blob:")):
            visit.faults.append(f"{visit.page.url} asks {url}")

    def note_bytes(event: dict[str, Any]) -> None:
        visit.received += int(event["encodedDataLength"])

    visit.page.on("console", lambda message: note_said(message.type, message.text))
    visit.page.on("pageerror", lambda error: note_said("error", str(error)))
    visit.page.on("request", lambda request: note_request(request.url))
    await visit.network.send("Network.enable")
    visit.network.on("Network.loadingFinished", note_bytes)
