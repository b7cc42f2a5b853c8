"""Carrying out a human's answer, and taking it back.

Each is one transaction: the answer, what it changes, the journal of that and the audit entry are there together or not
at all. It takes its turn between the runs of the migration, so that no plan is applied to people it does not speak of.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from roundsman.access.roles import STAFF_ROLES
from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.database.changes import Edit
from roundsman.database.collections import USERS
from roundsman.database.lease import MIGRATION, take_turn
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict, InvalidInput
from roundsman.ids import UserId
from roundsman.migration.accepting import Accepting, accept
from roundsman.migration.authority import authorised, is_about_staff, require_admin_about_staff
from roundsman.migration.following import Asked
from roundsman.migration.joining import DocumentNotTaken, join_people
from roundsman.migration.members import Opener, owners_of, parties
from roundsman.migration.planner import refuse_while_unfinished
from roundsman.migration.reviews import (
    OF_PAIRS,
    OF_VALUES,
    Answer,
    Decision,
    Given,
    Parties,
    Review,
    ReviewStatus,
    cause_of,
    forget,
    get_review,
    keep_deferral,
    keep_given,
    keep_proposal,
    reopen,
    reviews_about,
    settle,
    settled_reviews,
    unsettle,
)
from roundsman.migration.shared_phone import hand_phone_over
from roundsman.migration.taken_meanwhile import take_decision_back
from roundsman.operations.joining.journal import Entry, TakenBack, find_entry


class ReviewNotOpen(Conflict):
    """The question was answered already."""

    code = "review_not_open"


class NothingToTakeBack(Conflict):
    """The question waits for an answer, or its answer was carried out elsewhere."""

    code = "nothing_to_take_back"


class AnswerDoesNotFit(InvalidInput):
    """The answer is one to another kind of question."""

    code = "answer_does_not_fit"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an answer: proposed, put off or carried out; and the one user it made, if it joined people."""

    review: Review
    survivor: UserId | None = None
    is_proposal: bool = False
    """Whether another admin has to say the same first."""


async def decide(tx: Tx, review_id: str, answer: Answer, *, actor: Actor, opener: Opener, now: datetime) -> Outcome:
    """Answer a question, and do what the answer says.

    Raises ReviewNotFound, ReviewNotOpen, AdminNeeded, LeaseTaken, RunUnfinished, and what stands against the answer:
    AnswerDoesNotFit, NotMergeable, AnsweredOtherwise, DocumentNotTaken, NoSharedPhone; IdentifierTaken, OwnPassword,
    NotSaidAnyMore, PeopleManagedElsewhere.
    """

    async def work(tx: Tx) -> Outcome:
        review = await _open_review(tx, review_id, now=now)
        _refuse_unfitting(review, answer)
        given = Given(answer, actor.who, now)
        if answer.decision is Decision.DEFER:
            await keep_deferral(tx, review, given)
            await _note(tx, "review.deferred", review, given, actor)
            return Outcome(await get_review(tx, review_id))
        owners = await owners_of(tx, review.members)
        allowed = await authorised(tx, review, given, [user for user in owners.values() if user])
        if allowed is None:
            await keep_proposal(tx, review, given)
            await _note(tx, "review.proposed", review, given, actor)
            return Outcome(await get_review(tx, review_id), is_proposal=True)
        of_people = await parties(tx, owners)
        survivor = await _carry_out(tx, review, allowed, owners, of_people, actor, opener)
        await keep_given(tx, review, allowed, of_people)
        await _note(tx, "review.decided", review, allowed, actor)
        return Outcome(await get_review(tx, review_id), survivor)

    return await in_transaction(tx, work)


async def take_answer_back(
    tx: Tx, review_id: str, *, reason: str, actor: Actor, opener: Opener, now: datetime
) -> TakenBack | None:
    """Let a question wait again, and put everything its answer changed back; None if it changed nothing but itself.

    What came to the survivor since stays with him and is listed, and what the source took away since does not come back.
    Raises ReviewNotFound, NothingToTakeBack,
    AdminNeeded, LaterChangesFirst, CannotTakeBack, LeaseTaken or RunUnfinished.
    """

    async def work(tx: Tx) -> TakenBack | None:
        await take_turn(tx, MIGRATION, now=now)
        await refuse_while_unfinished(tx)
        review = await get_review(tx, review_id)
        given = _given_before(review)
        entry = await find_entry(tx, cause_of(review))
        if entry is None and given.answer.decision is Decision.MERGE and review.status is ReviewStatus.DECIDED:
            raise NothingToTakeBack(
                f"an import joined them by this answer; take them apart with: roundsman migrate undo-merge "
                f"{review.members[-1]}"
            )
        if await _was_about_staff(tx, review, entry):
            await require_admin_about_staff(tx, actor.who)
        taken_back = await take_decision_back(tx, entry, opener, actor=actor, now=now) if entry else None
        undone = Given(Answer(given.answer.decision, reason), actor.who, now)
        for settled in await settled_reviews(tx, review_id):
            await unsettle(tx, settled, undone)
        await (forget(tx, review) if review.made_by_split else reopen(tx, review, undone))
        await _note(tx, "review.undone", review, undone, actor)
        return taken_back

    return await in_transaction(tx, work)


async def _open_review(tx: Tx, review_id: str, *, now: datetime) -> Review:
    await take_turn(tx, MIGRATION, now=now)
    await refuse_while_unfinished(tx)
    review = await get_review(tx, review_id)
    if review.status is ReviewStatus.WITHDRAWN:
        raise ReviewNotOpen(f"review {review_id} is withdrawn: the source says something else by now")
    if review.status is not ReviewStatus.OPEN:
        raise ReviewNotOpen(
            f"review {review_id} is answered; take the answer back first: roundsman migrate review undo {review_id} "
            "--reason WHY"
        )
    return review


def _refuse_unfitting(review: Review, answer: Answer) -> None:
    fitting = {*(OF_VALUES if review.asked else OF_PAIRS), Decision.DEFER}
    if answer.decision not in fitting:
        words = ", ".join(sorted(one.replace("_", "-") for one in fitting))
        raise AnswerDoesNotFit(f"review {review.id} can be answered with: {words}")


async def _was_about_staff(tx: Tx, review: Review, entry: Entry | None) -> bool:
    """Whether it is about staff, or about somebody who lost such a role by the answer."""
    before = [one.before for one in entry.changes if isinstance(one, Edit) and one.collection == USERS] if entry else []
    if any(not STAFF_ROLES.isdisjoint(user["roles"]) for user in before if user):
        return True
    owners = await owners_of(tx, review.members)
    return await is_about_staff(tx, review, [user for user in owners.values() if user])


def _given_before(review: Review) -> Given:
    """What there is to take back of a question."""
    if review.status is ReviewStatus.WITHDRAWN:
        raise NothingToTakeBack(f"review {review.id} is withdrawn: the source says something else by now")
    if review.settled_by:
        raise NothingToTakeBack(
            f"review {review.id} was answered by another; take that back: "
            f"roundsman migrate review undo {review.settled_by}"
        )
    given = review.given or review.proposal or review.deferral
    if given is None:
        raise NothingToTakeBack(f"review {review.id} waits for an answer; there is nothing to take back")
    return given


async def _carry_out(
    tx: Tx,
    review: Review,
    given: Given,
    owners: Mapping[str, UserId | None],
    of_people: Parties,
    actor: Actor,
    opener: Opener,
) -> UserId | None:
    if review.asked:
        if given.answer.decision is Decision.ACCEPT:
            await _accept(tx, review, review.asked, given, owners, actor, opener)
        await _settle_same(tx, review, review.asked, given, of_people)
        return None
    if given.answer.decision is Decision.MERGE:
        return await join_people(tx, review, given, owners, cause=cause_of(review), actor=actor, opener=opener)
    if given.answer.decision is Decision.SHARED_PHONE and given.answer.holder:
        users = {user for user in owners.values() if user}
        await hand_phone_over(
            tx, review.members, users, given.answer.holder, cause=cause_of(review), given=given, opener=opener
        )
    return None


async def _accept(
    tx: Tx,
    review: Review,
    asked: Asked,
    given: Given,
    owners: Mapping[str, UserId | None],
    actor: Actor,
    opener: Opener,
) -> None:
    for key, user_id in owners.items():
        if user_id is None:
            raise DocumentNotTaken(f"{key} belongs to nobody any more")
        await accept(tx, Accepting(asked, key, user_id, given, actor, opener), cause=cause_of(review))


async def _settle_same(tx: Tx, review: Review, asked: Asked, given: Given, of_people: Parties) -> None:
    """The same may be said by several documents of a user; it is answered once."""
    documents = [key for party in of_people for key in party]
    async for other in reviews_about(tx, documents, status=ReviewStatus.OPEN):
        same = other.asked is not None and (other.asked.matter, other.asked.value) == (asked.matter, asked.value)
        if same and other.id != review.id:
            await settle(tx, other, by=review.id, given=given)


async def _note(tx: Tx, action: str, review: Review, given: Given, actor: Actor) -> None:
    said = f"{given.answer.decision}: {given.answer.reason}"
    alone = " (decided alone: he is the only active admin)" if given.alone else ""
    seconded = f" (proposed by {given.seconded_by})" if given.seconded_by else ""
    await record(tx, AuditEntry(given.at, actor, action, f"review:{review.id}", reason=f"{said}{alone}{seconded}"))
