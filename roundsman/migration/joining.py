"""Joining the people of a question on a human's word: one user afterwards, with all their documents."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from roundsman.audit_log.entries import Actor
from roundsman.database.changes import move
from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.transaction import Tx
from roundsman.errors import Conflict
from roundsman.ids import UserId
from roundsman.migration.members import Opener, keys_of_users, owners_of, parties
from roundsman.migration.reviews import APART, Given, Review, ReviewStatus, reviews_about, settle
from roundsman.migration.taken_meanwhile import what_is_said
from roundsman.operations.joining.journal import add_changes, add_said
from roundsman.operations.joining.merging import merge_users


class DocumentNotTaken(Conflict):
    """A document of the question belongs to nobody yet."""

    code = "document_not_taken"


class AnsweredOtherwise(Conflict):
    """A human said before that they are not to be joined."""

    code = "answered_otherwise"


async def join_people(
    tx: Tx,
    review: Review,
    given: Given,
    owners: Mapping[str, UserId | None],
    *,
    cause: str,
    actor: Actor,
    opener: Opener,
) -> UserId:
    """Join the owners of the question's documents; who survives. `cause` is the name under which it can be taken back.

    Raises DocumentNotTaken, AnsweredOtherwise or NotMergeable.
    """
    if missing := [key for key, user in owners.items() if user is None]:
        raise DocumentNotTaken(f"{', '.join(missing)} was not imported yet; plan and apply once more first")
    await _refuse_against_earlier(tx, {key for party in await parties(tx, owners) for key in party})
    users = {user for user in owners.values() if user}
    said = await what_is_said(tx, users, opener, now=given.at)
    merged = await merge_users(tx, users, cause=cause, actor=actor, now=given.at)
    moved = [await move(tx, SOURCE_DOCUMENTS, before=loser, after=merged.survivor) for loser in merged.losers]
    await add_changes(tx, merged.entry, moved)
    await add_said(tx, merged.entry, said)
    await _settle_others(tx, review, given, merged.survivor)
    return merged.survivor


async def _refuse_against_earlier(tx: Tx, documents: AbstractSet[str]) -> None:
    async for other in reviews_about(tx, sorted(documents), status=ReviewStatus.DECIDED):
        concerned = [party for party in other.parties if not documents.isdisjoint(party)]
        if other.given and other.given.answer.decision in APART and len(concerned) > 1:
            raise AnsweredOtherwise(
                f"review {other.id} says that some of them stay apart ({other.given.answer.reason}); if that was wrong, "
                f"take it back first: roundsman migrate review undo {other.id}"
            )


async def _settle_others(tx: Tx, review: Review, given: Given, survivor: UserId) -> None:
    """Questions whose documents are all of one user now have nothing left to ask."""
    documents = (await keys_of_users(tx, [survivor]))[survivor]
    async for other in reviews_about(tx, documents, status=ReviewStatus.OPEN):
        if (
            other.id != review.id
            and not other.asked
            and set((await owners_of(tx, other.members)).values()) == {survivor}
        ):
            await settle(tx, other, by=review.id, given=given)
