"""The stage on which everything is tried: the application with the real settings and keys, on a database of its own.

The database has a name of its own and is dropped afterwards; messages are kept here and go to nobody.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Final

from fastapi import FastAPI
from pymongo.errors import OperationFailure

from roundsman.access.principal import SignedInBy
from roundsman.audit_log.entries import SYSTEM
from roundsman.auth.credential_storage import set_password
from roundsman.auth.passwords import hash_password
from roundsman.auth.sessions import Opening
from roundsman.database.connection import open_client
from roundsman.database.transaction import Tx
from roundsman.database.upgrade import ensure_schema
from roundsman.errors import Unavailable
from roundsman.identity.lookup import get_user
from roundsman.ids import UserId
from roundsman.notifications.messages import Rendered
from roundsman.operations.accounts.admins import NewAdmin, create_admin_with_password
from roundsman.operations.accounts.sign_up import SignUp, sign_up_customer
from roundsman.operations.signing_in.session_opening import SignedIn, open_session_of
from roundsman.runtime import Runtime
from roundsman.security_review.calling import Answer, Asked, Caller
from roundsman.security_review.overhearing import Overheard
from roundsman.web.services import Services

_UNAUTHORIZED: Final = 13
_PATIENCE_SECONDS: Final = 60.0

AppFactory = Callable[[Callable[[], AbstractAsyncContextManager[Runtime]]], FastAPI]


class StageRefused(Unavailable):
    """The server does not let the audit make a database of its own."""

    code = "stage_refused"


class KeptMessages:
    """A sender that sends to nobody."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}
        self._came = asyncio.Condition()

    async def send(self, message: Rendered) -> None:
        """Keep the code of a message."""
        async with self._came:
            if message.code is not None:
                self._codes[message.to] = message.code
            self._came.notify_all()

    async def code_for(self, phone: str) -> str:
        """The code that was sent to a phone; empty where none comes in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS), self._came:
                await self._came.wait_for(lambda: phone in self._codes)
        return self._codes.get(phone, "")


@dataclass(frozen=True, slots=True)
class Somebody:
    """Somebody on the stage, who exists nowhere else."""

    user_id: UserId
    phone: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stage:
    """The running application, who asks it, what the database was told, and people to try things with."""

    app: FastAPI
    runtime: Runtime
    caller: Caller
    overheard: Overheard
    messages: KeptMessages
    admin: Somebody

    async def ask(self, method: str, path: str, **more: object) -> Answer:
        """Ask something."""
        return await self.caller.ask(Asked(method, path, **more))  # type: ignore[arg-type]  # the fields of Asked

    async def sign_in(self, who: Somebody) -> SignedIn:
        """Open a whole session of somebody, second factor and all, as the application does."""
        services: Services = self.app.state.services
        now = self.runtime.clock()
        user = await get_user(self.runtime.tx, who.user_id)
        opening = Opening(SignedInBy.PASSWORD, second_factor_at=now)
        signed_in = await open_session_of(
            self.runtime.tx, user, opening, by=services.password_sign_in.sessions, now=now
        )
        assert signed_in is not None  # noqa: S101  he was made a moment ago
        return signed_in

    async def bearer(self, who: Somebody) -> dict[str, str]:
        """The header of a new session of somebody."""
        return {"Authorization": f"Bearer {(await self.sign_in(who)).access_token}"}

    async def customer(self, phone: str) -> Somebody:
        """Register a new customer who has a password."""
        now, password = self.runtime.clock(), secrets.token_urlsafe(15)
        sign_up = SignUp("A customer of the audit", phone)
        made = await sign_up_customer(self.runtime.tx, sign_up, actor=SYSTEM, policy=self.runtime.activation, now=now)
        await set_password(self.runtime.tx, made.user_id, hash_password(password), now=now)
        return Somebody(made.user_id, phone, password)

    async def code_for(self, phone: str) -> str:
        """The code that was sent to a phone; the application may be sending it at this moment."""
        await self.runtime.dispatcher.send_due()
        return await self.messages.code_for(phone)


@asynccontextmanager
async def open_stage(real: Runtime, uri: str, make_app: AppFactory) -> AsyncIterator[Stage]:
    """Set the stage beside the real database, and take it down again."""
    name = f"roundsman_audit_{secrets.token_hex(6)}"
    overheard, messages = Overheard(), KeptMessages()
    async with await open_client(uri, listeners=(overheard,)) as client:
        runtime = replace(real, client=client, tx=Tx(client[name]), sender=messages)
        await _make(runtime.tx)
        try:
            app = make_app(lambda: nullcontext(runtime))
            async with app.router.lifespan_context(app):
                admin = await _admin(runtime)
                yield Stage(app, runtime, Caller(app), overheard, messages, admin)
        finally:
            await client.drop_database(name)


async def _make(tx: Tx) -> None:
    try:
        await ensure_schema(tx.database)
    except OperationFailure as error:
        if error.code != _UNAUTHORIZED:
            raise
        raise StageRefused(
            f"The audit tries things on a database of its own, {tx.database.name}, which the user in ROUNDSMAN_MONGODB_URI may "
            "not make: name one with readWriteAnyDatabase and dbAdminAnyDatabase for the audit."
        ) from error


async def _admin(runtime: Runtime) -> Somebody:
    phone, password = "+919820000001", secrets.token_urlsafe(15)
    admin = NewAdmin("An admin of the audit", phone=phone)
    user = await create_admin_with_password(runtime.tx, admin, password, now=runtime.clock())
    return Somebody(user.id, phone, password)
