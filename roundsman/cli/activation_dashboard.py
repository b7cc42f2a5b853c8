"""The commands `roundsman activation dashboard | explain | what-if | rebuild`: what the API answers, as tables or JSON.

The models of the answers are the API's; they are imported when JSON is asked for, because the web framework takes a second
to load.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from roundsman.activation import rollups
from roundsman.activation import what_if as thresholds
from roundsman.activation.dashboard import read_dashboard
from roundsman.activation.figures import Capped, Dashboard, Slice
from roundsman.activation.rollups import RolledUp
from roundsman.activation.what_if import WhatIf, other_policy
from roundsman.cli.activation_runtime import activation_runtime
from roundsman.cli.output import print_json, print_table, say
from roundsman.cli.running import run
from roundsman.money import rupees_text
from roundsman.operations.facts.activation_lists import Explained, explain_customer
from roundsman.runtime import LONG_WORK_SECONDS

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, as the API answers it.")]
DayOption = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="An Indian day.")]
_NOTHING: Final = "-"
_NOBODY: Final = "\nNobody is here yet. What was imported is told of its customers by: roundsman activation backfill"


def dashboard(
    *,
    first: DayOption = None,
    last: DayOption = None,
    area: Annotated[str | None, typer.Option(help="Only those who live there.")] = None,
    channel: Annotated[str | None, typer.Option(help="Only those who came so: self, staff, import.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show how many customers are how far, by default with the last thirty days.

    The numbers are of now, whether or not the worker runs.
    """
    shown = run(_dashboard(first, last, Slice(area, channel)))
    if as_json:
        from roundsman.api.activation_views import DashboardView  # noqa: PLC0415  see the module's docstring

        say(DashboardView.model_validate(shown).model_dump_json(indent=2))
    else:
        _print_dashboard(shown)


def explain(
    customer: Annotated[str, typer.Argument(help="A phone, an e-mail, an old id, a user id or a customer id.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Show where a customer stands and why, what time changes next, and how he came there."""
    explained = run(_explain(customer))
    if as_json:
        from roundsman.api.activation_views import explained_view  # noqa: PLC0415  see the module's docstring

        say(explained_view(explained, with_money=True).model_dump_json(indent=2))
    else:
        _print_explained(explained)


def what_if(
    *,
    inactive_days: Annotated[int | None, typer.Option(min=1, max=3650, help="Inactive after so many days.")] = None,
    churn_days: Annotated[int | None, typer.Option(min=2, max=3650, help="Churned after so many days.")] = None,
    engaged_orders: Annotated[int | None, typer.Option(min=2, max=1000, help="Engaged from so many orders on.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show where everybody would be by other thresholds; nothing is written. It tells all histories anew, which is slow."""
    compared = run(_what_if(inactive_days, churn_days, engaged_orders))
    if as_json:
        from roundsman.api.activation_views import WhatIfView  # noqa: PLC0415  see the module's docstring

        say(WhatIfView.model_validate(compared).model_dump_json(indent=2))
    else:
        _print_what_if(compared)


def rebuild(*, as_json: JsonOption = False) -> None:
    """Count everything again that reports read, from all transitions and lifecycles; nobody has to stop meanwhile."""
    counted = run(_rebuild())
    if as_json:
        print_json({"weeks": counted.weeks, "signup_days": counted.signup_days})
    else:
        say(f"Counted again: {counted.weeks} weeks and {counted.signup_days} sign-up days.")


async def _dashboard(first: datetime | None, last: datetime | None, of: Slice) -> Dashboard:
    async with activation_runtime() as runtime:
        return await read_dashboard(
            runtime.tx,
            first and first.date(),
            last and last.date(),
            of=of,
            policy=runtime.activation,
            now=runtime.clock(),
        )


async def _explain(customer: str) -> Explained:
    async with activation_runtime() as runtime:
        return await explain_customer(runtime.tx, customer, policy=runtime.activation, now=runtime.clock())


async def _what_if(inactive_days: int | None, churn_days: int | None, engaged_orders: int | None) -> WhatIf:
    async with activation_runtime(patience_seconds=LONG_WORK_SECONDS) as runtime:
        other = other_policy(
            runtime.activation, inactive_days=inactive_days, churn_days=churn_days, engaged_orders=engaged_orders
        )
        return await thresholds.what_if(runtime.tx, other, policy=runtime.activation, now=runtime.clock())


async def _rebuild() -> RolledUp:
    async with activation_runtime(patience_seconds=LONG_WORK_SECONDS) as runtime:
        return await rollups.rebuild(runtime.tx, now=runtime.clock())


def _print_dashboard(shown: Dashboard) -> None:
    _print_statuses(shown)
    say(f"\nThose who signed up from {shown.first} to {shown.last}:\n")
    steps = [(one.step, one.count, _share(one.step_percent), _share(one.total_percent)) for one in shown.funnel.steps]
    print_table(("step", "people", "of the step before", "of all"), steps)
    say("")
    _print_times(shown)
    say("\nAll customers:\n")
    _print_others(shown)


def _print_statuses(shown: Dashboard) -> None:
    rows: list[Sequence[object]] = [
        (one.status, one.count, one.change_7_days, one.change_30_days, rupees_text(one.revenue_paise))
        for one in shown.statuses
    ]
    print_table(("status", "now", "7 days", "30 days", "revenue in rupees"), rows)
    if not any(one.count for one in shown.statuses):
        say(_NOBODY)


def _print_times(shown: Dashboard) -> None:
    times = [
        (one.passage, *map(_hours, (one.p50_hours, one.p75_hours, one.p90_hours)), _share(one.not_converted_percent))
        for one in shown.stage_times
    ]
    print_table(("passage", "half within", "75 % within", "90 % within", "not yet"), times)


def _print_others(shown: Dashboard) -> None:
    keys, risk, sweep, kept = shown.plan_keys, shown.payment_risk, shown.sweep, shown.kept_facts
    others = [
        ("sign-up to first order", _share(keys.signup_to_first_order)),
        ("first order to active", _share(keys.first_order_to_active)),
        ("active retention", _share(keys.active_retention)),
        ("inactive within 7 days", _capped(shown.at_risk)),
        ("last payment failed", _capped(risk.failed)),
        ("not paid for 30 days", _capped(risk.missing)),
        ("waiting for the sweep", _capped(sweep.overdue)),
        ("last sweep", _instant(sweep.last_run_at)),
        ("reports counted", _instant(sweep.rolled_up_at)),
        ("facts that contradict", kept.conflicts),
        ("facts of nobody yet", kept.unmatched),
    ]
    print_table(("what", "value"), others)


def _print_explained(explained: Explained) -> None:
    person, explanation = explained.person, explained.explanation
    say(f"{person.name} is {explanation.status or 'nowhere yet'}, since {_instant(explanation.since)}.")
    say(explanation.rule)
    say("")
    evidence = [
        (one.what, _instant(one.at), _NOTHING if one.count is None else one.count, one.threshold or _NOTHING)
        for one in explanation.evidence
    ]
    print_table(("evidence", "when", "how many", "compared with"), evidence)
    if explanation.next_at is not None:
        say(f"\nIf nothing happens he is {explanation.next_status} at {_instant(explanation.next_at)}.")
    else:
        say("\nTime alone changes nothing any more.")
    say("")
    history = [(_instant(one.effective_at), one.before or _NOTHING, one.after, one.cause) for one in explained.history]
    print_table(("when", "from", "to", "because of"), history)


def _print_what_if(compared: WhatIf) -> None:
    say(
        f"Inactive after {compared.inactive_days} days, churned after {compared.churn_days}, "
        f"engaged from {compared.engaged_orders} orders on:\n"
    )
    rows = [(one.status, one.now, one.then, one.then - one.now) for one in compared.statuses]
    print_table(("status", "now", "then", "change"), rows)
    say("")
    print_table(("now", "then", "people"), [(one.now, one.then, one.count) for one in compared.movers])


def _share(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.1f} %"


def _hours(value: int | None) -> str:
    return _NOTHING if value is None else f"{value} h"


def _capped(value: Capped) -> str:
    return f"{value.count:,}+" if value.is_more else f"{value.count:,}"


def _instant(value: datetime | None) -> str:
    return _NOTHING if value is None else value.astimezone(UTC).isoformat(timespec="seconds")
