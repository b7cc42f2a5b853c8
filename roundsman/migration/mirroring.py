"""What a user is while the source is the authority for people (pure): what a fresh import would make of his documents.

It is asked of all of his documents together, not of what changed in one, so doing it again gives the same. What was
done here stays: a user who was made here is not touched, a staff role that was granted here is not taken, and nobody is
let in again who was disabled here. Nobody gets rights by merging: a staff role counts only from the account that is the
user himself.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.ids import UserId
from roundsman.migration.matching import partner_role_to_confirm
from roundsman.migration.profile import Kind
from roundsman.migration.records import PersonRecord
from roundsman.migration.roster import Roster
from roundsman.migration.said import is_himself
from roundsman.migration.survivorship import choose_name, roles_of


@dataclass(frozen=True, slots=True)
class Word:
    """What all documents of a user say of him together."""

    name: str
    roles: frozenset[Role]
    to_confirm: frozenset[Role]
    keys: frozenset[str]
    """What he could sign in with."""
    is_blocked: bool
    may_rest: bool
    """Whether there is nothing but accounts that tell of no use."""


@dataclass(frozen=True, slots=True)
class Here:
    """The user as he is here, and what is his besides."""

    user: User
    keys: frozenset[str] = frozenset()
    """The phones and e-mails that are his."""
    has_password: bool = False
    has_customer: bool = False
    has_rivals: bool = False
    """Whether somebody else holds what his documents say."""
    has_own_role: bool = False
    """Whether a role was granted here."""
    is_disabled_here: bool = False


def word_of(user_id: UserId, records: Sequence[PersonRecord]) -> Word:
    """Read the documents together, as a plan does."""
    roster = Roster()
    rows = [roster.add(record) for record in records]
    accounts = [record for record in records if record.kind is Kind.USER]
    # What is said of whoever was joined with him by a human is not said of himself.
    others = [row for row in rows if records[row].kind is Kind.USER and not is_himself(records[row], user_id)]
    own = [row for row in rows if row not in others]
    roles = roles_of(roster, own) | (roles_of(roster, others) - STAFF_ROLES)
    named = frozenset(record.role for record in records if record.role is not None)
    kinds = frozenset(record.kind for record in records)
    return Word(
        name=choose_name(roster, rows).value,
        roles=roles,
        to_confirm=frozenset(partner_role_to_confirm(kinds, named)),
        keys=frozenset(key for record in records for key in _keys(record)),
        is_blocked=any(record.blocked for record in accounts),
        may_rest=all(record.may_rest for record in records),
    )


def _keys(record: PersonRecord) -> Collection[str]:
    return [key for key in record.identifier_keys if not key.startswith("alias:")]


def mirrored(here: Here, word: Word) -> User:
    """The user as his documents say now."""
    user = here.user
    if user.status in {UserStatus.MERGED, UserStatus.CLOSED}:
        return user
    roles = _roles(here, word)
    status = _status(here, word)
    is_archived = status is UserStatus.ARCHIVED
    former = () if user.status is UserStatus.ARCHIVED else user.former_identifiers
    is_locked_out = status is UserStatus.DISABLED is not user.status
    return replace(
        user,
        name=word.name or user.name,
        status=status,
        claim=_claim(here, word, is_archived=is_archived),
        roles=tuple(sorted(roles)),
        roles_to_confirm=tuple(sorted(word.to_confirm & roles)),
        former_identifiers=tuple(sorted(word.keys)) if is_archived else former,
        session_version=user.session_version + is_locked_out,
    )


def _roles(here: Here, word: Word) -> frozenset[Role]:
    by_profile = {Role.CUSTOMER} if here.has_customer else set[Role]()
    granted = STAFF_ROLES & set(here.user.roles) if here.has_own_role else set[Role]()
    return word.roles | by_profile | granted


def _status(here: Here, word: Word) -> UserStatus:
    if here.user.status is UserStatus.ARCHIVED and word.may_rest:
        return UserStatus.ARCHIVED
    is_disabled = word.is_blocked or (here.is_disabled_here and here.user.status is UserStatus.DISABLED)
    return UserStatus.DISABLED if is_disabled else UserStatus.ACTIVE


def _claim(here: Here, word: Word, *, is_archived: bool) -> Claim:
    """As an import says it; who signed in here has taken his account into his hands."""
    if is_archived:
        return Claim.CLAIMABLE_CONFLICT if word.keys else Claim.UNCLAIMABLE
    took_it = here.user.claim is Claim.CLAIMED and here.user.first_sign_in_at is not None
    if here.keys and (here.has_password or took_it):
        return Claim.CLAIMED
    if any(key.startswith("phone:") for key in here.keys):
        return Claim.CLAIMABLE
    return Claim.CLAIMABLE_CONFLICT if here.has_rivals else Claim.UNCLAIMABLE
