"""Who gets a phone or an e-mail to sign in with (pure): each belongs to one user, and nobody loses what he holds.

A phone goes to the proven holder: verified, then the latest known sign-in, then the latest order. An e-mail goes to an
account before a contact, then to the most recent.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from roundsman.identity.identifiers import email_key, phone_key
from roundsman.ids import UserId
from roundsman.migration.people import People, Person
from roundsman.migration.roster import Row
from roundsman.migration.survivorship import claim_rank


class Award(NamedTuple):
    """Whose an identifier is, and when he proved it, if he did."""

    user_id: UserId
    verified_at: datetime | None = None


class Awards:
    """The owners of all identifiers that new or changed records carry, and of those whose holders say them no more."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._best: dict[str, Row] = {}
        rivals: dict[str, list[Row]] = {}
        for row in self._contenders():
            if not people.person_of[row].is_archived:
                for key in self._contested(row):
                    if (first := self._best.setdefault(key, row)) != row:
                        rivals.setdefault(key, [first]).append(row)
        self._best |= {key: self._winner(key, rows) for key, rows in rivals.items()}

    def _contenders(self) -> Iterable[Row]:
        rows = range(len(self._people.roster))
        return rows if self._people.known.unsaid else filter(self._people.is_news, rows)

    def _contested(self, row: Row) -> Iterator[str]:
        """The keys a record may win: a document that is not news only what another user's documents left."""
        is_news = self._people.is_news(row)
        return (key for key in self._keys(row) if is_news or key in self._people.known.unsaid)

    def of(self, key: str) -> Award | None:
        """Whose an identifier is; None if nobody's record may have it."""
        best = self._best.get(key)
        return self._award(key, best) if best is not None else None

    def new(self) -> Iterator[tuple[str, Award]]:
        """The identifiers that nobody held before, with their owners."""
        known = self._people.known
        held = known.owners.keys() | known.unsaid.keys() if known.unsaid else known.owners
        return ((key, self._award(key, row)) for key, row in self._best.items() if key not in held)

    def keys_of(self, rows: Iterable[Row]) -> list[str]:
        """Every phone and e-mail that these records could sign in with, won or not."""
        return sorted({key for row in rows for key in self._keys(row)})

    def shares(self, person: Person) -> tuple[list[str], list[str]]:
        """The identifiers of the person's records that are his, and those that somebody else holds."""
        won: list[str] = []
        lost: list[str] = []
        for key in self.keys_of(person.rows):
            (won if self._is_his(key, person) else lost).append(key)
        return won, lost

    def _is_his(self, key: str, person: Person) -> bool:
        best = self._best.get(key)
        return best is not None and self._award(key, best).user_id == person.user_id

    def _keys(self, row: Row) -> Iterator[str]:
        record = self._people.roster[row]
        if record.phone and record.phone not in self._people.crowded:
            yield phone_key(record.phone)
        if record.sign_in_email:
            yield email_key(record.sign_in_email)

    def _award(self, key: str, best: Row) -> Award:
        if held := self._people.known.owners.get(key):
            return Award(held[0])
        is_phone = key.startswith("phone:")
        verified_at = self._people.roster[best].phone_verified_at if is_phone else None
        return Award(self._people.user_of(best), verified_at)

    def _winner(self, key: str, rows: Sequence[Row]) -> Row:
        roster = self._people.roster
        if key.startswith("phone:"):
            return min(rows, key=lambda row: claim_rank(roster, row))
        accounts = [row for row in rows if self._people.is_account(row)] or rows
        return max(accounts, key=lambda row: (roster[row].created_at or self._people.as_of, roster[row].key))
