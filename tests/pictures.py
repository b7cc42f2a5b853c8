"""The pictures of the README, of the demo's business, made anew: python -m tests.pictures"""

import asyncio
import tempfile
from pathlib import Path
from typing import Final

from playwright.async_api import ViewportSize

from roundsman.access.roles import Role
from tests.browser.people import phone_of_one
from tests.browser.serving import browsing, serving
from tests.browser.visiting import NARROW, visiting

_FOLDER: Final = Path(__file__).parents[1] / "docs" / "pictures"
_WINDOW: Final = ViewportSize(width=1280, height=800)
_OFFICE: Final = {
    "overview": "/",
    "activation": "/activation?first=2026-06-01",
}
_PHONE: Final = {"round": (Role.DELIVERY_BOY, "/round", "hi"), "customer": (Role.CUSTOMER, "/my", "en")}


async def main() -> None:
    """Make the business and photograph it."""
    with tempfile.TemporaryDirectory() as directory:
        async with serving(Path(directory), scale=1) as shop, browsing() as browser:
            async with visiting(browser, shop, viewport=_WINDOW) as visit:
                await visit.sign_in(shop.phone, shop.password)
                for name, path in _OFFICE.items():
                    await visit.open(path)
                    await visit.page.screenshot(path=_FOLDER / f"{name}.png")
            for name, (role, path, language) in _PHONE.items():
                async with visiting(browser, shop, viewport=NARROW, locale=language) as visit:
                    await visit.sign_in_by_code(await phone_of_one(shop, role))
                    await visit.open(path)
                    await visit.page.screenshot(path=_FOLDER / f"{name}.png")


if __name__ == "__main__":
    asyncio.run(main())
