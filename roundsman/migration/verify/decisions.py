"""Whether what humans decided, or have not decided yet, is respected."""

from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import combinations

from roundsman.database.collections import REVIEWS
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.migration.members import owners_of
from roundsman.migration.reviews import APART, Decision, Review, ReviewStatus, cause_of, review_from
from roundsman.migration.verify.verification import Check, CheckResult
from roundsman.operations.joining.journal import list_entries

Owners = Mapping[str, UserId | None]
_BATCH = 500


async def check_decisions(tx: Tx) -> CheckResult:
    """The documents of an open question, and those kept apart, are of different users; those joined here are of one."""
    result = CheckResult(Check.DECISIONS)
    joined_here = {entry.cause for entry in await list_entries(tx)}
    async for reviews in _standing_reviews(tx):
        owners = await owners_of(tx, {key for review in reviews for key in _named(review)})
        result.look(len(reviews))
        for review in reviews:
            if why := _why_broken(review, owners, joined_here=cause_of(review) in joined_here):
                result.fail(f"review {review.id} is about {', '.join(review.members)}, {why}")
    return result


async def _standing_reviews(tx: Tx) -> AsyncIterator[list[Review]]:
    """Some at a time: to ask for the owners of each alone takes longer than everything else here."""
    reviews: list[Review] = []
    async for document in tx.database[REVIEWS].find({"status": {"$ne": ReviewStatus.SETTLED.value}}):
        reviews.append(review_from(document))
        if len(reviews) == _BATCH:
            yield reviews
            reviews = []
    if reviews:
        yield reviews


def _named(review: Review) -> Iterator[str]:
    yield from review.members
    for party in review.parties:
        yield from party


def _why_broken(review: Review, owners: Owners, *, joined_here: bool) -> str | None:
    members = [owners[key] for key in review.members if owners[key]]
    if review.given is None:
        return "which are one user already" if len(members) > 1 and len(set(members)) == 1 else None
    decision = review.given.answer.decision
    if decision is Decision.MERGE and joined_here and len(set(members)) > 1:
        return "which were joined and are several users"
    parties = [{owners[key] for key in party} - {None} for party in review.parties]
    if decision in APART and any(not one.isdisjoint(other) for one, other in combinations(parties, 2)):
        return "which were kept apart and are one user"
    return None
