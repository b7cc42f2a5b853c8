"""Every route asked as nobody, as each role, as the owner and as another owner: what it answers, and that nothing else happens."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

import roundsman
from roundsman.access import inspector
from roundsman.access.permissions import OWN_ONLY, roles_with
from roundsman.access.roles import Role
from roundsman.access.route_audit.audit import audit_routes
from roundsman.access.route_audit.facts import facts_from
from roundsman.app import create_app
from roundsman.cli.access import own_page
from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime
from roundsman.web import pacing
from roundsman.web.guards import Require, public
from tests.depth import depth
from tests.http.access_rows import REFUSED, ROWS, UNKNOWN, Row
from tests.http.crowd import PRODUCT, Member, asking_everywhere, gather_crowd, stored_about
from tests.http.serving import answering, asked_by_bearer

pytestmark = pytest.mark.whole

NOBODY, OWNER, OTHER = "nobody", "owner", "other owner"
ASKERS = (NOBODY, *Role, OWNER, OTHER)
FORGOTTEN = "Somebody forgot what it guards."
GUARDED = [row for row in ROWS if row.permission is not None]


@pytest.fixture(autouse=True)
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer at once: when answers come is another test's business."""
    monkeypatch.setattr(pacing, "seconds_to_wait", lambda _: 0)


@dataclass(frozen=True, slots=True)
class Asking:
    """One asker at one route, and whose things he asks about."""

    row: Row
    asker: str
    member: Member | None
    owner: Member
    values: Mapping[str, str]

    @property
    def expected(self) -> str:
        """What the row says that he is answered."""
        if self.row.permission is None:
            return self.row.may
        match self.asker:
            case "nobody":
                return UNKNOWN
            case "owner":
                return self.row.owner
            case "other owner":
                return self.row.other
            case role:
                return self.row.may if role in roles_with(self.row.permission) else REFUSED

    @property
    def may_see_owner(self) -> bool:
        """Whether he is the owner, or has a permission that reaches everybody."""
        reaches_all = self.row.permission is not None and self.row.permission not in OWN_ONLY
        return self.asker == OWNER or (reaches_all and self.expected == self.row.may)

    async def answer(self, api: httpx.AsyncClient) -> httpx.Response:
        """Ask."""
        method, path = self.row.route.split(" ")
        return await api.request(
            method.replace("ANY", "GET"),
            path.format_map(self.values),
            json=self._filled(self.row.body),
            params=self._filled(self.row.query),
            data=self._filled(self.row.form),
            headers=(self.member.headers if self.member else {}) | {"Sec-Fetch-Site": "same-origin"},
        )

    def _filled(self, template: Any) -> Any:  # noqa: ANN401  whatever JSON there is
        match template:
            case str():
                return template.format_map(self.values)
            case Mapping():
                return {name: self._filled(inner) for name, inner in template.items()}
            case list():
                return [self._filled(inner) for inner in template]
            case _:
                return template

    def wrong_in(self, answer: httpx.Response) -> Iterator[str]:
        """What is not as it should be."""
        who, told = f"{self.row.route} as {self.asker}", said(answer)
        if told != self.expected:
            yield f"{who}: {told}, not {self.expected}"
        if not self.may_see_owner:
            yield from (f"{who}: shows {mark!r}" for mark in self.owner.marks if mark in content_of(answer))


def said(answer: httpx.Response) -> str:
    """The status, and the code of a refusal."""
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return f"{answer.status_code} {answer.json()['code']}" if is_problem else str(answer.status_code)


def content_of(answer: httpx.Response) -> bytes:
    """Everything an answer says, packed or not."""
    if answer.headers.get("content-type") != "application/zip":
        return str(answer.headers).encode() + answer.content
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


async def askings(app: FastAPI, tx: Tx, rows: tuple[Row, ...]) -> list[Asking]:
    """Everybody at every route; each has things of his own, so that nothing of what one does shows to the next."""
    pairs = [(row, asker) for row in rows for asker in ASKERS]
    roles = [Role(asker) if asker in set(Role) else Role.CUSTOMER for _, asker in pairs]
    members = await gather_crowd(app, tx, roles + [Role.CUSTOMER] * len(pairs))
    made = []
    for number, ((row, asker), member, stranger) in enumerate(
        zip(pairs, members[: len(pairs)], members[len(pairs) :], strict=True)
    ):
        owner = member if asker == OWNER else stranger
        values = {
            "user_id": str(owner.user.id),
            "session_id": str(owner.session.id),
            "customer_id": str(owner.customer.id),
            "order_id": str(owner.order.id),
            "subscription_id": str(owner.subscription.id),
            "stop_id": str(owner.order.id),
            "delivery_boy_id": str(owner.delivery_boy.id),
            "payout_id": str(owner.order.id),
            "adjustment_id": str(owner.order.id),
            "product_id": str(PRODUCT.id),
            "supplier_id": str(owner.supplier.id),
            "purchase_order_id": str(owner.purchase_order.id),
            "proposal_id": str(owner.proposal.id),
            "receipt_id": str(owner.order.id),
            "name": owner.user.name,
            "phone": owner.phone,
            "new_phone": f"+9197{number:08}",
            "review_id": "there_is_none",
            "template": "welcome",
            "role": "customer",
            "path": "roundsman.css",
            "chapter": "codes",
        }
        made.append(Asking(row, asker, None if asker == NOBODY else member, owner, values))
    return made


async def failures(app: FastAPI, tx: Tx, rows: tuple[Row, ...]) -> list[str]:
    """What is not answered as the rows say, and whatever a refused request did to others."""
    wrong: list[str] = []
    refused: list[Member] = []
    async with asking_everywhere(app) as api:
        asked = await askings(app, tx, rows)
        before = await stored_about(tx, [one.owner for one in asked if one.expected >= "4" and one.asker != OWNER])
        for one in asked:
            answer = await one.answer(api)
            wrong += one.wrong_in(answer)
            refused += [one.owner] if one.expected >= "4" and one.asker != OWNER else []
    return wrong + ["a refused request did something"] * (await stored_about(tx, refused) != before)


def test_there_is_a_row_for_every_route(app: FastAPI) -> None:
    ways_in = [f"{','.join(sorted(one.methods)) or 'ANY'} {one.path}" for one in asked_by_bearer(app)]
    assert sorted(row.route for row in ROWS) == sorted(ways_in)


async def test_every_route_answers_everybody_as_its_row_says(app: FastAPI, tx: Tx) -> None:
    async with answering(app):
        assert await failures(app, tx, ROWS) == []


def without_guard(app: FastAPI, route: str, patched: pytest.MonkeyPatch) -> None:
    """Declare in the source of one route, for whoever makes an application from now on, that it is for everybody."""
    (found,) = [
        one.original_route
        for one in iter_route_contexts(app.routes)
        if isinstance(one.original_route, APIRoute) and f"{','.join(one.methods or ())} {one.path_format}" == route
    ]
    opened = Depends(public(reason=FORGOTTEN))
    declared = [opened if isinstance(one.dependency, Require) else one for one in found.dependencies]
    assert opened in declared
    patched.setattr(found, "dependencies", declared)


def report_on(app: FastAPI) -> str:
    own = inspector.Own(str(Path(roundsman.__file__).parent), "roundsman")
    facts = facts_from({**inspector.facts_of(app, own), "swallowed": []})
    return own_page(audit_routes(facts), facts)


@pytest.mark.parametrize("row", GUARDED[:: depth(test=len(GUARDED), proof=1)], ids=lambda row: row.route)
async def test_a_route_that_loses_its_guard_fails_its_row_and_changes_the_report(
    own_app: FastAPI, runtime: Runtime, tx: Tx, monkeypatch: pytest.MonkeyPatch, row: Row
) -> None:
    without_guard(own_app, row.route, monkeypatch)
    opened = create_app(lambda: nullcontext(runtime))

    async with answering(opened):
        wrong = await failures(opened, tx, (row,))

    assert [one for one in wrong if one.startswith(f"{row.route} as {NOBODY}: ")]
    assert FORGOTTEN in report_on(opened)
