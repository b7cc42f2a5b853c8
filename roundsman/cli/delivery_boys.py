"""The commands `roundsman delivery-boys …`: who delivers, what he brings today and what he earned."""

import csv
import sys
from dataclasses import asdict, fields
from datetime import datetime
from typing import Annotated

import typer
from bson import ObjectId

from roundsman.calendar import day_of
from roundsman.cli.output import print_json, print_table, say
from roundsman.cli.running import run
from roundsman.database.transaction import Tx
from roundsman.delivery.delivery_boys import DeliveryBoy
from roundsman.delivery.linkage import (
    UnknownDeliveryBoy,
    find_delivery_boy_of_user,
    get_delivery_boy,
    list_delivery_boys,
)
from roundsman.delivery.statements import DayOfEarnings
from roundsman.identity.lookup import find_user
from roundsman.ids import DeliveryBoyId
from roundsman.money import in_rupees, rupees_field, rupees_text
from roundsman.operations.delivering.earnings import Earnings, Statement, earnings_of, statement_of
from roundsman.operations.delivering.rounds import StopSheet, round_of
from roundsman.runtime import open_runtime
from roundsman.settings import load_settings

app = typer.Typer(help="Who delivers, and what he earned.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="A phone, an e-mail, an old id, a user id or a delivery boy's own id.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_ALL = 100_000


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """List the delivery boys with what they earned and are owed, in rupees."""
    found = run(_list())
    if as_json:
        print_json([asdict(one) for one in found])
        return
    headings = ("id", "name", "status", "earned", "this month", "owed", "cash in hand")
    print_table(headings, [_row(one) for one in found])


@app.command()
def show(who: Who, *, as_json: Json = False) -> None:
    """Show how the earnings of a delivery boy stand, and his round of today."""
    earnings, stops = run(_show(who))
    if as_json:
        print_json({**asdict(earnings), "round": [asdict(sheet) for sheet in stops]})
        return
    print_table(("id", "name", "status", "earned", "this month", "owed", "cash in hand"), [_row(earnings)])
    say(f"\nHis round today: {len(stops)} stops\n")
    rows = [(sheet.customer.name, sheet.customer.address or "", sheet.stop.delivery.status) for sheet in stops]
    print_table(("customer", "address", "status"), rows)


@app.command()
def statement(
    who: Who,
    month: Annotated[datetime, typer.Option(formats=["%Y-%m"], help="An Indian month, like 2026-11.")],
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, in rupees.")] = False,
    as_json: Json = False,
) -> None:
    """Show what a delivery boy earned on each day of a month."""
    shown = run(_statement(who, month.strftime("%Y-%m")))
    if as_json:
        print_json({**asdict(shown), "earned_paise": shown.earned_paise, "deliveries": shown.deliveries})
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, [rupees_field(one.name) or one.name for one in fields(DayOfEarnings)])
        writer.writeheader()
        writer.writerows(in_rupees(asdict(day)) for day in shown.days)
    else:
        _print_statement(shown)


async def find_delivery_boy(tx: Tx, who: str) -> DeliveryBoy:
    """Find a delivery boy by whatever leads to him. Raises UnknownDeliveryBoy, MalformedIdentifier, AmbiguousIdentifier."""
    if ObjectId.is_valid(who):
        try:
            return await get_delivery_boy(tx, DeliveryBoyId(ObjectId(who)))
        except UnknownDeliveryBoy:
            pass
    boy = await find_delivery_boy_of_user(tx, (await find_user(tx, who)).id)
    if boy is None:
        raise UnknownDeliveryBoy("This person is no delivery boy")
    return boy


async def _list() -> list[Earnings]:
    async with open_runtime(load_settings()) as runtime:
        now = runtime.clock()
        boys = await list_delivery_boys(runtime.tx, skip=0, limit=_ALL)
        return [await earnings_of(runtime.tx, boy, now=now) for boy in boys]


async def _show(who: str) -> tuple[Earnings, list[StopSheet]]:
    async with open_runtime(load_settings()) as runtime:
        boy, now = await find_delivery_boy(runtime.tx, who), runtime.clock()
        stops = await round_of(runtime.tx, boy, day_of(now), now=now)
        return await earnings_of(runtime.tx, boy, now=now), stops


async def _statement(who: str, month: str) -> Statement:
    async with open_runtime(load_settings()) as runtime:
        return await statement_of(runtime.tx, await find_delivery_boy(runtime.tx, who), month)


def _row(one: Earnings) -> tuple[object, ...]:
    boy = one.delivery_boy
    amounts = (one.earnings_total_paise, one.earnings_month_paise, one.balance_paise, one.cash_in_hand_paise)
    return (boy.id, boy.name, boy.status, *map(rupees_text, amounts))


def _print_statement(shown: Statement) -> None:
    rows = [
        (
            day.day,
            day.deliveries,
            *map(rupees_text, (day.earned_paise, day.deducted_paise, day.paid_paise, day.cash_paise)),
        )
        for day in shown.days
    ]
    print_table(("day", "deliveries", "earned", "deducted", "paid out", "cash"), rows)
    say(f"\n{shown.month}: {shown.deliveries} deliveries, {rupees_text(shown.earned_paise)} rupees earned")
