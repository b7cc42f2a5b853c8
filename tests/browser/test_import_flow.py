"""An import from its pages in a real browser: planned, a question decided, applied, proved, and what could be taken back."""

import re

import pytest
from playwright.async_api import Browser, expect

from roundsman.clock import utc_now
from roundsman.database.transaction import Tx
from roundsman.operations.accounts.admins import NewAdmin, create_admin_with_password
from roundsman.settings import Settings
from tests.browser.serving import served
from tests.browser.visiting import LOOKS, WIDE, Visit, visiting
from tests.commands import RoundsmanCommand
from tests.depth import IS_PROOF
from tests.imports import Database, fill
from tests.storage.migration.worlds import everything

pytestmark = pytest.mark.whole

PHONE = "+919820098200"
ADMIN = NewAdmin(name="Kiran Shah", phone=PHONE)
PASSWORD = "a long word of the test"
PATIENCE_MS = 180_000


async def ended(office: Visit, words: str, *, scripts: bool) -> None:
    """Wait until what was begun has ended so: the page says it by itself, or when it is opened again."""
    said = office.page.locator("#results [role=status]").first
    if scripts:
        await expect(said).to_contain_text(words, timeout=PATIENCE_MS)
    for _ in range(PATIENCE_MS // 500):
        if words in await said.inner_text():
            return
        await office.page.wait_for_timeout(500)
        await office.page.reload()
    raise AssertionError(await said.inner_text())


async def planned(office: Visit, *, scripts: bool) -> None:
    """Make a plan and open it."""
    await office.open("/migration")
    await office.page.locator("form[action='/migration/plan'] button").click()
    await ended(office, "The plan is made.", scripts=scripts)
    await office.page.locator("a[href^='/migration/plans/']").first.click()


async def applied(office: Visit, *, scripts: bool) -> None:
    """Apply the plan that is open."""
    await office.page.get_by_role("button", name="Apply this plan").click()
    await ended(office, "The plan is applied, and the import is proved.", scripts=scripts)
    await expect(office.page.locator("main")).to_contain_text("Difference 0.")


# Without scripts tests/console/test_importing does it too, in each run of the tests.
@pytest.mark.parametrize(
    "scripts", [True, False] if IS_PROOF else [True], ids=lambda one: "scripts" if one else "no scripts"
)
async def test_a_question_is_decided_and_the_import_applied_and_proved(
    browser: Browser,
    tx: Tx,
    source_database: Database,
    source_uri: str,
    settings: Settings,
    roundsman: RoundsmanCommand,
    scripts: bool,  # noqa: FBT001  a parameter of pytest
) -> None:
    await fill(source_database, everything())
    await create_admin_with_password(tx, ADMIN, PASSWORD, now=utc_now())
    command = roundsman.with_settings(ROUNDSMAN_SOURCE=source_uri)
    async with (
        served(command, settings.data_dir, tx.database, (PHONE, PASSWORD)) as shop,
        visiting(browser, shop, viewport=WIDE, java_script_enabled=scripts) as office,
    ):
        await office.sign_in(shop.phone, shop.password)
        await planned(office, scripts=scripts)
        await look(office, scripts=scripts)
        await applied(office, scripts=scripts)

        await office.open("/migration/reviews?list=conflict")
        await office.page.locator("#results tbody a").first.click()
        await office.page.fill("#reason", "Called, and they are different people")
        await office.page.locator("button[value=keep_apart]").click()
        await expect(office.page.get_by_role("status")).to_have_text("Answered.")
        await planned(office, scripts=scripts)
        await applied(office, scripts=scripts)
        await office.page.locator("a[href^='/migration/runs/']").first.click()
        await office.page.locator("a[href$='/undo']").click()
        await expect(office.page.locator("h1")).to_have_text(re.compile(r"^Take run [0-9a-f]{12} back$"))
        await look(office, scripts=scripts)
    assert office.faults == []


async def look(office: Visit, *, scripts: bool) -> None:
    """Look at the page that is open, which no demo has."""
    for one in LOOKS if scripts else ():
        await office.look_at(office.page.url.removeprefix(office.shop.url), one)
