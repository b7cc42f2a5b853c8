"""A real browser, and the demo's business for it to look at."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.browser.serving import CHROMIUM, browsing, serving
from tests.browser.visiting import Shop

# What a page does after it was told to may take long on a busy machine.
expect.set_options(timeout=180_000)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A real browser."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt install chromium (.ci/run does)")
    async with browsing() as browser:
        yield browser


@pytest.fixture(scope="session")
async def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """The demo's business, small, and its pages."""
    assert browser.is_connected()
    async with serving(tmp_path_factory.mktemp("shop"), scale=0.15) as shop:
        yield shop
