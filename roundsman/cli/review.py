"""The commands `roundsman migrate review …`: what the import left to humans, and their answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from bson import ObjectId

from roundsman.audit_log.entries import SYSTEM, Actor
from roundsman.cli.output import print_json, print_table, say
from roundsman.cli.running import run
from roundsman.cli.sources import BUILT_IN, ProfileOption, read_profile
from roundsman.database.transaction import Tx
from roundsman.errors import InvalidInput
from roundsman.identity.lookup import find_user
from roundsman.ids import UserId
from roundsman.migration.authority import require_admin
from roundsman.migration.deciding import Outcome, decide, take_answer_back
from roundsman.migration.following import Matter
from roundsman.migration.members import Opener
from roundsman.migration.reviews import LISTS, Answer, Decision, Review, ReviewStatus, list_reviews
from roundsman.migration.sealing import Seal
from roundsman.migration.side_by_side import Change, Side, SideBySide, show_review
from roundsman.operations.joining.journal import TakenBack
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import load_settings

app = typer.Typer(help="What the import left to humans.", no_args_is_help=True)

ReviewArgument = Annotated[str, typer.Argument(help="The id of a review.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ByOption = Annotated[
    str | None,
    typer.Option("--by", help="The admin who answers: his phone, e-mail or id. Needed when it is about staff."),
]
ReasonOption = Annotated[str, typer.Option(help="Why; the audit log keeps it for good, so write no names or phones.")]


@app.command("list")
def list_(
    *,
    only: Annotated[str | None, typer.Option("--list", help="unsure or conflict; without it, both.")] = None,
    status: Annotated[ReviewStatus, typer.Option(help="Which ones.")] = ReviewStatus.OPEN,
    limit: Annotated[int, typer.Option(min=0, help="Show the first so many of each list; 0 shows all.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show the questions: unsure pairs, then conflicts; those put off come last."""
    if only is not None and only not in LISTS:
        raise InvalidInput(f"there is no list {only}; there are: {', '.join(LISTS)}")
    reviews = run(_list([only] if only else list(LISTS), status, limit))
    if as_json:
        print_json([asdict(review) for review in reviews])
        return
    rows = [(one.id, one.list, one.rule, _said(one), " ".join(one.members), ", ".join(one.evidence)) for one in reviews]
    if not rows:
        say(f"There is no {status} question.")
        return
    print_table(("review", "list", "rule", "answer", "documents", "evidence"), rows)
    say("\nEach of them side by side, with what each answer does: roundsman migrate review show REVIEW")


async def _list(names: list[str], status: ReviewStatus, limit: int) -> list[Review]:
    async with open_runtime(load_settings()) as runtime:
        pages = [await list_reviews(runtime.tx, name, status=status, limit=limit) for name in names]
        return [review for page in pages for review in page.reviews]


def _said(review: Review) -> str:
    if review.given:
        return _word(review.given.answer.decision)
    if review.proposal:
        return f"proposed: {_word(review.proposal.answer.decision)}"
    if review.settled_by:
        return f"by review {review.settled_by}"
    if review.status is ReviewStatus.WITHDRAWN:
        return "withdrawn"
    return "put off" if review.deferral else "-"


@app.command("show")
def show_(review: ReviewArgument, *, profile: ProfileOption = BUILT_IN, as_json: JsonOption = False) -> None:
    """Show the people of a question side by side, why it is asked, and what each answer would do."""
    shown = run(_show(review, profile))
    if as_json:
        print_json(asdict(shown))
        return
    _print_question(shown)


async def _show(review: str, profile: str) -> SideBySide:
    async with _opened(profile) as (runtime, opener):
        return await show_review(runtime.tx, review, opener, now=runtime.clock())


def _print_question(shown: SideBySide) -> None:
    one = shown.review
    say(f"Review {one.id}: {one.list}, rule {one.rule}, {one.status} ({', '.join(one.evidence)})")
    if shown.about_staff:
        say("It is about staff: where there are two active admins, both have to give the same answer.")
    if one.proposal:
        say(
            f"Proposed: {_word(one.proposal.answer.decision)} by {one.proposal.by}, because: {one.proposal.answer.reason}"
        )
    if shown.change:
        _say_change(shown.change)
    say("")
    columns = [_column(side) for side in shown.sides]
    rows = [(name, *(column[name] for column in columns)) for name in columns[0]]
    print_table(("", *(str(number) for number in range(1, len(columns) + 1))), rows)
    say("")
    for decision, sentence in shown.answers.items():
        say(f"{_word(decision)}: {sentence}")
    if one.status is ReviewStatus.OPEN:
        say(f"\nAnswer it with: roundsman migrate review decide {one.id} ANSWER --reason WHY")
    elif one.given:
        say(f"\nTake the answer back with: roundsman migrate review undo {one.id} --reason WHY")


def _say_change(change: Change) -> None:
    before = f" from {change.was}" if change.was else ""
    say(f"The source changed the {change.matter}{before} to {change.value}.")
    if change.matter is not Matter.PASSWORD:
        say(f"Here: {', '.join(change.here) or 'none'}.")


def _column(side: Side) -> dict[str, str]:
    user = side.user
    values = {
        "document": side.document,
        "name": side.name,
        "phone": side.phone,
        "e-mail": side.email,
        "address": side.address,
        "role": side.role,
        "created": side.created_at and side.created_at.date(),
        "last sign-in": side.last_sign_in_at and side.last_sign_in_at.date(),
        "user": user and f"{user.id} ({user.status}, {user.claim})",
        "user's roles": user and ", ".join(user.roles),
        "signs in with": user and ", ".join(user.signs_in_with),
        "orders": user and user.orders,
        "last order": user and user.last_order_at and user.last_order_at.date(),
    }
    return {name: "-" if value in (None, "") else str(value) for name, value in values.items()}


@app.command("decide")
def decide_(
    review: ReviewArgument,
    decision: Annotated[
        str, typer.Argument(help="merge, keep-apart, two-accounts or shared-phone; accept or reject; or defer.")
    ],
    *,
    reason: ReasonOption,
    by: ByOption = None,
    holder: Annotated[
        str | None, typer.Option(help="For shared-phone: who signs in with it from now on; his phone, old id or id.")
    ] = None,
    profile: ProfileOption = BUILT_IN,
) -> None:
    """Answer a question, and do what the answer says."""
    outcome = run(_decide(review, _decision(decision), reason, by, holder, profile))
    if outcome.is_proposal:
        say(f"Review {review} is about staff: the answer is proposed, and waits for another admin to say the same.")
    elif outcome.survivor:
        say(f"Review {review} is decided: they are user {outcome.survivor} now.")
    else:
        say(f"Review {review}: {_said(outcome.review)}.")


def _word(decision: str) -> str:
    """An answer as it is typed."""
    return decision.replace("_", "-")


def _decision(word: str) -> Decision:
    try:
        return Decision(word.replace("-", "_"))
    except ValueError:
        words = ", ".join(map(_word, Decision))
        raise InvalidInput(f"there is no answer {word}; there are: {words}") from None


async def _decide(
    review: str, decision: Decision, reason: str, by: str | None, holder: str | None, profile: str
) -> Outcome:
    async with _opened(profile) as (runtime, opener):
        actor = await actor_named(runtime.tx, by)
        answer = Answer(decision, reason, (await _user(runtime.tx, holder)) if holder else None)
        return await decide(runtime.tx, review, answer, actor=actor, opener=opener, now=runtime.clock())


@app.command("undo")
def undo_(
    review: ReviewArgument,
    *,
    reason: ReasonOption,
    by: ByOption = None,
    profile: ProfileOption = BUILT_IN,
    as_json: JsonOption = False,
) -> None:
    """Take an answer back: the question waits again, and everybody gets back what was his."""
    taken_back = run(_undo(review, reason, by, profile))
    if as_json:
        print_json(asdict(taken_back) if taken_back else None)
        return
    say(f"Review {review} waits again.")
    if taken_back:
        print_taken_back(taken_back)


async def _undo(review: str, reason: str, by: str | None, profile: str) -> TakenBack | None:
    async with _opened(profile) as (runtime, opener):
        actor = await actor_named(runtime.tx, by)
        return await take_answer_back(
            runtime.tx, review, reason=reason, actor=actor, opener=opener, now=runtime.clock()
        )


def print_taken_back(taken_back: TakenBack) -> None:
    """Say what stays where it is, and why."""
    for why in taken_back.left:
        say(f"left as it is: {why}")
    for collection, ids in taken_back.born_since.items():
        say(f"came since, and stays with user {taken_back.survivor}: {collection} {', '.join(map(str, ids))}")


async def actor_named(tx: Tx, by: str | None) -> Actor:
    """The admin whom the option names; without one, the operator. Raises AdminNeeded."""
    if by is None:
        return SYSTEM
    user_id = await _user(tx, by)
    await require_admin(tx, user_id)
    return Actor(str(user_id))


async def _user(tx: Tx, text: str) -> UserId:
    return UserId(ObjectId(text)) if ObjectId.is_valid(text) else (await find_user(tx, text)).id


@asynccontextmanager
async def _opened(profile: str) -> AsyncIterator[tuple[Runtime, Opener]]:
    async with open_runtime(load_settings()) as runtime:
        yield runtime, Opener(Seal(runtime.sealing_key), read_profile(profile))
