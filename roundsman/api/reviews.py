"""Questions that an import left to humans, and their answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from bson import ObjectId
from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, StringConstraints

from roundsman.access.permissions import Permission
from roundsman.access.roles import Role
from roundsman.api.models import KEPT_FOR_GOOD, AnswerModel, Id, Line, RequestModel, problems
from roundsman.audit_log.entries import Actor, acting
from roundsman.identity.users import Claim, UserStatus
from roundsman.ids import UserId
from roundsman.migration.deciding import decide, take_answer_back
from roundsman.migration.following import Matter
from roundsman.migration.members import Opener, opener_of_last_run
from roundsman.migration.reviews import Answer, Decision, ReviewStatus, list_reviews
from roundsman.migration.sealing import Seal
from roundsman.migration.side_by_side import show_review
from roundsman.web.guards import require
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import client_address, services_of

router = APIRouter(prefix="/reviews", tags=["reviews"])

Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), Field(description=KEPT_FOR_GOOD)
]


class AnswerView(AnswerModel):
    """What was answered, and why."""

    decision: Decision
    reason: str
    holder: Id | None


class GivenView(AnswerModel):
    """An answer, who gave it and when."""

    answer: AnswerView
    by: str
    at: datetime
    seconded_by: str | None = Field(description="Who had proposed it, where two admins were needed.")
    alone: bool = Field(description="Whether it was about staff and he was the only active admin.")


class ReviewView(AnswerModel):
    """A question about documents of the existing application."""

    id: str
    list: Literal["unsure", "conflict"]
    rule: str
    members: tuple[str, ...] = Field(description="The documents, as collection:id.")
    evidence: tuple[str, ...]
    status: ReviewStatus
    given: GivenView | None
    proposal: GivenView | None = Field(description="Waits for another admin to answer the same.")
    deferral: GivenView | None
    settled_by: str | None = Field(description="The question whose answer answered this one too.")


class ReviewList(AnswerModel):
    """Some questions, those put off last, and the cursor of the next ones."""

    reviews: list[ReviewView]
    next: str | None


class SideUserView(AnswerModel):
    """The user of a document."""

    id: Id
    name: str
    status: UserStatus
    claim: Claim
    roles: list[Role]
    signs_in_with: list[str]
    last_sign_in_at: datetime | None
    orders: int
    last_order_at: datetime | None


class SideView(AnswerModel):
    """One document, as the existing application has it, and its user."""

    document: str
    name: str | None
    phone: str | None
    email: str | None
    address: str | None
    role: Role | None
    created_at: datetime | None
    last_sign_in_at: datetime | None
    user: SideUserView | None


class ChangeView(AnswerModel):
    """What the existing application said, what it says now, and what is here. A password is never shown."""

    matter: Matter
    was: str | None
    value: str
    here: list[str]


class SideBySideView(AnswerModel):
    """A question with its people side by side, and what each answer would do."""

    review: ReviewView
    sides: list[SideView]
    about_staff: bool
    answers: Mapping[str, str]
    change: ChangeView | None = Field(description="For a question about a new value in the existing application.")


class DecisionBody(RequestModel):
    """An answer."""

    decision: Decision
    reason: Reason
    holder: Annotated[str, StringConstraints(pattern="^[0-9a-f]{24}$")] | None = Field(
        default=None, description="For shared_phone: the user who signs in with it from now on."
    )


class OutcomeView(AnswerModel):
    """The question after the answer, and the one user it made, if it joined people."""

    review: ReviewView
    survivor: Id | None
    is_proposal: bool


class TakenBackView(AnswerModel):
    """What stays as it is because it was changed again, and what came to the survivor since and stays with him."""

    left: list[str]
    born_since: dict[str, list[str]]


@router.get("", dependencies=[Depends(require(Permission.REVIEWS_READ))], responses=problems(401, 403, 422))
async def list_(
    request: Request,
    list_name: Annotated[Literal["unsure", "conflict"], Query(alias="list")],
    status: ReviewStatus = ReviewStatus.OPEN,
    cursor: Annotated[str | None, Query(max_length=100, pattern="^[01]:.")] = None,
) -> ReviewList:
    """List the questions of one list, those put off last."""
    page = await list_reviews(services_of(request).runtime.tx, list_name, status=status, after=cursor)
    return ReviewList.model_validate(page)


@router.get(
    "/{review_id}", dependencies=[Depends(require(Permission.REVIEWS_READ))], responses=problems(401, 403, 404, 422)
)
async def show(request: Request, review_id: str) -> SideBySideView:
    """Show the people of a question side by side, and what each answer would do."""
    runtime = services_of(request).runtime
    shown = await show_review(runtime.tx, review_id, await _opener(request), now=runtime.clock())
    return SideBySideView.model_validate(shown)


@router.post(
    "/{review_id}/decision",
    dependencies=[Depends(require(Permission.REVIEWS_DECIDE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def answer(request: Request, review_id: str, body: DecisionBody, principal: CurrentPrincipal) -> OutcomeView:
    """Answer a question and do what the answer says; about staff, it is proposed until another admin says the same."""
    runtime = services_of(request).runtime
    actor = acting(principal, address=client_address(request))
    holder = UserId(ObjectId(body.holder)) if body.holder else None
    given = Answer(body.decision, body.reason, holder)
    opener = await _opener(request)
    outcome = await decide(runtime.tx, review_id, given, actor=actor, opener=opener, now=runtime.clock())
    return OutcomeView.model_validate(outcome)


@router.delete(
    "/{review_id}/decision",
    dependencies=[Depends(require(Permission.REVIEWS_DECIDE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def take_back(
    request: Request,
    review_id: str,
    reason: Annotated[Line, Query(description=KEPT_FOR_GOOD)],
    principal: CurrentPrincipal,
) -> TakenBackView:
    """Take an answer back: the question waits again, and everybody gets back what was his."""
    runtime = services_of(request).runtime
    actor: Actor = acting(principal, address=client_address(request))
    opener = await _opener(request)
    taken_back = await take_answer_back(
        runtime.tx, review_id, reason=reason, actor=actor, opener=opener, now=runtime.clock()
    )
    if taken_back is None:
        return TakenBackView(left=[], born_since={})
    born_since = {name: [str(one) for one in ids] for name, ids in taken_back.born_since.items()}
    return TakenBackView(left=list(taken_back.left), born_since=born_since)


async def _opener(request: Request) -> Opener:
    runtime = services_of(request).runtime
    return await opener_of_last_run(runtime.tx, Seal(runtime.sealing_key))
