"""The demo's business, served by two processes, and a real browser that looks at it."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from roundsman.database.connection import open_client
from roundsman.database.embedded import embedded_server, stop_server
from tests.browser.visiting import Shop
from tests.cli.test_serve import answer_once_it_listens, free_port
from tests.commands import RoundsmanCommand

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ALONE = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
"""Without these Chromium asks its maker for things, which a closed network refuses and a test would report."""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A real browser."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt install chromium (.ci/run does)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ALONE)
        yield browser
        await browser.close()


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """The demo's business in a database of its own, and its pages."""
    data, port = tmp_path / "data", free_port()
    settings = {
        "ROUNDSMAN_DATA_DIR": str(data),
        "ROUNDSMAN_DATABASE_NAME": "roundsman_demo",
        "ROUNDSMAN_STAFF_TOTP": "optional",
        "ROUNDSMAN_REFUSE_DEFAULT_PASSWORDS": "false",
        "ROUNDSMAN_PORT": str(port),
    }
    command = RoundsmanCommand(tmp_path, settings)
    made = await asyncio.to_thread(command, "demo", "--no-serve", "--scale", "0.05")
    assert made.returncode == 0, made.stderr
    signing_in = re.search(r"once: (\S+) with the password (\S+)", made.stdout)
    assert signing_in
    async with embedded_server(data, cache_gb=0.25) as uri:
        with command.start("serve", "--workers", "2") as serving:
            try:
                url = f"http://127.0.0.1:{port}"
                await asyncio.to_thread(answer_once_it_listens, serving, f"{url}/api/v1/health/ready")
                async with await open_client(uri) as client:
                    yield Shop(url, data, client["roundsman_demo"], *signing_in.groups())
            finally:
                serving.terminate()
                await asyncio.to_thread(serving.communicate)
    await stop_server(data, even_if_used=True)
