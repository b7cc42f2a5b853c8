"""Looking at pages as a browser does, without one: cookies are kept, forms are sent with what stands in them."""

import html
import re
from dataclasses import dataclass

import httpx
from fastapi import FastAPI

from roundsman.access.roles import Role
from roundsman.database.transaction import Tx
from roundsman.identity.users import User
from tests.builders import a_user
from tests.http.people import PASSWORD, settle

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_FORM = re.compile(r"<form\b[^>]*\baction=\"([^\"]*)\"[^>]*>(.*?)</form>", re.DOTALL)
_TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who looks at pages in a browser of his own."""

    client: httpx.AsyncClient

    async def open(self, path: str) -> httpx.Response:
        """Open a page; where it leads elsewhere is for the caller."""
        return await self.client.get(path)

    async def send(self, page: httpx.Response, action: str, **fields: str) -> httpx.Response:
        """Fill in the form of the page that goes to this address, and send it."""
        return await self.client.post(action, data=hidden_fields(page, action) | fields)

    async def sign_in(self, phone: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in with a password, as the page asks for it."""
        page = await self.open("/sign-in")
        return await self.send(page, "/sign-in", identifier=phone, password=password)


@dataclass(slots=True)
class Visitors:
    """Makes visitors."""

    app: FastAPI
    tx: Tx
    made: int = 0

    def stranger(self) -> Visitor:
        """Somebody who is not signed in. Like a browser, his asks for pages and says from where it sends forms."""
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return Visitor(httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers))

    async def somebody(self, *roles: Role, name: str = "Asha Patil") -> tuple[Visitor, User]:
        """A new user of these roles, signed in."""
        self.made += 1
        phone = f"+9198{self.made:08}"
        user = await settle(self.tx, a_user(name, roles=roles), phone=phone)
        visitor = self.stranger()
        answer = await visitor.sign_in(phone)
        assert answer.status_code == 303, answer.text
        return visitor, user


def hidden_fields(page: httpx.Response, action: str) -> dict[str, str]:
    """What stands hidden in the form of a page."""
    forms = [inner for to, inner in _FORM.findall(page.text) if html.unescape(to) == action]
    assert forms, f"no form goes to {action}"
    return {name: html.unescape(value) for name, value in _HIDDEN.findall(forms[0])}


def words_of(page: httpx.Response) -> str:
    """What a page says, without its tags."""
    return " ".join(html.unescape(_TAGS.sub(" ", page.text)).split())
