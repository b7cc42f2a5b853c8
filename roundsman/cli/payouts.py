"""The commands `roundsman payouts …`: drafted for all, approved by another admin, paid or failed."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

import typer
from bson import ObjectId

from roundsman.calendar import day_of
from roundsman.cli.delivery_boys import find_delivery_boy
from roundsman.cli.output import print_json, print_table, say
from roundsman.cli.proving import As, ProofStdin, proved_admin, typed_by
from roundsman.cli.running import run
from roundsman.delivery.entries import Entry
from roundsman.delivery.paying import UnknownPayout, entries_of_payout, get_payout, list_payouts
from roundsman.delivery.payouts import Payout, PayoutStatus
from roundsman.ids import PayoutId, UserId
from roundsman.money import rupees_text
from roundsman.operations.delivering.payout_steps import (
    WantedPayout,
    approve_payout,
    draft_all,
    draft_payout,
    fail_payout,
    pay_payout,
)
from roundsman.operations.facts.intake import Intake
from roundsman.operations.signing_in.terminal_proof import Typed, at_terminal
from roundsman.runtime import LONG_WORK_SECONDS, Runtime, open_runtime
from roundsman.settings import load_settings

app = typer.Typer(help="Paying delivery boys what they earned.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Which = Annotated[str, typer.Argument(help="The id of the payout.")]
_ALL = 100_000


@app.command("list")
def list_(
    *,
    status: Annotated[PayoutStatus | None, typer.Option(help="Only those that have come so far.")] = None,
    as_json: Json = False,
) -> None:
    """List payouts, the newest first."""
    _print(run(_list(status)), as_json=as_json)


@app.command()
def show(payout: Which, *, as_json: Json = False) -> None:
    """Show a payout with the entries that it pays."""
    shown, lines = run(_show(_id(payout)))
    if as_json:
        print_json({**asdict(shown), "lines": [asdict(one) for one in lines]})
        return
    _print([shown], as_json=False)
    say("")
    rows = [(day_of(one.earned_at), one.kind, rupees_text(one.paise), one.reason or "-", one.key) for one in lines]
    print_table(("day", "kind", "rupees", "reason", "entry"), rows)


@app.command()
def draft(
    *,
    through: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last Indian day of it, which is over.")],
    by: As,
    delivery_boy: Annotated[str | None, typer.Option(help="Only for him; for all if not given.")] = None,
    proof_stdin: ProofStdin = False,
    as_json: Json = False,
) -> None:
    """Draft payouts of all that was earned up to a day and is in none yet."""
    typed = typed_by(by, from_stdin=proof_stdin)
    _print(run(_draft(through.date(), typed, delivery_boy)), as_json=as_json)


@app.command()
def approve(payout: Which, *, by: As, proof_stdin: ProofStdin = False, as_json: Json = False) -> None:
    """Say that a payout may be paid; whoever drafted it cannot, where there is another admin."""

    async def step(runtime: Runtime, admin: UserId, intake: Intake) -> Payout:
        return await approve_payout(runtime.tx, _id(payout), by=admin, intake=intake, now=runtime.clock())

    _print([run(_stepped(typed_by(by, from_stdin=proof_stdin), step))], as_json=as_json)


@app.command("mark-paid")
def mark_paid(
    payout: Which,
    *,
    reference: Annotated[str, typer.Option(help="What the bank calls it.")],
    by: As,
    proof_stdin: ProofStdin = False,
    as_json: Json = False,
) -> None:
    """Say under which reference the money went."""

    async def step(runtime: Runtime, _: UserId, intake: Intake) -> Payout:
        return await pay_payout(runtime.tx, _id(payout), reference=reference, intake=intake, now=runtime.clock())

    _print([run(_stepped(typed_by(by, from_stdin=proof_stdin), step))], as_json=as_json)


@app.command()
def fail(
    payout: Which,
    *,
    reason: Annotated[str, typer.Option(help="Why nothing came of it; no names, the audit log keeps it.")],
    by: As,
    proof_stdin: ProofStdin = False,
    as_json: Json = False,
) -> None:
    """Say that nothing came of a payout: what it took can go into another one."""

    async def step(runtime: Runtime, _: UserId, intake: Intake) -> Payout:
        return await fail_payout(runtime.tx, _id(payout), reason=reason, intake=intake, now=runtime.clock())

    _print([run(_stepped(typed_by(by, from_stdin=proof_stdin), step))], as_json=as_json)


Step = Callable[[Runtime, UserId, Intake], Awaitable[Payout]]


async def _stepped(typed: Typed, step: Step) -> Payout:
    async with open_runtime(load_settings()) as runtime:
        admin = await proved_admin(runtime, typed)
        return await step(runtime, admin, Intake(at_terminal(admin), runtime.activation))


async def _list(status: PayoutStatus | None) -> list[Payout]:
    async with open_runtime(load_settings()) as runtime:
        return await list_payouts(runtime.tx, status=status, limit=_ALL)


async def _show(payout: PayoutId) -> tuple[Payout, list[Entry]]:
    async with open_runtime(load_settings()) as runtime:
        return await get_payout(runtime.tx, payout), await entries_of_payout(runtime.tx, payout)


async def _draft(through: date, typed: Typed, delivery_boy: str | None) -> list[Payout]:
    async with open_runtime(load_settings(), patience_seconds=LONG_WORK_SECONDS) as runtime:
        tx, now, key = runtime.tx, runtime.clock(), secrets.token_hex(8)
        admin = await proved_admin(runtime, typed)
        intake = Intake(at_terminal(admin), runtime.activation)
        if delivery_boy is None:
            return await draft_all(tx, through, key=key, by=admin, intake=intake, now=now)
        boy = await find_delivery_boy(tx, delivery_boy)
        return [await draft_payout(tx, WantedPayout(key, boy.id, through), by=admin, intake=intake, now=now)]


def _id(text: str) -> PayoutId:
    if not ObjectId.is_valid(text):
        raise UnknownPayout("There is no such payout: its id is in `roundsman payouts list`")
    return PayoutId(ObjectId(text))


def _print(payouts: list[Payout], *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(one) for one in payouts])
        return
    rows = [
        (
            one.id,
            one.delivery_boy_id,
            one.through,
            rupees_text(one.paise),
            one.entries,
            one.status,
            one.reference or "-",
        )
        for one in payouts
    ]
    print_table(("id", "delivery boy", "through", "rupees", "entries", "status", "reference"), rows)
    if not payouts:
        say("\nNothing is to be paid.")
