"""Which record of a cluster survives, and which of its values.

Survivor: verified phone > latest known sign-in > has a password > most references > oldest > smallest id.
Values: verified > recent > longest. The rule that chose a value is recorded with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from roundsman.access.roles import Role
from roundsman.migration.profile import Kind
from roundsman.migration.roster import Roster, Row

_NEVER = 0.0
_ROLE_OF_PROFILE = {
    Kind.CUSTOMER: Role.CUSTOMER,
    Kind.DELIVERY_BOY: Role.DELIVERY_BOY,
    Kind.SUPPLIER: Role.SUPPLIER,
}

Rank = tuple[bool, float, bool, int, float, str]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value and the rule that chose it."""

    value: str
    rule: str


def rank(roster: Roster, row: Row) -> Rank:
    """The place of a record among rivals; the smallest survives."""
    record = roster[row]
    return (
        record.phone_verified_seconds is None,
        -(record.last_sign_in_seconds or _NEVER),
        not record.has_password,
        -roster.activity_of(row).references,
        inf if record.created_seconds is None else record.created_seconds,
        record.key,
    )


def claim_rank(roster: Roster, row: Row) -> tuple[bool, bool, float, float, Rank]:
    """The place of a record among those that claim one phone: verified, latest sign-in, latest order, then rank.

    Staff comes before whoever proved no more: a customer who wrote an admin's number must not take his sign-in from him.
    """
    own = rank(roster, row)
    latest = roster.activity_of(row).latest_at
    return own[0], not roster[row].is_staff, own[1], -latest.timestamp() if latest else -_NEVER, own


def by_rank(roster: Roster, rows: Iterable[Row]) -> list[Row]:
    """Rows with the survivor first."""
    rivals = list(rows)
    # Most persons have one record of a kind; ranking it would mean to look into it.
    return sorted(rivals, key=lambda row: rank(roster, row)) if len(rivals) > 1 else rivals


def choose_name(roster: Roster, rows: Sequence[Row]) -> Chosen:
    """The name of the person: verified, else the most recent, else the longest; a name without letters never wins."""
    named = [row for row in rows if roster[row].name and roster[row].folded_text]
    if not named:
        return Chosen(next((roster[row].name for row in rows if roster[row].name), ""), "only")
    if len({roster[row].name for row in named}) == 1:
        return Chosen(roster[named[0]].name, "only")
    verified = [row for row in named if roster[row].phone_verified_seconds is not None]
    if verified:
        return Chosen(roster[by_rank(roster, verified)[0]].name, "verified")
    latest = max((roster[row].created_seconds or _NEVER) for row in named)
    recent = [row for row in named if (roster[row].created_seconds or _NEVER) == latest]
    best = max(recent, key=lambda row: (len(roster[row].name), roster[row].key))
    return Chosen(roster[best].name, "recent" if len(recent) < len(named) else "longest")


def roles_of(roster: Roster, rows: Sequence[Row]) -> frozenset[Role]:
    """The roles the records say: an account's own, and those that profiles imply."""
    said = {roster[row].role for row in rows} | {_ROLE_OF_PROFILE.get(roster[row].kind) for row in rows}
    return frozenset(role for role in said if role is not None)
