"""What a human needs to answer a question: its people side by side, why it is asked, and what each answer would do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from roundsman.access.roles import Role
from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.database.changes import ids_of_owner
from roundsman.database.collections import OF_USERS, ORDERS
from roundsman.database.transaction import Document, Tx
from roundsman.errors import Conflict
from roundsman.identity.lookup import get_user, identifiers_of_user
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.ids import UserId
from roundsman.migration.authority import is_about_staff
from roundsman.migration.conversion import Reading
from roundsman.migration.following import Asked, Matter
from roundsman.migration.members import Opener, owners_of, record_of, stored_copies
from roundsman.migration.reviews import Decision, Review, get_review
from roundsman.operations.joining.merging import order_by_survival
from roundsman.operations.joining.survivor import why_survivor
from roundsman.orders.history import find_latest_order_of_user


@dataclass(frozen=True, slots=True)
class Side:
    """One document of a question, and the user it is meanwhile; what is not known is absent."""

    document: str
    name: str | None
    phone: str | None
    email: str | None
    address: str | None
    role: Role | None
    created_at: datetime | None
    last_sign_in_at: datetime | None
    user: "SideUser | None"


@dataclass(frozen=True, slots=True)
class SideUser:
    """The user of a document: how he signs in, what he may, and how much he orders."""

    id: UserId
    name: str
    status: UserStatus
    claim: Claim
    roles: tuple[Role, ...]
    signs_in_with: tuple[str, ...]
    last_sign_in_at: datetime | None
    orders: int
    last_order_at: datetime | None


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A question with its documents in their order; `answers` says what each decision would do."""

    review: Review
    sides: tuple[Side, ...]
    about_staff: bool
    answers: Mapping[str, str]
    change: "Change | None" = None
    """For a question about a new value in the source."""


@dataclass(frozen=True, slots=True)
class Change:
    """What the source said, what it says now, and what is the user's here; nothing of it tells a password."""

    matter: Matter
    was: str | None
    value: str
    here: tuple[str, ...]


_OF_VALUES: Final = {
    Decision.ACCEPT.value: (
        "It counts here too: a phone or e-mail takes the place of the one before if nobody else has it, a role is "
        "granted, a password takes the place of one that was imported."
    ),
    Decision.REJECT.value: "What is here stays; the same is not asked again.",
    Decision.DEFER.value: "The question stays open, at the end of its list.",
}


async def show_review(tx: Tx, review_id: str, opener: Opener, *, now: datetime) -> SideBySide:
    """A question as a human looks at it; reads only. Raises ReviewNotFound and CopyDamaged."""
    review = await get_review(tx, review_id)
    owners = await owners_of(tx, review.members)
    copies = {copy["_id"]: copy for copy in await stored_copies(tx, review.members)}
    users = {user_id: await _side_user(tx, user_id) for user_id in set(owners.values()) if user_id}
    sides = [
        await _side(tx, key, copies.get(key), users[user_id] if user_id else None, opener, now)
        for key, user_id in owners.items()
    ]
    about_staff = await is_about_staff(tx, review, users)
    if review.asked is not None:
        return SideBySide(review, tuple(sides), about_staff, _OF_VALUES, _change(review.asked, users.values()))
    return SideBySide(review, tuple(sides), about_staff, await _answers(tx, list(users)))


async def note_revealed(tx: Tx, review_id: str, *, actor: Actor, now: datetime) -> None:
    """Write down that somebody saw the phones and e-mails of a question in full. Raises ReviewNotFound."""
    review = await get_review(tx, review_id)
    await record(tx, AuditEntry(now, actor, "contact.revealed", f"review:{review.id}"))


def _change(asked: Asked, users: Iterable[SideUser]) -> Change:
    if asked.matter is Matter.PASSWORD:
        return Change(asked.matter, None, "another password, which is not shown", ())
    if asked.matter is Matter.ROLE:
        return Change(asked.matter, asked.was, asked.value, tuple(role for user in users for role in user.roles))
    own = (key for user in users for key in user.signs_in_with)
    here = tuple(_shown(key) for key in own if key.startswith(f"{asked.matter}:"))
    return Change(asked.matter, asked.was and _shown(asked.was), _shown(asked.value), here)


def _shown(key: str) -> str:
    return key.partition(":")[2]


async def _side(tx: Tx, key: str, copy: Document | None, user: SideUser | None, opener: Opener, now: datetime) -> Side:
    reading = await opener.read(tx, copy, now=now) if copy else None
    if reading is None:
        name = user.name if user else None
        return Side(key, name, None, None, None, None, None, None, user)
    record, contact = record_of(reading), reading.contact()
    return Side(
        document=key,
        name=reading.name() or None,
        phone=contact.get("phone"),
        email=contact.get("email"),
        address=_address(reading),
        role=record.role,
        created_at=record.created_at,
        last_sign_in_at=record.last_sign_in_at,
        user=user,
    )


def _address(reading: Reading) -> str | None:
    value = reading.value("address")
    if isinstance(value, Mapping):
        return ", ".join(str(part) for part in value.values() if isinstance(part, str | int) and part) or None
    return reading.text("address")


async def _side_user(tx: Tx, user_id: UserId) -> SideUser:
    user = await get_user(tx, user_id)
    latest = await find_latest_order_of_user(tx, user_id)
    found = await identifiers_of_user(tx, user_id)
    return SideUser(
        id=user_id,
        name=user.name,
        status=user.status,
        claim=user.claim,
        roles=user.roles,
        signs_in_with=tuple(one.key for one in found if not one.key.startswith("alias:")),
        last_sign_in_at=user.last_sign_in_at,
        orders=len(await ids_of_owner(tx, ORDERS, user_id)),
        last_order_at=latest.placed_at if latest else None,
    )


async def _answers(tx: Tx, users: list[UserId]) -> Mapping[str, str]:
    """What each decision would do, in a sentence."""
    return {
        Decision.MERGE.value: await _merge_sentence(tx, users),
        Decision.KEEP_APART.value: "They stay different people; no later import joins them.",
        Decision.TWO_ACCOUNTS.value: "It is one person, and both accounts stay; no later import joins them.",
        Decision.SHARED_PHONE.value: (
            "They stay different people. The phone signs in whoever holds it now, or the one named as holder, "
            "and is a contact of the others."
        ),
        Decision.DEFER.value: "The question stays open, at the end of its list.",
    }


async def _merge_sentence(tx: Tx, users: list[UserId]) -> str:
    try:
        ordered = await order_by_survival(tx, users)
    except Conflict as error:
        return f"Not possible: {error.message}"
    survivor, losers = ordered[0].user, [candidate.user for candidate in ordered[1:]]
    goes = [await _goes_over(tx, loser) for loser in losers]
    return f"{survivor.name} (user {survivor.id}) stays, because of: {why_survivor(ordered)}. {' '.join(goes)}"


async def _goes_over(tx: Tx, loser: User) -> str:
    counts = {name: len(await ids_of_owner(tx, name, loser.id)) for name in OF_USERS}
    told = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items() if count) or "nothing else"
    return f"To him go the phones, e-mails and old ids of user {loser.id}, and: {told}; his password does not."
