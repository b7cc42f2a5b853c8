"""Which of several users survives a merge, and what he becomes by it (pure).

Survivor: verified phone > latest known sign-in > has a password > most references > oldest > smallest id. He keeps his
name and his password. Nobody gets rights over other people by a merge: a staff role counts only if it was his own. A
block on any of them blocks him.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.ids import UserId

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A user, and what speaks for him; `references` are the orders and profiles that name him."""

    user: User
    has_verified_phone: bool = False
    has_password: bool = False
    references: int = 0


def by_survival(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates with the survivor first."""
    return sorted(candidates, key=_rank)


def _rank(candidate: Candidate) -> tuple[bool, float, bool, int, datetime, UserId]:
    user = candidate.user
    return (
        not candidate.has_verified_phone,
        -(user.last_sign_in_at or _NEVER).timestamp(),
        not candidate.has_password,
        -candidate.references,
        user.created_at,
        user.id,
    )


def why_survivor(ordered: Sequence[Candidate]) -> str:
    """What distinguishes the first of the ordered candidates from the second, in words."""
    reasons = ("verified phone", "latest sign-in", "has a password", "more orders and profiles", "older", "smaller id")
    pairs = zip(reasons, _rank(ordered[0]), _rank(ordered[1]), strict=True)
    return next(reason for reason, first, second in pairs if first != second)


def merged_survivor(survivor: User, losers: Iterable[User], *, claim: Claim) -> User:
    """The survivor as he is after the merge."""
    everybody = (survivor, *losers)
    confirmed = survivor.effective_roles.union(*(user.effective_roles - STAFF_ROLES for user in losers))
    to_confirm = frozenset[Role]().union(*(user.roles_to_confirm for user in everybody)) - STAFF_ROLES - confirmed
    to_confirm |= frozenset(survivor.roles_to_confirm) & STAFF_ROLES
    is_blocked = any(user.status is UserStatus.DISABLED for user in everybody)
    first = [user.first_sign_in_at for user in everybody if user.first_sign_in_at]
    last = [user.last_sign_in_at for user in everybody if user.last_sign_in_at]
    return replace(
        survivor,
        status=UserStatus.DISABLED if is_blocked else survivor.status,
        claim=claim,
        roles=tuple(sorted(confirmed | to_confirm)),
        roles_to_confirm=tuple(sorted(to_confirm)),
        first_sign_in_at=min(first, default=None),
        last_sign_in_at=max(last, default=None),
    )


def tombstone(loser: User, survivor: UserId, *, keys: Iterable[str]) -> User:
    """The loser as he stays: he leads to the survivor, and remembers which phones and e-mails were his."""
    former = sorted({*loser.former_identifiers, *(key for key in keys if not key.startswith("alias:"))})
    return replace(
        loser,
        status=UserStatus.MERGED,
        claim=Claim.UNCLAIMABLE,
        roles=(),
        roles_to_confirm=(),
        merged_into=survivor,
        former_identifiers=tuple(former),
    )


def claim_of(users: Iterable[User], keys: Collection[str], *, has_password: bool) -> Claim:
    """How somebody is claimed who was these users and now has these identifiers; the first of them is he himself."""
    claims = [user.claim for user in users]
    can_sign_in = any(not key.startswith("alias:") for key in keys)
    if can_sign_in and (has_password or claims[0] is Claim.CLAIMED):
        return Claim.CLAIMED
    if any(key.startswith("phone:") for key in keys):
        return Claim.CLAIMABLE
    had_more = {Claim.CLAIMED, Claim.CLAIMABLE, Claim.CLAIMABLE_CONFLICT} & set(claims)
    return Claim.CLAIMABLE_CONFLICT if had_more else Claim.UNCLAIMABLE


def reclaimed(user: User, claim: Claim) -> User:
    """The user with another claim."""
    return replace(user, claim=claim)
