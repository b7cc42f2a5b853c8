"""How far customers have come: the numbers of the dashboard, each with the way to the people behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, StringConstraints
from starlette.responses import HTMLResponse

from roundsman.access.decisions import Allowed, decide
from roundsman.access.permissions import Permission
from roundsman.activation.cohorts import read_cohorts
from roundsman.activation.dashboard import ImpossibleRange, range_of, read_dashboard
from roundsman.activation.days import read_places
from roundsman.activation.figures import Dashboard, DayCounts, Movement, Places, Slice
from roundsman.activation.listing import Wanted
from roundsman.activation.movement import read_movement
from roundsman.calendar import day_of
from roundsman.console.activation_shapes import (
    MOST_COHORTS,
    PASSAGES,
    FunnelRow,
    HeatRow,
    MovementShapes,
    StatusCard,
    funnel_rows,
    heat_rows,
    hours_words,
    movement_shapes,
    people_href,
    range_links,
    shown_days,
    status_cards,
)
from roundsman.console.forms import Form, InvalidForm, model_of, refused
from roundsman.console.guards import require_page
from roundsman.console.recent import Finding
from roundsman.console.rendering import show
from roundsman.operations.facts.activation_lists import ActivationPerson, list_activation
from roundsman.runtime import Runtime
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import services_of

PATH: Final = "/activation"
_FIRST_AT_RISK: Final = 10
_PATIENCE: Final = timedelta(seconds=1)
_KEPT_FOR: Final = timedelta(minutes=1)
_KEPT: Final = 100
_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]

router = APIRouter(include_in_schema=False)


class ActivationQuery(BaseModel):
    """Of which Indian days and of whom the numbers are."""

    first: date | None = None
    last: date | None = None
    area: _Text | None = None
    channel: _Text | None = None


@dataclass(frozen=True, slots=True)
class ActivationResults:
    """All that the page shows below its filters."""

    dashboard: Dashboard
    ranges: Sequence[tuple[str, str]]
    range: str | None
    cards: Sequence[StatusCard]
    days: Sequence[DayCounts]
    funnel: Sequence[FunnelRow]
    movement: MovementShapes | None
    """None while it is being counted."""
    cohorts: Sequence[HeatRow]
    at_risk: Sequence[ActivationPerson]
    of: Slice


def movements() -> Finding[Movement]:
    """How customers moved in which days: it is read of each who did, which takes long where they are very many."""
    return Finding(patience=_PATIENCE, span=_KEPT_FOR, most=_KEPT)


@router.get(PATH, dependencies=[Depends(require_page(Permission.ACTIVATION_READ))], name="activation_page")
async def show_activation(request: Request, principal: CurrentPrincipal) -> HTMLResponse:
    """Show how many customers are how far, how they moved, and who is about to go."""
    runtime, sent = services_of(request).runtime, dict(request.query_params)
    places = await read_places(runtime.tx)
    try:
        query = model_of(ActivationQuery, sent)
        first, last = range_of(query.first, query.last, now=runtime.clock())
    except (InvalidForm, ImpossibleRange) as error:
        return _shown(request, refused(sent, error), places)
    counted: Finding[Movement] = request.app.state.movements
    results = await _read(runtime, counted, first, last, Slice(query.area, query.channel))
    form = Form({**sent, "first": first.isoformat(), "last": last.isoformat()})
    with_money = isinstance(decide(principal, Permission.PURCHASES_READ), Allowed)
    return _shown(request, form, places, results, with_money=with_money)


async def _read(runtime: Runtime, counted: Finding[Movement], first: date, last: date, of: Slice) -> ActivationResults:
    tx, policy, now = runtime.tx, runtime.activation, runtime.clock()
    dashboard = await read_dashboard(tx, first, last, of=of, policy=policy, now=now)
    find = partial(read_movement, tx, first, last, of=of, policy=policy, now=now)
    movement = await counted.get((first, last, of), find, now=now)
    cohorts = await read_cohorts(tx, first, last, of=of, policy=policy, now=now)
    soon = await list_activation(tx, Wanted(at_risk=True, of=of), policy=policy, now=now, limit=_FIRST_AT_RISK)
    ranges, current = range_links(first, last, today=day_of(now), of=of)
    return ActivationResults(
        dashboard=dashboard,
        ranges=ranges,
        range=current,
        cards=status_cards(dashboard, of=of),
        days=shown_days(dashboard.days),
        funnel=funnel_rows(dashboard.funnel, first, last, of=of),
        movement=None if movement is None else movement_shapes(movement, of=of),
        cohorts=heat_rows(cohorts, of=of),
        at_risk=soon.people,
        of=of,
    )


def _shown(
    request: Request, form: Form, places: Places, results: ActivationResults | None = None, *, with_money: bool = False
) -> HTMLResponse:
    return show(
        request,
        "activation.html",
        status=form.status,
        form=form,
        areas=_options(places.areas, form.values.get("area"), "All areas"),
        channels=_options(places.channels, form.values.get("channel"), "All"),
        results=results,
        with_money=with_money,
        passages=PASSAGES,
        hours=hours_words,
        people=people_href,
        most_cohorts=MOST_COHORTS,
    )


def _options(known: Sequence[str], chosen: str | None, all_: str) -> list[tuple[str, str]]:
    """The choices of a filter; what was asked for is among them, even where nobody has it."""
    asked = {chosen} if chosen else set()
    return [("", all_), *((one, one) for one in sorted({*known, *asked}))]
