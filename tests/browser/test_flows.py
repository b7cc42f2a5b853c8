"""What people come for, from beginning to end in a real browser, with its scripts and without."""

import re
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from roundsman.access.roles import Role
from tests.browser.people import phone_of_one
from tests.browser.visiting import NARROW, WIDE, Shop, Visit, visiting

_NUMBER = re.compile(r"[\d,]+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Browsing:
    """How the browsers of a test are."""

    browser: Browser
    shop: Shop
    scripts: bool

    def on_a_phone(self) -> AbstractAsyncContextManager[Visit]:
        """A telephone."""
        return visiting(self.browser, self.shop, viewport=NARROW, has_touch=True, java_script_enabled=self.scripts)

    def at_a_desk(self) -> AbstractAsyncContextManager[Visit]:
        """A wide window."""
        return visiting(self.browser, self.shop, viewport=WIDE, java_script_enabled=self.scripts)


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def by(browser: Browser, shop: Shop, request: pytest.FixtureRequest) -> Browsing:
    """A browser with its scripts, and one without."""
    return Browsing(browser, shop, request.param)


async def test_what_a_delivery_boy_brings_he_has_earned(by: Browsing) -> None:
    async with by.on_a_phone() as ravi:
        await ravi.sign_in_by_code(await phone_of_one(by.shop, Role.DELIVERY_BOY))
        before = await earned(ravi)
        await ravi.open("/round")
        stop = ravi.page.locator("article.stop").first
        name = await stop.locator("h2").inner_text()
        await stop.locator("summary").first.click()
        await stop.locator("input[name=paid]").fill("60")
        await stop.get_by_role("button", name="Delivered", exact=True).click()
        await expect(ravi.page.get_by_role("status")).to_have_text("Noted as delivered.")
        await ravi.page.locator("details.more > summary", has_text="delivered").last.click()
        await expect(ravi.page.locator("ol.done li", has_text=name).last).to_contain_text("₹60")
        assert await earned(ravi) == before + 5
    assert ravi.faults == []


async def test_who_orders_becomes_an_active_customer(by: Browsing) -> None:
    phone = "+919845000001" if by.scripts else "+919845000002"
    await take_on_a_customer(by.shop, phone)
    async with by.on_a_phone() as usha, by.at_a_desk() as office:
        await office.sign_in(by.shop.phone, by.shop.password)
        await look_up(office, phone, by.scripts)
        assert await standing(office.page) in {"new", "onboarded"}

        await usha.sign_in_by_code(phone)
        await usha.open("/my/order")
        await usha.page.locator(".offers input").first.fill("2")
        await usha.page.get_by_role("button", name="Order", exact=True).click()
        await expect(usha.page.get_by_role("status")).to_have_text("Ordered.")
        await expect(usha.page.locator("article.stop").first).to_contain_text("2 ")

        await look_up(office, phone, by.scripts)
        assert await standing(office.page) == "active"
        await expect(office.page.locator(".timeline")).to_contain_text("order")
    assert usha.faults + office.faults == []


async def test_a_price_that_a_supplier_asks_for_counts_once_the_office_accepts_it(by: Browsing) -> None:
    price = "47.5" if by.scripts else "48.5"
    async with by.on_a_phone() as nandi, by.at_a_desk() as office:
        await nandi.sign_in_by_code(await phone_of_one(by.shop, Role.SUPPLIER))
        await nandi.open("/supplies/prices")
        product = await nandi.page.locator("#product option").first.inner_text()
        await nandi.page.fill("#price", price)
        await nandi.page.get_by_role("button", name="Propose").click()
        await expect(nandi.page.get_by_role("status")).to_contain_text("The office")

        await office.sign_in(by.shop.phone, by.shop.password)
        await office.open("/suppliers")
        await office.page.locator("tbody th a").first.click()
        asked = office.page.locator("article.request", has_text=f"₹{price}")
        await asked.get_by_role("button", name="Accept").click()
        await expect(office.page.get_by_role("status")).to_be_visible()

        await nandi.page.reload()
        row = nandi.page.locator("tbody tr", has_text=product).first
        await expect(row).to_contain_text(f"₹{price}")
    assert nandi.faults + office.faults == []


async def test_a_filter_that_is_refused_says_so_in_place_of_what_was_found(browser: Browser, shop: Shop) -> None:
    async with visiting(browser, shop, viewport=WIDE) as office:
        await office.sign_in(shop.phone, shop.password)
        await office.open("/customers")
        results, find = office.page.locator("#results"), office.page.locator("main input[name=q]")
        await expect(results.locator("tbody tr").first).to_be_visible()
        # No keyboard types so much there, but a program that fills in forms does.
        await find.evaluate(_TYPE_TOO_MUCH)
        await expect(results.get_by_role("alert")).to_have_text("Something is not right in the address")
        await expect(results).to_contain_text("at most 200 characters")
        await expect(results.locator("tbody tr")).to_have_count(0)
        await find.fill("")
        await expect(results.locator("tbody tr").first).to_be_visible()
    assert office.faults == []


async def test_the_keyboard_is_enough(browser: Browser, shop: Shop) -> None:
    async with visiting(browser, shop, viewport=WIDE) as office:
        await office.sign_in(shop.phone, shop.password)
        await office.open("/customers")
        await office.page.keyboard.press("Tab")
        await expect(office.page.locator(":focus")).to_have_text("Skip to the content")
        await office.page.keyboard.press("/")
        await expect(office.page.locator(":focus")).to_have_id("search")
        await office.page.keyboard.type(await phone_of_one(shop, Role.CUSTOMER))
        await office.page.keyboard.press("Enter")
        await expect(office.page).to_have_url(re.compile(r"/customers/[0-9a-f]{24}$"))
        missed = await office.page.evaluate(_OUT_OF_REACH)
    assert missed == []
    assert office.faults == []


_TYPE_TOO_MUCH = """
(one) => { one.value = "a".repeat(201); one.dispatchEvent(new Event("input", { bubbles: true })); }
"""
_OUT_OF_REACH = """
[...document.querySelectorAll("[onclick], [role=button], [data-key]")].filter((one) => one.tabIndex < 0).map((one) => one.outerHTML)
"""


async def take_on_a_customer(shop: Shop, phone: str) -> None:
    """Have the office's own program register somebody."""
    async with httpx.AsyncClient(base_url=f"{shop.url}/api/v1", timeout=60) as office:
        signed_in = await office.post("/auth/login", json={"identifier": shop.phone, "password": shop.password})
        bearer = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
        wanted = {"name": "Usha Nair", "phone": phone, "address": "4 Lake Road", "area": "Powai"}
        answer = await office.post("/customers", json=wanted, headers=bearer)
        assert answer.status_code == httpx.codes.CREATED, answer.text


async def earned(visit: Visit) -> float:
    """What a delivery boy has earned this month, in rupees."""
    await visit.open("/earnings")
    text = await visit.page.locator(".card .figure").first.inner_text()
    found = _NUMBER.search(text)
    assert found, text
    return float(found[0].replace(",", ""))


async def look_up(office: Visit, phone: str, scripts: bool) -> None:  # noqa: FBT001  as it is asked
    """Find somebody by his phone, by the key where keys are heard."""
    await office.open("/")
    if scripts:
        await office.page.keyboard.press("/")
        await office.page.keyboard.type(phone)
    else:
        await office.page.fill("#search", phone)
    await office.page.press("#search", "Enter")
    await expect(office.page).to_have_url(re.compile(r"/customers/[0-9a-f]{24}$"))


async def standing(page: Page) -> str:
    """How far a customer has come, on his page."""
    return await page.locator("h1 .badge").first.inner_text()
