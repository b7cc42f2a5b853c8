"""The demo's business, served by two processes as an operator would, and a real browser that looks at it."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, async_playwright
from pymongo.asynchronous.database import AsyncDatabase

from roundsman.database.connection import open_client
from roundsman.database.embedded import embedded_server, stop_server
from roundsman.database.transaction import Document
from tests.browser.visiting import Shop
from tests.cli.test_serve import answer_once_it_listens, free_port
from tests.commands import RoundsmanCommand

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
_DATABASE: Final = "roundsman_demo"
_ALONE: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
"""Without these Chromium asks its maker for things, which a closed network refuses and a test would report."""


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """Run a real browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_ALONE, timeout=180_000)
        yield browser
        await browser.close()


@asynccontextmanager
async def serving(folder: Path, *, scale: float) -> AsyncIterator[Shop]:
    """Make the demo's business in a database of its own below the folder, and serve it."""
    data = folder / "data"
    command = RoundsmanCommand(
        folder,
        {
            "ROUNDSMAN_DATA_DIR": str(data),
            "ROUNDSMAN_DATABASE_NAME": _DATABASE,
            "ROUNDSMAN_STAFF_TOTP": "optional",
            "ROUNDSMAN_REFUSE_DEFAULT_PASSWORDS": "false",
        },
    )
    made = await asyncio.to_thread(command, "demo", "--no-serve", "--scale", str(scale))
    signing_in = re.search(r"once: (\S+) with the password (\S+)", made.stdout)
    assert signing_in, made.stderr
    try:
        async with (
            embedded_server(data, cache_gb=0.25) as uri,
            await open_client(uri) as client,
            served(command, data, client[_DATABASE], (signing_in[1], signing_in[2])) as shop,
        ):
            yield shop
    finally:
        await stop_server(data, even_if_used=True)


@asynccontextmanager
async def served(
    command: RoundsmanCommand, data: Path, database: AsyncDatabase[Document], admin: tuple[str, str]
) -> AsyncIterator[Shop]:
    """Serve what the command's settings name by two processes; `admin` is the phone and the password of one."""
    port = free_port()
    with command.with_settings(ROUNDSMAN_PORT=port).start("serve", "--workers", "2") as server:
        try:
            url = f"http://127.0.0.1:{port}"
            await asyncio.to_thread(answer_once_it_listens, server, f"{url}/api/v1/health/ready")
            yield Shop(url, data, database, *admin)
        finally:
            server.terminate()
            await asyncio.to_thread(server.communicate)
