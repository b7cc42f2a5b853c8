"""Many people at once, each signed in and with something of his own; and clients that ask from everywhere."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count

import httpx
from fastapi import FastAPI

from roundsman.access.roles import Role
from roundsman.auth.sessions import Session, open_session
from roundsman.auth.tokens import AccessClaims
from roundsman.customers.linkage import insert_customers
from roundsman.database.collections import CUSTOMERS, IDENTIFIERS, SESSIONS, USERS
from roundsman.database.transaction import Document, Tx
from roundsman.identity.identifiers import phone_key
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.users import Identifier, User
from roundsman.web.services import Services
from tests.builders import a_customer, a_session, a_user

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is signed in."""

    user: User
    phone: str
    session: Session
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What he sends along with a request."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def marks(self) -> tuple[bytes, ...]:
        """What stands in an answer that shows anything of his."""
        marks = (str(self.user.id), self.user.name, self.phone.removeprefix("+91"), str(self.session.id))
        return tuple(mark.encode() for mark in marks)


async def gather_crowd(app: FastAPI, tx: Tx, roles: Sequence[Role]) -> list[Member]:
    """Make somebody of each of the roles, all different, each with a customer profile and a session of this moment."""
    services: Services = app.state.services
    now = services.runtime.clock()
    members = []
    for number, role in enumerate(roles):
        user = a_user(f"Person No. {number:05}", roles=(role,))
        session = a_session(user.id, lifetime=_HOUR, now=now)
        claims = AccessClaims(user.id, session.id, session.version)
        token = services.tokens.issue(claims, now=now, lifetime=_HOUR)
        members.append(Member(user, f"+9198{number:08}", session, token))
    await insert_users(tx, [one.user for one in members])
    await insert_identifiers(tx, [Identifier(phone_key(one.phone), (one.user.id,)) for one in members])
    profiles = [replace(a_customer(one.user.id, one.user.name), phone=one.phone) for one in members]
    await insert_customers(tx, profiles)
    await asyncio.gather(*(open_session(tx, one.session, refresh_digest=one.user.id.binary) for one in members))
    return members


async def stored_about(tx: Tx, members: Sequence[Member]) -> list[Document]:
    """What the database holds about them, in one order."""
    ids = [one.user.id for one in members]
    keys = [phone_key(one.phone) for one in members]
    wanted = {
        USERS: {"_id": {"$in": ids}},
        CUSTOMERS: {"user_id": {"$in": ids}},
        SESSIONS: {"user_id": {"$in": ids}},
        IDENTIFIERS: {"_id": {"$in": keys}},
    }
    return [
        document for name, filter_ in wanted.items() async for document in tx.database[name].find(filter_).sort("_id")
    ]


class FromEverywhere(httpx.AsyncBaseTransport):
    """Brings each request to the application from another address, so that limits of addresses stop none."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._numbers = count(1)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the application does; what it raises is raised here."""
        number = next(self._numbers)
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        return await httpx.ASGITransport(self._app, client=(address, 1)).handle_async_request(request)


def asking_everywhere(app: FastAPI) -> httpx.AsyncClient:
    """A client of a running application."""
    return httpx.AsyncClient(transport=FromEverywhere(app), base_url="http://roundsman.test")
