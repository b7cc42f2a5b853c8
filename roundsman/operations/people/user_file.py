"""All that the office may have to know of one user: who he is, how he signs in, and what was done about him."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from roundsman.audit_log.browsing import LoggedRow, Wanted, latest_rows
from roundsman.auth.sessions import Session
from roundsman.database.transaction import Tx
from roundsman.identity.lookup import get_user
from roundsman.identity.mode import PeopleMode, get_mode
from roundsman.identity.users import User
from roundsman.ids import UserId
from roundsman.operations.people.actor_names import names_of_actors
from roundsman.operations.people.people_search import Joining, joinings_of
from roundsman.operations.people.person import Person, get_person
from roundsman.operations.signing_in.session_ending import list_sessions
from roundsman.operations.signing_in.sign_in_state import SignInState, sign_in_state_of

_LATEST_ROWS: Final = 10


@dataclass(frozen=True, slots=True)
class UserFile:
    """A person with his sign-ins and his past.

    `survivor` is whom he was merged into, `rows` are the latest of the audit log about him, `names` those of all who
    appear in them, `managed_here` says whether people may be changed here yet.
    """

    person: Person
    survivor: User | None
    sessions: tuple[Session, ...]
    sign_in: SignInState
    joinings: tuple[Joining, ...]
    rows: tuple[LoggedRow, ...]
    names: Mapping[str, str]
    managed_here: bool


async def read_user_file(tx: Tx, user_id: UserId, *, now: datetime) -> UserFile:
    """Read all of it. Raises UnknownUser."""
    person = await get_person(tx, user_id)
    user = person.user
    joinings = await joinings_of(tx, user_id)
    rows = await latest_rows(tx, Wanted(target=f"user:{user_id}"), limit=_LATEST_ROWS)
    actors = [row.entry.actor.who for row in rows] + [joining.by for joining in joinings]
    return UserFile(
        person=person,
        survivor=None if user.merged_into is None else await get_user(tx, user.merged_into),
        sessions=tuple(await list_sessions(tx, user_id, now=now)),
        sign_in=await sign_in_state_of(tx, user, now=now),
        joinings=tuple(joinings),
        rows=tuple(rows),
        names=await names_of_actors(tx, actors),
        managed_here=(await get_mode(tx)).people is PeopleMode.LIVE,
    )
