"""One's own account: contacts in full, sessions ended, messages, one's data, and closing it."""

import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import replace

import pytest

from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.database.collections import USERS
from roundsman.database.transaction import Tx
from roundsman.identity.mode import Mode, PeopleMode, set_mode
from roundsman.operations.facts.activation_messages import refuses_messages_since
from roundsman.runtime import Runtime
from tests.console.browsing import Visitors, words_of
from tests.http.delivering import Watch
from tests.http.people import PASSWORD


@pytest.fixture
async def timed(runtime: Runtime, tx: Tx, watch: Watch) -> AsyncIterator[Visitors]:
    """Where it is as late as the watch says."""
    app = create_app(lambda: nullcontext(replace(runtime, clock=watch)))
    async with app.router.lifespan_context(app):
        yield Visitors(app, tx)


@pytest.mark.parametrize("role", list(Role))
async def test_everybody_sees_himself_in_full(visitors: Visitors, role: Role) -> None:
    visitor, user = await visitors.somebody(role)
    words = words_of(await visitor.open("/account"))
    assert user.name in words
    assert "+91 98000 00001" in words
    assert "this device" in words


async def test_a_lost_phone_is_signed_out_alone_and_then_all_at_once(visitors: Visitors) -> None:
    here, _ = await visitors.somebody(Role.CUSTOMER)
    lost = visitors.stranger()
    await lost.sign_in("+919800000001")
    page = await here.open("/account")
    (path,) = {
        part.split('"')[0]
        for part in page.text.split('action="')
        if "/account/sessions/" in part and '/end"' in part[:60]
    }

    assert (await here.send(page, path)).headers["location"] == "/account"
    assert (await lost.open("/account")).headers["location"].startswith("/sign-in")
    again = await here.send(page, path)
    assert again.status_code == 404
    assert "That device is signed out already." in words_of(again)

    await lost.sign_in("+919800000001")
    assert (await here.send(page, "/account/sessions/end-all")).headers["location"] == "/sign-in"
    for visitor in (here, lost):
        assert (await visitor.open("/account")).headers["location"].startswith("/sign-in")


async def test_messages_are_refused_and_wanted_again(visitors: Visitors, tx: Tx) -> None:
    visitor, user = await visitors.somebody(Role.CUSTOMER)
    await visitor.send(await visitor.open("/account"), "/account/messages")
    assert await refuses_messages_since(tx, user.id) is not None
    await visitor.send(await visitor.open("/account"), "/account/messages")
    assert await refuses_messages_since(tx, user.id) is None


async def test_ones_data_and_the_end_of_the_account_take_a_new_proof(timed: Visitors, watch: Watch, tx: Tx) -> None:
    visitor, user = await timed.somebody(Role.CUSTOMER)
    watch.go(minutes=30)
    for path in ("/account/data", "/account/close"):
        assert (await visitor.open(path)).headers["location"] == f"/prove?next={path}"
    proof = await visitor.open("/prove?next=/account/data")
    proved = await visitor.send(proof, "/prove", password=PASSWORD)
    assert proved.headers["location"] == "/account/data"

    file = await visitor.send(await visitor.open("/account/data"), "/account/data")
    assert file.headers["content-disposition"] == f'attachment; filename="data-of-{user.id}.zip"'
    assert zipfile.ZipFile(io.BytesIO(file.content)).namelist()

    page = await visitor.open("/account/close")
    unsure = await visitor.send(page, "/account/close")
    assert unsure.status_code == 422
    assert "Tick this to go on." in words_of(unsure)
    closed = await visitor.send(page, "/account/close", sure="yes")
    assert closed.headers["location"] == "/sign-in"
    stored = await tx.database[USERS].find_one({"_id": user.id})
    assert stored is not None
    assert (stored["status"], stored["name"]) == ("closed", "")
    assert (await visitor.open("/account")).headers["location"].startswith("/sign-in")


async def test_the_only_admin_stays(visitors: Visitors) -> None:
    visitor, _ = await visitors.somebody(Role.ADMIN)
    answer = await visitor.send(await visitor.open("/account/close"), "/account/close", sure="yes")
    assert answer.status_code == 409
    assert "You are the only admin." in words_of(answer)


async def test_closing_is_not_offered_while_people_are_kept_elsewhere(visitors: Visitors, tx: Tx) -> None:
    visitor, _ = await visitors.somebody(Role.CUSTOMER)
    await set_mode(tx, Mode(people=PeopleMode.SHADOW))
    page = await visitor.open("/account")
    assert 'href="/account/close"' not in page.text
    assert "call us" in words_of(page)
    answer = await visitor.open("/account/close")
    assert answer.status_code == 409
    assert "Accounts are still kept in the existing application." in words_of(answer)
