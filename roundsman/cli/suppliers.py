"""The commands `roundsman suppliers …`: from whom is bought, what is needed and wanted, and what is owed."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Final, TypeVar

import typer

from roundsman.calendar import day_of
from roundsman.cli.output import FINDINGS, print_json, print_table, say
from roundsman.cli.running import run
from roundsman.database.transaction import Tx, in_transaction
from roundsman.ids import SupplierId
from roundsman.money import rupees_text
from roundsman.operations.buying.supplier_accounts import find_supplier
from roundsman.operations.selling.supply_demand import ProductDemand, demand_for
from roundsman.runtime import LONG_WORK_SECONDS, Runtime, open_runtime
from roundsman.settings import load_settings
from roundsman.suppliers.dues import Due, SupplierTotals
from roundsman.suppliers.linkage import list_suppliers
from roundsman.suppliers.posting import check_dues, list_dues, totals_of
from roundsman.suppliers.purchase_orders import PurchaseOrder, PurchaseOrderStatus
from roundsman.suppliers.purchasing import list_purchase_orders
from roundsman.suppliers.suppliers import Supplier

app = typer.Typer(help="Suppliers: what is wanted from them, and what is owed.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SkipOption = Annotated[int, typer.Option(min=0, help="Leave out so many at the beginning.")]
LimitOption = Annotated[int, typer.Option(min=1, help="At most so many.")]
SupplierArgument = Annotated[str, typer.Argument(help="His id, phone, e-mail or an old id.")]
SupplierOption = Annotated[str | None, typer.Option(help="Only this one: his id, phone, e-mail or an old id.")]
_NOTHING: Final = "-"
_T = TypeVar("_T")


@app.command("list")
def list_(*, skip: SkipOption = 0, limit: LimitOption = 50, as_json: JsonOption = False) -> None:
    """List suppliers by name, each with what he is owed."""

    async def read(runtime: Runtime) -> list[tuple[Supplier, SupplierTotals]]:
        found = await list_suppliers(runtime.tx, skip=skip, limit=limit)
        return [(one, await totals_of(runtime.tx, one.id)) for one in found]

    found = _read(read)
    if as_json:
        print_json([asdict(one) | {"balance_paise": totals.balance_paise} for one, totals in found])
        return
    rows = [
        (one.id, one.name, one.status, one.phone or _NOTHING, rupees_text(totals.balance_paise))
        for one, totals in found
    ]
    print_table(("id", "name", "status", "phone", "owed (Rs)"), rows)


@app.command("show")
def show_(supplier: SupplierArgument, *, as_json: JsonOption = False) -> None:
    """Show a supplier's profile and what he is owed."""

    async def read(runtime: Runtime) -> tuple[Supplier, SupplierTotals]:
        one = await find_supplier(runtime.tx, supplier)
        return one, await totals_of(runtime.tx, one.id)

    one, totals = _read(read)
    if as_json:
        print_json(asdict(one) | {"balance_paise": totals.balance_paise})
        return
    rows = [(name, _NOTHING if value is None else value) for name, value in asdict(one).items()]
    print_table(("what", "value"), [*rows, ("owed (Rs)", rupees_text(totals.balance_paise))])


@app.command("demand")
def demand_(
    *,
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="An Indian day; tomorrow if not given.")
    ] = None,
    supplier: SupplierOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how much of which product is needed for a day: what is ordered for it, and what subscriptions bring."""

    async def read(runtime: Runtime) -> list[ProductDemand]:
        day = date.date() if date else day_of(runtime.clock()) + timedelta(days=1)
        return await demand_for(runtime.tx, day, supplier_id=await _named(runtime.tx, supplier))

    found = _read(read)
    if as_json:
        print_json([asdict(one) | {"total": one.total} for one in found])
        return
    rows = [(one.name, one.unit, one.ordered, one.subscribed, one.total, one.without_day) for one in found]
    print_table(("product", "unit", "ordered", "subscribed", "total", "without a day"), rows)


@app.command("orders")
def orders_(
    *,
    status: Annotated[PurchaseOrderStatus | None, typer.Option(help="Only those in this status.")] = None,
    supplier: SupplierOption = None,
    skip: SkipOption = 0,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """List purchase orders, the newest first."""

    async def read(runtime: Runtime) -> list[PurchaseOrder]:
        supplier_id = await _named(runtime.tx, supplier)
        return await list_purchase_orders(runtime.tx, supplier_id=supplier_id, status=status, skip=skip, limit=limit)

    found = _read(read)
    if as_json:
        print_json([{name: value for name, value in asdict(one).items() if name != "source"} for one in found])
        return
    print_table(("id", "supplier", "for", "status", "wanted", "Rs"), [_cells(one) for one in found])


@app.command("dues")
def dues_(
    supplier: SupplierArgument, *, skip: SkipOption = 0, limit: LimitOption = 50, as_json: JsonOption = False
) -> None:
    """Show what a supplier is owed, and the entries it is the sum of, the newest first."""

    async def read(runtime: Runtime) -> tuple[SupplierTotals, Sequence[Due]]:
        one = await find_supplier(runtime.tx, supplier)
        return await totals_of(runtime.tx, one.id), await list_dues(runtime.tx, one.id, skip=skip, limit=limit)

    totals, dues = _read(read)
    if as_json:
        print_json(asdict(totals) | {"dues": [asdict(due) for due in dues]})
        return
    say(f"Rs {rupees_text(totals.balance_paise)} are owed, the sum of {totals.entries} entries.\n")
    rows = [
        (due.at.isoformat(timespec="seconds"), due.kind, rupees_text(due.paise), due.reference or due.reason or due.key)
        for due in dues
    ]
    print_table(("at", "kind", "Rs", "about"), rows)


@app.command("verify")
def verify_(*, as_json: JsonOption = False) -> None:
    """Prove that every balance is the sum of its entries, and every receipt billed once; exit 1 if not."""
    checked = _read(lambda runtime: in_transaction(runtime.tx, check_dues))
    if as_json:
        print_json(asdict(checked))
    else:
        for one in checked.wrong:
            say(one)
        owed = rupees_text(checked.balance_paise)
        say(
            f"{checked.entries} entries of {checked.suppliers} suppliers: Rs {owed} are owed, {len(checked.wrong)} wrong."
        )
    if checked.wrong:
        raise typer.Exit(FINDINGS)


def _cells(order: PurchaseOrder) -> tuple[object, ...]:
    wanted = ", ".join(f"{line.quantity:g} {line.unit} {line.name}".strip() for line in order.lines)
    supplier, day = order.supplier_id or _NOTHING, order.for_date or _NOTHING
    return order.id, supplier, day, order.status, wanted, rupees_text(order.total_paise)


async def _named(tx: Tx, supplier: str | None) -> SupplierId | None:
    return None if supplier is None else (await find_supplier(tx, supplier)).id


def _read(read: Callable[[Runtime], Awaitable[_T]]) -> _T:
    async def work() -> _T:
        async with open_runtime(load_settings(), patience_seconds=LONG_WORK_SECONDS) as runtime:
            return await read(runtime)

    return run(work())
