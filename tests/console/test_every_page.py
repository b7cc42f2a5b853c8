"""Every page asked for as nobody and as each role: who may see it does, and nobody sees there what is not his."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from roundsman.access.permissions import OWN_ONLY, permissions_of
from roundsman.access.roles import Role
from roundsman.console.cookies import FLASH
from roundsman.console.csrf import form_token
from roundsman.console.guards import TOKEN_FIELD, recognise_browser
from roundsman.database.collections import SESSIONS
from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime
from roundsman.web.guards import Require
from roundsman.web.route_inventory import Entrance, entrances
from roundsman.web.services import Services
from tests.console.browsing import Visitor, Visitors
from tests.http.crowd import Member, gather_crowd

pytestmark = pytest.mark.whole

_PARAMETER = re.compile(r"{(\w+)}")


def pages(app: FastAPI) -> list[tuple[Entrance, Require]]:
    """Every page for whoever is signed in in a browser."""
    found = [(one, one.guard) for one in entrances(app) if isinstance(one.guard, Require)]
    return [(way, guard) for way, guard in found if guard.recognise is recognise_browser]


def address_of(way: Entrance, stranger: Member) -> str:
    """Where the page is, about the stranger; about nothing there is where it is about something else."""
    known = {
        "user_id": stranger.user.id,
        "customer_id": stranger.customer.id,
        "order_id": stranger.order.id,
        "stop_id": stranger.order.id,
        "subscription_id": stranger.subscription.id,
        "session_id": stranger.session.id,
        "delivery_boy_id": stranger.delivery_boy.id,
        "supplier_id": stranger.supplier.id,
        "purchase_order_id": stranger.purchase_order.id,
        "proposal_id": stranger.proposal.id,
        "role": "customer",
    }
    return _PARAMETER.sub(lambda found: str(known.get(found[1], "0" * 24)), way.path)


async def visitor_of(app: FastAPI, visitors: Visitors, tx: Tx, member: Member) -> Visitor:
    """A browser in which the member is signed in."""
    services: Services = app.state.services
    refreshing = services.password_sign_in.sessions.refreshing
    token = refreshing.first(member.session.id)
    digest = {"$set": {"refresh_digest": refreshing.digest(token)}}
    await tx.database[SESSIONS].update_one({"_id": member.session.id}, digest)
    visitor = visitors.stranger()
    visitor.client.cookies.set("sid", token, domain="127.0.0.1")
    return visitor


async def test_nobody_is_asked_to_sign_in_first(app: FastAPI, visitors: Visitors, tx: Tx) -> None:
    (stranger,) = await gather_crowd(app, tx, [Role.CUSTOMER])
    nobody = visitors.stranger()
    assert len(pages(app)) > 40
    for way, _ in pages(app):
        for method in way.methods:
            answer = await nobody.client.request(method, address_of(way, stranger))
            assert answer.status_code == 303, way
            assert answer.headers["location"].startswith("/sign-in"), way
            assert FLASH not in answer.cookies


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_sees_its_pages_and_nothing_that_is_not_its_own(
    app: FastAPI, runtime: Runtime, visitors: Visitors, tx: Tx, role: Role
) -> None:
    member, *strangers = await gather_crowd(app, tx, [role, *[Role.CUSTOMER] * 3])
    visitor = await visitor_of(app, visitors, tx, member)
    form = {TOKEN_FIELD: form_token(runtime.secret_key, member.session.id), "reason": "a test"}
    wrong: list[str] = []
    for way, guard in pages(app):
        path, may = address_of(way, strangers[0]), guard.permission in permissions_of([role])
        if "GET" in way.methods:
            answer = await visitor.open(path)
            fits = answer.status_code in {200, 303, 404, 409} if may else answer.status_code == 403
            sees_all = may and guard.permission not in OWN_ONLY
            wrong += [] if fits else [f"GET {path}: {answer.status_code}"]
            wrong += [f"GET {path} shows {mark}" for mark in marks(strangers, sees_all) if mark in answer.text]
        elif not may:
            answer = await visitor.client.post(path, data=form)
            wrong += [] if answer.status_code == 403 else [f"POST {path}: {answer.status_code}"]
    assert wrong == []


def marks(strangers: list[Member], sees_all: bool) -> Iterator[str]:  # noqa: FBT001  a plain predicate
    """What must not stand in a page: nobody's phone in full, and no name of others where it is about oneself."""
    for one in strangers:
        yield one.phone.removeprefix("+91")
        if not sees_all:
            yield one.user.name
