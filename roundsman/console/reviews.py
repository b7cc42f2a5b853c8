"""The review queue: what an import left to humans, side by side, one question after the other."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from bson import ObjectId
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.console.conflicts import Difference, WayOn, show_conflict
from roundsman.console.forms import Form, model_of, read_form, refused
from roundsman.console.guards import require_page
from roundsman.console.rendering import see_other, show
from roundsman.console.review_table import compared, seen_text
from roundsman.errors import RoundsmanError
from roundsman.ids import UserId
from roundsman.migration.deciding import Outcome, ReviewNotOpen, decide, take_answer_back
from roundsman.migration.members import Opener, opener_of_last_run
from roundsman.migration.report_texts import RULES
from roundsman.migration.review_queue import count_waiting, next_waiting, with_names
from roundsman.migration.reviews import Answer, Decision, Review, ReviewStatus, list_reviews
from roundsman.migration.sealing import Seal
from roundsman.migration.side_by_side import SideBySide, SideUser, note_revealed, show_review
from roundsman.operations.people.actor_names import names_of_actors
from roundsman.web.operating import Operating, Work
from roundsman.web.services import services_of

PATH: Final = "/migration/reviews"
_ONE: Final = f"{PATH}/{{review_id}}"
_PAGE: Final = 30
_READ: Final = [Depends(require_page(Permission.REVIEWS_READ))]
# A merge is hard to take back, so who looks at a question proves himself before he types a reason.
_LOOK: Final = [Depends(require_page(Permission.REVIEWS_READ, fresh=True))]
_DECIDE: Final = [Depends(require_page(Permission.REVIEWS_DECIDE, fresh=True))]

router = APIRouter(include_in_schema=False)


class QueueQuery(BaseModel):
    """Which questions, and from where on."""

    list: Literal["unsure", "conflict"] = "unsure"
    status: ReviewStatus = ReviewStatus.OPEN
    after: Annotated[str, StringConstraints(max_length=100, pattern="^[01]:.")] | None = None


class Answering(BaseModel):
    """An answer, why, and who keeps a shared phone."""

    decision: Decision
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
    holder: Annotated[str, StringConstraints(pattern="^[0-9a-f]{24}$")] | None = None
    seen: str = Field(default="", max_length=20_000)


class TakingBack(BaseModel):
    """Why an answer is taken back."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer as a button: its key, its words, and what it would do."""

    decision: Decision
    key: str
    words: str
    impact: str
    kind: str
    is_possible: bool = True


_CHOICES: Final = (
    (Decision.MERGE, "m", "Merge", ""),
    (Decision.KEEP_APART, "k", "Keep apart", "quiet"),
    (Decision.TWO_ACCOUNTS, "t", "Same person, two accounts", "quiet"),
    (Decision.SHARED_PHONE, "s", "Shared phone", "quiet"),
    (Decision.ACCEPT, "m", "Take the new value", ""),
    (Decision.REJECT, "k", "Keep what is here", "quiet"),
    (Decision.DEFER, "n", "Skip for now", "quiet"),
)


@router.get(PATH, dependencies=_READ, name="reviews_page")
async def list_(request: Request, query: Annotated[QueueQuery, Query()], work: Work) -> Response:
    """List the questions of one list, those put off last."""
    found = await list_reviews(work.tx, query.list, status=query.status, after=query.after, limit=_PAGE)
    asked = {"list": query.list, "status": query.status.value}
    return show(
        request,
        "migration/reviews.html",
        query=query,
        queued=await with_names(work.tx, found.reviews),
        waiting=await count_waiting(work.tx),
        statuses=tuple(ReviewStatus),
        next=f"{PATH}?{urlencode({**asked, 'after': found.next})}" if found.next else "",
        first=f"{PATH}?{urlencode(asked)}" if query.after else "",
    )


@router.get(_ONE, dependencies=_LOOK, name="review_page")
async def show_one(request: Request, review_id: str, work: Work) -> Response:
    """Show the people of a question side by side, and what each answer would do."""
    return await _shown(request, work, review_id, Form())


@router.post(f"{_ONE}/reveal", dependencies=_DECIDE, name="reveal_review_page")
async def reveal(request: Request, review_id: str, work: Work) -> Response:
    """Show the phones and e-mails of a question in full, which the audit log keeps."""
    await note_revealed(work.tx, review_id, actor=work.intake.actor, now=work.now)
    return await _shown(request, work, review_id, Form(), in_full=True)


@router.get(f"{_ONE}/reveal", dependencies=_LOOK, name="unrevealed_review_page")
async def not_revealed(request: Request, review_id: str) -> Response:
    """Lead back to the question whoever opens the address again: only a deliberate step shows contacts."""
    return see_other(request, f"{PATH}/{review_id}")


@router.post(_ONE, dependencies=_DECIDE, name="decide_review_page")
async def answer(request: Request, review_id: str, work: Work) -> Response:
    """Answer a question, and lead on to the next one; what changed since it was shown is shown beside it instead."""
    sent, opener = await read_form(request), await _opener(request)
    shown = await show_review(work.tx, review_id, opener, now=work.now)
    try:
        wanted = model_of(Answering, sent)
        if sent.get("seen", "").replace("\r\n", "\n") != seen_text(shown):
            return _conflict(request, shown, sent)
        given = Answer(wanted.decision, wanted.reason, UserId(ObjectId(wanted.holder)) if wanted.holder else None)
        outcome = await decide(work.tx, review_id, given, actor=work.intake.actor, opener=opener, now=work.now)
    except ReviewNotOpen:
        return _conflict(request, await show_review(work.tx, review_id, opener, now=work.now), sent)
    except RoundsmanError as error:
        return await _shown(request, work, review_id, refused(sent, error))
    following = await next_waiting(work.tx, shown.review)
    path = f"{PATH}/{following}" if following else f"{PATH}?list={shown.review.list}"
    return see_other(request, path, flash=_said(outcome, wanted.decision))


@router.post(f"{_ONE}/undo", dependencies=_DECIDE, name="undo_review_page")
async def take_back(request: Request, review_id: str, work: Work) -> Response:
    """Take an answer back: the question waits again, and everybody gets back what was his."""
    sent = await read_form(request)
    try:
        reason = model_of(TakingBack, sent).reason
        await take_answer_back(
            work.tx, review_id, reason=reason, actor=work.intake.actor, opener=await _opener(request), now=work.now
        )
    except RoundsmanError as error:
        return await _shown(request, work, review_id, refused(sent, error))
    return see_other(request, f"{PATH}/{review_id}", flash="flash.review_taken_back")


async def _shown(request: Request, work: Operating, review_id: str, form: Form, *, in_full: bool = False) -> Response:
    shown = await show_review(work.tx, review_id, await _opener(request), now=work.now)
    one = shown.review
    return show(
        request,
        "migration/review.html",
        status=form.status,
        form=form,
        shown=shown,
        table=compared(shown.sides, in_full=in_full),
        in_full=in_full,
        seen=seen_text(shown),
        choices=_choices(shown),
        holders=_holders(shown),
        names=await names_of_actors(work.tx, _who(one)),
        rule=dict(RULES).get(one.rule),
        skip=await next_waiting(work.tx, one),
        waiting=await count_waiting(work.tx),
        next_page=f"{PATH}/{review_id}",
    )


def _choices(shown: SideBySide) -> list[Choice]:
    answers = shown.answers
    return [
        Choice(
            decision, key, words, answers[decision.value], kind, not answers[decision.value].startswith("Not possible")
        )
        for decision, key, words, kind in _CHOICES
        if decision.value in answers
    ]


def _holders(shown: SideBySide) -> list[SideUser]:
    """Who could hold a shared phone: each user once."""
    return list({side.user.id: side.user for side in shown.sides if side.user}.values())


def _who(review: Review) -> list[str]:
    given = [one for one in (review.given, review.proposal, review.deferral) if one]
    return [who for one in given for who in (one.by, one.seconded_by) if who]


def _said(outcome: Outcome, decision: Decision) -> str:
    if outcome.is_proposal:
        return "flash.review_proposed"
    return "flash.review_skipped" if decision is Decision.DEFER else "flash.review_decided"


def _conflict(request: Request, shown: SideBySide, sent: dict[str, str]) -> Response:
    now, path = seen_text(shown), f"{PATH}/{shown.review.id}"
    before = dict(line.partition(": ")[::2] for line in sent.get("seen", "").splitlines())
    current = dict(line.partition(": ")[::2] for line in now.splitlines())
    wanted = sent.get("decision", "").replace("_", " ")
    changed = [name for name in {**before, **current} if before.get(name) != current.get(name)] or ["Question"]
    differences = [
        Difference(name, before.get(name, ""), current.get(name, ""), wanted if name == "Question" else "")
        for name in dict.fromkeys(["Question", *changed])
    ]
    if shown.review.status is not ReviewStatus.OPEN:
        on = WayOn("", "", {}, path, "Look at the answer")
    else:
        fields = {name: sent[name] for name in ("decision", "reason", "holder") if name in sent} | {"seen": now}
        on = WayOn(path, "Answer so all the same", fields, path, "Look at it anew")
    return show_conflict(request, "This question is not as it was", differences, on)


async def _opener(request: Request) -> Opener:
    runtime = services_of(request).runtime
    return await opener_of_last_run(runtime.tx, Seal(runtime.sealing_key))
