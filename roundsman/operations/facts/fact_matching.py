"""Bringing facts that waited for somebody to him: when he signs up, and now and then for whoever came by another way."""

from dataclasses import dataclass, replace
from datetime import datetime

from bson import ObjectId

from roundsman.activation.parking import (
    MOST_AT_ONCE,
    find_parked,
    find_parked_text,
    forget_parked,
    list_parked_subjects,
    name_of_id,
)
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.recorded_facts import Telling, compare_facts
from roundsman.customers.linkage import customers_of_user, find_owner_of_customer
from roundsman.database.transaction import Tx, in_transaction
from roundsman.identity.closing import family_of
from roundsman.identity.lookup import AmbiguousIdentifier, UnknownIdentifier, find_user, identifiers_of_user
from roundsman.ids import CustomerId, UserId
from roundsman.operations.facts.fact_intake import NotACustomer, require_customer, tell


@dataclass(frozen=True, slots=True)
class Looked:
    """How many names were looked up, how many facts found somebody, and after which name to go on; None at the end."""

    names: int
    told: int
    next: str | None


async def find_told_of(tx: Tx, text: str) -> UserId | None:
    """Find the one who is called so: by an identifier, an old id, his own id or that of a customer profile of his.

    Raises MalformedIdentifier and AmbiguousIdentifier.
    """
    try:
        return (await find_user(tx, text)).id
    except UnknownIdentifier:
        one = text.strip()
        return await find_owner_of_customer(tx, CustomerId(ObjectId(one))) if ObjectId.is_valid(one) else None


async def tell_parked(tx: Tx, user_id: UserId, *, policy: ActivationPolicy, now: datetime) -> int:
    """Record what waited for a person under any of his names and ids; count it.

    Of more than MOST_AT_ONCE the earliest; `match_parked` brings the others.
    """

    async def work(tx: Tx) -> int:
        waiting = await find_parked(tx, await _names_of_user(tx, user_id))
        if waiting:
            facts = [replace(fact, subject=user_id) for fact in waiting]
            tellings = await compare_facts(tx, facts)
            # What was told of him since it waits is the later telling.
            facts = [fact for fact in facts if tellings[fact.key] is not Telling.CORRECTION]
            await tell(tx, user_id, facts, policy=policy, now=now)
            await forget_parked(tx, waiting)
        return len(waiting)

    return await in_transaction(tx, work)


async def match_parked(tx: Tx, *, policy: ActivationPolicy, now: datetime, after: str = "", most: int = 200) -> Looked:
    """Look up those of whom facts wait, no more than so many names, and tell what finds somebody.

    A name that leads to several people, or to nobody who is a customer, goes on waiting.
    """
    subjects = await list_parked_subjects(tx, after=after, most=most)
    told = 0
    for subject in subjects:
        told += await _match(tx, subject, policy=policy, now=now)
    return Looked(len(subjects), told, subjects[-1] if len(subjects) == most else None)


async def _match(tx: Tx, subject: str, *, policy: ActivationPolicy, now: datetime) -> int:
    text = await find_parked_text(tx, subject)
    try:
        user_id = None if text is None else await find_told_of(tx, text)
        if user_id is not None:
            await require_customer(tx, user_id)
    except (AmbiguousIdentifier, NotACustomer):
        return 0
    told = 0
    while user_id is not None:
        portion = await tell_parked(tx, user_id, policy=policy, now=now)
        told += portion
        if portion < MOST_AT_ONCE:
            break
    return told


async def _names_of_user(tx: Tx, user_id: UserId) -> list[str]:
    """Everything that names him alone."""
    keys = [one.key for one in await identifiers_of_user(tx, user_id) if one.user_ids == (user_id,)]
    ids = [*await family_of(tx, user_id), *(one.id for one in await customers_of_user(tx, user_id))]
    return [*keys, *map(name_of_id, ids)]
