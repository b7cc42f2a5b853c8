"""The commands `roundsman activation …`: how far customers have come."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Final

import typer

from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.rollups import roll_up_all
from roundsman.activation.sweep import Swept
from roundsman.activation.table import TABLE, Event
from roundsman.cli import activation_dashboard, kept_facts
from roundsman.cli.activation_messages import messages
from roundsman.cli.activation_runtime import activation_runtime
from roundsman.cli.output import print_json, say
from roundsman.cli.running import run
from roundsman.migration.backfilling import Backfilled, backfill
from roundsman.operations.facts.activation_sweep import sweep_everybody
from roundsman.runtime import LONG_WORK_SECONDS, Runtime

app = typer.Typer(help="How far customers have come, from sign-up to engagement.", no_args_is_help=True)
app.command("dashboard")(activation_dashboard.dashboard)
app.command("explain")(activation_dashboard.explain)
app.command("what-if")(activation_dashboard.what_if)
app.command("rebuild")(activation_dashboard.rebuild)
app.command("messages")(messages)
app.command("conflicts")(kept_facts.conflicts)
app.command("unmatched")(kept_facts.unmatched)

_INTRODUCTION: Final = """# Activation

How far a customer has come is a function of what happened to him, of three thresholds and of the time. Nothing else is asked, so
what is told late, twice or in another order ends the same.

- *churned*: he has shown no activity for {churn} days. Else,
- *new*: no order of his counts, and he has never signed in; *onboarded*: he has signed in;
- *inactive*: his last order that counts is {inactive} days ago or longer;
- *engaged*: {orders} orders count or more; *active*: fewer.

Both periods are over at their very last instant; what happens at that instant comes before the clock. An order stops counting when
it is cancelled. A delivery that names no order, as subscriptions make them, counts as one: the earliest of each Indian day. Sign-up,
sign-in, orders, deliveries, payments and what the customer changes himself are activity, and so is a cancellation by him. Failed
deliveries and payments, refunds and calls by staff are not.

This page is made by `roundsman activation table > docs/activation.md`."""
_FOLLOWS: Final = """## What follows

Where a customer is, what happens, and where he may be then. A cancellation is one of an order that counted."""
_DIAGRAM: Final = """## The ways

Time alone takes the dashed ones."""


@app.command()
def table() -> None:
    """Print the rule and what follows from what, as Markdown."""
    say(activation_page(ActivationPolicy()))


@app.command(name="backfill")
def backfill_(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Tell what the stored orders, deliveries, payments and subscriptions say of customers; doing it twice does nothing."""
    done = run(_backfill())
    if as_json:
        print_json(asdict(done))
        return
    say(f"Told {done.facts} facts of {done.new} new customers and {done.renewed} others.")


@app.command()
def sweep(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Move everybody on who is due, as the worker does all the time; it may run meanwhile."""
    swept = run(_sweep())
    if as_json:
        print_json(asdict(swept))
        return
    say(f"Moved {swept.moved} customers on.")
    if swept.refolded:
        say(f"Told the histories of {swept.refolded} anew, because the thresholds have changed.")


async def _sweep() -> Swept:
    async with activation_runtime(patience_seconds=LONG_WORK_SECONDS) as runtime:
        swept = await sweep_everybody(runtime.tx, now=runtime.clock())
        await roll_up_all(runtime.tx, now=runtime.clock())
        return swept


async def _backfill() -> Backfilled:
    async with activation_runtime(patience_seconds=LONG_WORK_SECONDS) as runtime:
        return await tell_all(runtime)


async def tell_all(runtime: Runtime) -> Backfilled:
    """Tell what is stored of customers, and count it for the dashboard."""
    done = await backfill(runtime.tx, policy=runtime.activation, clock=runtime.clock)
    await roll_up_all(runtime.tx, now=runtime.clock())
    return done


def activation_page(policy: ActivationPolicy) -> str:
    """Write the page from the policy and the table."""
    thresholds = {
        "churn": policy.churn_after.days,
        "inactive": policy.inactive_after.days,
        "orders": policy.engaged_orders,
    }
    return "\n".join(
        [
            f"{_INTRODUCTION.format(**thresholds)}\n",
            f"{_FOLLOWS}\n",
            f"| from | {' | '.join(Event)} |",
            f"|---|{'---|' * len(Event)}",
            *(f"| {status} | {' | '.join(_cells(status))} |" for status in TABLE),
            f"\n{_DIAGRAM}\n",
            "```mermaid",
            "flowchart LR",
            *_ways(),
            "```",
        ]
    )


def _cells(status: ActivationStatus) -> Iterator[str]:
    return (", ".join(one for one in ActivationStatus if one in after) for after in TABLE[status].values())


def _ways() -> Iterator[str]:
    for before, following in TABLE.items():
        for after in ActivationStatus:
            events = [event for event in Event if after in following[event] and event is not Event.CLOCK]
            if events and after is not before:
                yield f'    {before} -- "{", ".join(events)}" --> {after}'
            if after in following[Event.CLOCK]:
                yield f"    {before} -.-> {after}"
