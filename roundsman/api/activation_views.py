"""How the activation of customers is shown; the command line prints the same as JSON."""

from datetime import date, datetime

from pydantic import Field

from roundsman.activation.figures import Dashboard
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.tallies import Passage, Step
from roundsman.api.models import AnswerModel, Id
from roundsman.operations.facts.activation_lists import ActivationPerson, Explained


class StatusCountView(AnswerModel):
    """How many are in a status now."""

    status: ActivationStatus
    count: int
    change_7_days: int = Field(description="How many more than there were at the end of the day 7 days ago.")
    change_30_days: int
    revenue_paise: int | None = Field(
        description="What those who are in it now have paid in all, less refunds; null for whoever may see no money."
    )


class DayCountsView(AnswerModel):
    """How many were in which status at the end of an Indian day; of today, how many are."""

    day: date
    counts: dict[ActivationStatus, int]


class FunnelStepView(AnswerModel):
    """How many took a step and all before it."""

    step: Step
    count: int
    step_percent: float | None = Field(description="Of those of the step before; null where there are none.")
    total_percent: float | None = Field(description="Of all who signed up.")


class FunnelView(AnswerModel):
    """From sign-up to engagement."""

    steps: list[FunnelStepView]
    unknown_logins: int = Field(
        description="Those among them of whom nobody can say whether they ever signed in; the second step's share is of the others."
    )


class StageTimeView(AnswerModel):
    """How long a passage took, in whole hours below three days and whole days above."""

    passage: Passage
    begun: int
    converted: int
    not_converted_percent: float | None
    p50_hours: int | None
    p75_hours: int | None
    p90_hours: int | None


class PlanKeysView(AnswerModel):
    """The keys of the business's plan, of all customers, in per cent."""

    customers: int
    ordered: int
    active: int
    signup_to_first_order: float | None = Field(description="Of all, those who have an order that counts.")
    first_order_to_active: float | None = Field(description="Of these, those who are active or engaged now.")
    active_retention: float | None = Field(
        description="Of those who were active or engaged 30 days ago or came to be since, those who still are."
    )


class CappedView(AnswerModel):
    """A count that stops at 1,000."""

    count: int
    is_more: bool


class PaymentRiskView(AnswerModel):
    """Whose last payment failed, and who was delivered to and has not paid for 30 days since."""

    failed: CappedView
    missing: CappedView


class SweepHealthView(AnswerModel):
    """Whether what time does is written in time. The numbers are right all the same."""

    overdue: CappedView
    last_run_at: datetime | None
    rolled_up_at: datetime | None


class KeptCountsView(AnswerModel):
    """Facts that were told and changed nothing: `/activation/conflicts` and `/activation/unmatched` list them."""

    conflicts: int
    unmatched: int


class DashboardView(AnswerModel):
    """How far customers have come. Days are Indian."""

    at: datetime
    first: date
    last: date
    statuses: list[StatusCountView]
    days: list[DayCountsView]
    funnel: FunnelView = Field(description="Of those who signed up in the range.")
    stage_times: list[StageTimeView] = Field(description="Of the same.")
    plan_keys: PlanKeysView
    payment_risk: PaymentRiskView
    at_risk: CappedView = Field(description="Active or engaged, and inactive within 7 days if nothing happens.")
    sweep: SweepHealthView
    kept_facts: KeptCountsView


class CohortCellView(AnswerModel):
    """How many are active or engaged at the end of a week."""

    week: date
    count: int
    percent: float | None
    is_finished: bool


class CohortView(AnswerModel):
    """Those who signed up in one week; weeks begin on Indian Mondays."""

    signup_week: date
    signed_up: int
    cells: list[CohortCellView]


class CohortsView(AnswerModel):
    """Cohorts, the earliest first."""

    cohorts: list[CohortView]


class BandView(AnswerModel):
    """How many were here and are there; without a `before` they were not known yet."""

    before: ActivationStatus | None
    after: ActivationStatus
    count: int


class MovementView(AnswerModel):
    """From the end of one Indian day to the end of another; who stayed is in it."""

    first: date
    last: date
    bands: list[BandView]


class ComparedView(AnswerModel):
    """How many are in a status now, and would be."""

    status: ActivationStatus
    now: int
    then: int


class MoversView(AnswerModel):
    """How many would be elsewhere."""

    now: ActivationStatus
    then: ActivationStatus
    count: int


class WhatIfView(AnswerModel):
    """What other thresholds would make of everybody."""

    inactive_days: int
    churn_days: int
    engaged_orders: int
    people: int
    statuses: list[ComparedView]
    movers: list[MoversView]


class ActivationPersonView(AnswerModel):
    """A customer as he stands now."""

    user_id: Id
    name: str = Field(examples=["Asha Patil"])
    phone: str | None
    area: str | None
    channel: str | None = Field(description="How he came: self, staff or import.")
    activation_status: ActivationStatus | None
    status_since: datetime | None
    signup_at: datetime | None
    orders: int
    last_order_at: datetime | None
    revenue_paise: int | None = Field(description="Null for whoever may see no money.")
    payment_risk: bool
    unpaid_since: datetime | None
    last_contact_at: datetime | None
    next_status: ActivationStatus | None
    next_transition_at: datetime | None


class ActivationPageView(AnswerModel):
    """Some customers."""

    people: list[ActivationPersonView]
    next: str | None = Field(description="Send it as `after` for the next page; null on the last. A page may be short.")


class EvidenceView(AnswerModel):
    """One thing the status follows from."""

    what: str
    at: datetime | None
    count: int | None
    threshold: str | None
    reached_at: datetime | None = Field(description="When the threshold is reached, or was.")


class ExplanationView(AnswerModel):
    """Why, and what time alone changes next."""

    status: ActivationStatus | None
    since: datetime | None
    cause: str | None = Field(description="The type of the fact that led there, or `timer`.")
    rule: str
    evidence: list[EvidenceView]
    next_status: ActivationStatus | None
    next_at: datetime | None


class TransitionView(AnswerModel):
    """One change of status."""

    before: ActivationStatus | None
    after: ActivationStatus
    effective_at: datetime
    cause: str


class ExplainedView(AnswerModel):
    """A customer, why he stands where he does, and how he came there."""

    person: ActivationPersonView
    explanation: ExplanationView
    history: list[TransitionView]


def dashboard_view(read: Dashboard, *, with_money: bool) -> DashboardView:
    """Show the dashboard; marketing staff sees customers and no money (spec access)."""
    shown = DashboardView.model_validate(read)
    if with_money:
        return shown
    return shown.model_copy(
        update={"statuses": [one.model_copy(update={"revenue_paise": None}) for one in shown.statuses]}
    )


def person_view(person: ActivationPerson, *, with_money: bool) -> ActivationPersonView:
    """Show a person flat, so that he is a row of a table too."""
    lifecycle = person.lifecycle
    return ActivationPersonView(
        user_id=person.user_id,
        name=person.name,
        phone=person.phone,
        area=person.area,
        channel=person.channel,
        activation_status=lifecycle.status,
        status_since=lifecycle.status_since,
        signup_at=lifecycle.signup_at,
        orders=lifecycle.orders_valid,
        last_order_at=lifecycle.last_order_at,
        revenue_paise=lifecycle.revenue_paise if with_money else None,
        payment_risk=lifecycle.payment_risk,
        unpaid_since=lifecycle.unpaid_since,
        last_contact_at=lifecycle.last_contact_at,
        next_status=lifecycle.next_status,
        next_transition_at=lifecycle.next_transition_at,
    )


def explained_view(explained: Explained, *, with_money: bool) -> ExplainedView:
    """Show why somebody stands where he does."""
    return ExplainedView(
        person=person_view(explained.person, with_money=with_money),
        explanation=ExplanationView.model_validate(explained.explanation),
        history=[TransitionView.model_validate(one) for one in explained.history],
    )
