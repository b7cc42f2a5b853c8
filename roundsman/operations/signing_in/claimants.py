"""Who is said to sign in by password, and all that has to be known of him before, read in one request."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from roundsman.auth.attempts import count_asked
from roundsman.auth.credential_storage import find_credential, joined_credential, joining_credential
from roundsman.auth.credentials import Credential
from roundsman.database.together import ask_together
from roundsman.database.transaction import Document, Tx
from roundsman.errors import Conflict, InvalidInput, NotFound
from roundsman.identity.identifiers import identifier_candidates
from roundsman.identity.joining import identifier_with_user, identifiers_with_users
from roundsman.identity.lookup import the_one_user
from roundsman.identity.mode import Mode, asking_for_mode, mode_asked
from roundsman.identity.users import User
from roundsman.operations.signing_in.slowing_down import RECENT_SECONDS, Slowing, asking_for_failures


@dataclass(frozen=True, slots=True)
class Claimant:
    """The user an identifier finds, with his password if he has one; nobody where it finds none, or several.

    Besides what people are allowed here at all, and how many sign-ins of all have failed lately.
    """

    user: User | None
    credential: Credential | None
    mode: Mode
    failures_in_all: int
    read_at: float

    @property
    def is_recent(self) -> bool:
        """Whether it was read within the last second; who had to wait longer reads it anew."""
        return asyncio.get_running_loop().time() - self.read_at < RECENT_SECONDS


async def find_claimant(tx: Tx, identifier: str, slowing: Slowing, *, now: datetime) -> Claimant:
    """Read whom the identifier finds. It asks the same whether there is an account or not."""
    try:
        keys = identifier_candidates(identifier)
    except InvalidInput:
        keys = ()
    read_at = asyncio.get_running_loop().time()
    people, modes, failures = await ask_together(
        tx,
        identifiers_with_users(keys, joining_credential("user_id")),
        asking_for_mode(),
        asking_for_failures(slowing, now=now),
    )
    user = await _user(tx, identifier, people) if keys else None
    credential = None if user is None else await _credential(tx, user, people)
    return Claimant(user, credential, mode_asked(modes), count_asked(failures), read_at)


async def _user(tx: Tx, identifier: str, people: Sequence[Document]) -> User | None:
    try:
        return await the_one_user(tx, identifier, [identifier_with_user(one) for one in people])
    except (NotFound, Conflict):
        return None


async def _credential(tx: Tx, user: User, people: Sequence[Document]) -> Credential | None:
    for one in people:
        if one.get("user_id") == user.id:
            return joined_credential(one)
    # Who was merged, or is found by his own id, was not read with an identifier.
    return await find_credential(tx, user.id)
