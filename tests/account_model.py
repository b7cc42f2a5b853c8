"""What accounts are, in the fewest words: people, whose each phone is, which sessions count, who may do what (pure).

It knows nothing of how Roundsman stores any of it. The state machine of `storage/test_accounts_over_time.py` does the
same to both and compares them.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.auth.lifetimes import SessionPolicy
from roundsman.auth.tokens import AccessClaims
from roundsman.ids import UserId

GRACE = timedelta(seconds=30)
_POLICY = SessionPolicy()


@dataclass(slots=True)
class KnownPerson:
    """Somebody, as the model knows him. Without a password he signs in by codes only."""

    id: UserId
    roles: set[Role]
    phones: set[str]
    has_password: bool
    is_claimable: bool = False
    is_disabled: bool = False
    merged_into: UserId | None = None

    @property
    def is_live(self) -> bool:
        """Whether he has not become a part of somebody else."""
        return self.merged_into is None

    @property
    def may_sign_in(self) -> bool:
        """Whether he is neither disabled nor merged."""
        return self.is_live and not self.is_disabled


@dataclass(slots=True)
class KnownSession:
    """A sign-in, with every refresh token it ever had and when each was used."""

    user_id: UserId
    claims: AccessClaims
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    tokens: list[str]
    used_at: list[datetime] = field(default_factory=list)
    is_ended: bool = False


@dataclass(slots=True)
class World:
    """All of it. Nobody is ever forgotten here, so that what should be over can be shown to be."""

    people: dict[UserId, KnownPerson] = field(default_factory=dict)
    sessions: list[KnownSession] = field(default_factory=list)

    def owner_of(self, phone: str) -> KnownPerson | None:
        """The one live person whose phone it is."""
        owners = [one for one in self.people.values() if phone in one.phones]
        assert len(owners) <= 1
        return owners[0] if owners else None

    def owners(self) -> dict[str, UserId]:
        """Every phone with whose it is."""
        return {phone: one.id for one in self.people.values() for phone in one.phones}

    def active_admins(self) -> set[UserId]:
        """Who may decide about others."""
        return {one.id for one in self.people.values() if one.may_sign_in and Role.ADMIN in one.roles}

    def is_last_admin(self, person: KnownPerson) -> bool:
        """Whether nobody else is one."""
        return self.active_admins() == {person.id}

    def counts(self, session: KnownSession, now: datetime) -> bool:
        """Whether a session lets its user do anything at this moment."""
        person = self.people[session.user_id]
        life = _POLICY.life(person.roles)
        end = min(session.expires_at, life.end(created_at=session.created_at, last_seen_at=session.last_seen_at))
        return person.may_sign_in and not session.is_ended and now < end

    def open(self, session: KnownSession, now: datetime) -> None:
        """Add a session; where there are too many the oldest of those that have not expired end."""
        life = _POLICY.life(self.people[session.user_id].roles)
        others = [one for one in self._of(session.user_id) if now < one.expires_at]
        for oldest in sorted(others, key=lambda one: one.created_at, reverse=True)[life.most - 1 :]:
            oldest.is_ended = True
        session.expires_at = life.end(created_at=now, last_seen_at=now)
        self.sessions.append(session)

    def see(self, session: KnownSession, now: datetime) -> None:
        """Let a refresh move the end of a session."""
        life = _POLICY.life(self.people[session.user_id].roles)
        session.last_seen_at = now
        session.expires_at = life.end(created_at=session.created_at, last_seen_at=now)

    def end_sessions(self, user_id: UserId) -> int:
        """End all sessions of somebody; count those there were."""
        ended = self._of(user_id)
        for session in ended:
            session.is_ended = True
        return len(ended)

    def merge(self, survivor: KnownPerson, loser: KnownPerson) -> None:
        """Let one become a part of the other: his phones and rights over nobody but himself go along, nothing else."""
        survivor.phones |= loser.phones
        survivor.roles |= loser.roles - STAFF_ROLES
        survivor.is_disabled |= loser.is_disabled
        loser.phones, loser.roles, loser.merged_into = set(), set(), survivor.id
        self.end_sessions(loser.id)
        if survivor.is_disabled:
            self.end_sessions(survivor.id)

    def _of(self, user_id: UserId) -> list[KnownSession]:
        return [one for one in self.sessions if one.user_id == user_id and not one.is_ended]
