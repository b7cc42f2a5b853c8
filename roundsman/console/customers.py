"""The customers: found by name, phone, e-mail or any id, filtered by how far they have come, and as a file."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from roundsman.access.decisions import Allowed, decide
from roundsman.access.permissions import Permission
from roundsman.access.principal import Principal
from roundsman.activation.days import read_places
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.tallies import Step
from roundsman.console.customer_query import CustomersQuery
from roundsman.console.guards import require_page
from roundsman.console.rendering import show
from roundsman.console.wording import masked
from roundsman.money import plain_rupees
from roundsman.operations.facts.activation_lists import ActivationPerson
from roundsman.operations.people.contact_revealing import note_export
from roundsman.operations.people.csv_file import csv_text
from roundsman.operations.people.customer_search import Called, export_customers, find_called, search_customers
from roundsman.operations.people.personal_data import readable
from roundsman.web.operating import Operating, Work
from roundsman.web.principal import CurrentPrincipal

PATH: Final = "/customers"
_FILE: Final = "/customers.csv"
_GUARD: Final = [Depends(require_page(Permission.ACTIVATION_READ))]
_Asked = Annotated[CustomersQuery, Query()]

router = APIRouter(include_in_schema=False)


@router.get(PATH, dependencies=_GUARD, name="customers_page")
async def list_(request: Request, query: _Asked, work: Work) -> Response:
    """List customers, a page at a time."""
    called = await _called(work, query)
    page = await search_customers(
        work.tx, called, query.wanted, policy=work.intake.policy, now=work.now, after=query.after
    )
    return show(
        request,
        "customers/list.html",
        query=query,
        people=page.people,
        is_cut=called is not None and called.is_cut,
        places=await read_places(work.tx),
        statuses=tuple(ActivationStatus),
        steps=tuple(Step),
        file=query.address(_FILE, after=None),
        next=query.address(PATH, after=page.next) if page.next else "",
        first=query.address(PATH, after=None) if query.after else "",
    )


@router.get(_FILE, dependencies=_GUARD, name="customers_file_page")
async def file(query: _Asked, work: Work, principal: CurrentPrincipal) -> Response:
    """Give all of the same customers as a file for a spreadsheet, which the audit log keeps."""
    export = await export_customers(
        work.tx, await _called(work, query), query.wanted, policy=work.intake.policy, now=work.now
    )
    in_full = _may(principal, Permission.USERS_EXPORT)
    with_money = _may(principal, Permission.PURCHASES_READ)
    rows = [_row(one, in_full=in_full, with_money=with_money) for one in export.people]
    await note_export(work.tx, rows=len(rows), with_contacts=in_full, actor=work.intake.actor, now=work.now)
    name = f"customers-first-{len(rows)}.csv" if export.is_cut else "customers.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(csv_text(rows, headings=["user_id", "name"]), media_type="text/csv", headers=headers)


async def _called(work: Operating, query: CustomersQuery) -> Called | None:
    return None if query.q is None else await find_called(work.tx, query.q)


def _may(principal: Principal, permission: Permission) -> bool:
    return isinstance(decide(principal, permission), Allowed)


def _row(person: ActivationPerson, *, in_full: bool, with_money: bool) -> dict[str, Any]:
    """A customer as a row; the times are in UTC."""
    lifecycle = person.lifecycle
    row = {
        "user_id": person.user_id,
        "name": person.name,
        "phone": person.phone if in_full or person.phone is None else masked(person.phone),
        "area": person.area,
        "channel": person.channel,
        "activation_status": lifecycle.status,
        "status_since": lifecycle.status_since,
        "signup_at": lifecycle.signup_at,
        "orders": lifecycle.orders_valid,
        "last_order_at": lifecycle.last_order_at,
        "payment_risk": lifecycle.payment_risk,
        "unpaid_since": lifecycle.unpaid_since,
        "last_contact_at": lifecycle.last_contact_at,
        "next_status": lifecycle.next_status,
        "next_transition_at": lifecycle.next_transition_at,
    }
    money = {"revenue_rupees": plain_rupees(lifecycle.revenue_paise)} if with_money else {}
    return {name: readable(value) for name, value in (row | money).items()}
