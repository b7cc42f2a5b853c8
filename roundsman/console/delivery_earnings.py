"""What a delivery boy earned, day by day, and how it stands between him and the business."""

import re
from typing import Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.calendar import month_after, month_before, month_of
from roundsman.console.charts.columns import Column, columns
from roundsman.console.charts.labels import NARROW
from roundsman.console.guards import require_page
from roundsman.console.rendering import show
from roundsman.console.wording import money
from roundsman.delivery.linkage import get_delivery_boy_of_user
from roundsman.delivery.paying import list_payouts
from roundsman.operations.delivering.earnings import Statement, earnings_of, statement_of
from roundsman.web.operating import Work

PATH: Final = "/earnings"
_MONTH: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_PAYOUTS_SHOWN: Final = 12

router = APIRouter(include_in_schema=False)


@router.get(PATH, dependencies=[Depends(require_page(Permission.ME_EARNINGS))], name="earnings_page")
async def earnings_page(request: Request, work: Work, month: str = "") -> Response:
    """Show this month, or another one."""
    boy = await get_delivery_boy_of_user(work.tx, work.user_id)
    present = month_of(work.now)
    shown = month if _MONTH.fullmatch(month) and month <= present else present
    statement = await statement_of(work.tx, boy, shown)
    return show(
        request,
        "portal/earnings.html",
        earnings=await earnings_of(work.tx, boy, now=work.now),
        statement=statement,
        wide=columns(_columns(statement)),
        narrow=columns(_columns(statement), width=NARROW),
        payouts=await list_payouts(work.tx, boy.id, limit=_PAYOUTS_SHOWN),
        before=month_before(shown),
        after=month_after(shown) if shown < present else None,
    )


def _columns(statement: Statement) -> list[Column]:
    """What each day of the month brought, from its first on to the last on which anything was written."""
    earned = {one.day.day: one.earned_paise for one in statement.days}
    days = range(1, max(earned, default=0) + 1)
    return [
        Column(str(day), earned.get(day, 0), money(earned[day]) if earned.get(day) else "\N{EN DASH}") for day in days
    ]
