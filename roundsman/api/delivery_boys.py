"""What the office does about delivery boys: registers them, takes their cash, and sees their rounds and what they earned."""

from datetime import date
from typing import Annotated, Final

from bson import ObjectId
from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from roundsman.access.permissions import Permission
from roundsman.api.delivery import EntriesQuery
from roundsman.api.earnings_views import (
    CSV,
    DeliveryBoyView,
    EarningsView,
    EntryView,
    MonthQuery,
    StatementView,
    StopView,
    entries_file,
    statement_file,
    stop_views,
)
from roundsman.api.models import AnswerModel, IdInBody, IdInPath, Line, RequestModel, problems
from roundsman.api.operating import Key, Page, Paise
from roundsman.calendar import day_of
from roundsman.delivery.delivery_boys import DeliveryBoy, DeliveryBoyEdit, DeliveryBoyStatus
from roundsman.delivery.linkage import get_delivery_boy, list_delivery_boys
from roundsman.delivery.statements import list_entries
from roundsman.ids import DeliveryBoyId, UserId
from roundsman.operations.accounts.profile_editing import edit_delivery_boy
from roundsman.operations.delivering.delivery_boy_accounts import (
    NewDeliveryBoy,
    make_delivery_boy,
    sign_up_delivery_boy,
)
from roundsman.operations.delivering.delivery_terms import set_status, take_cash
from roundsman.operations.delivering.earnings import days_of_month, earnings_of, statement_of
from roundsman.operations.delivering.rounds import round_of
from roundsman.web.guards import require
from roundsman.web.operating import Operating, Work

router = APIRouter(prefix="/delivery-boys", tags=["delivery boys"])

Day = Annotated[date, Query(ge=date(2000, 1, 1), le=date(2199, 12, 31))]

_READS: Final = [Depends(require(Permission.DELIVERY_BOYS_READ))]
_REGISTERS: Final = [Depends(require(Permission.DELIVERY_BOYS_CREATE))]


class Registering(RequestModel):
    """Somebody new who is to deliver."""

    name: Line = Field(examples=["Ravi Kumar"])
    phone: Line = Field(description="His mobile, in any spelling.", examples=["98200 12345"])
    email: Line | None = None
    areas: list[Line] = Field([], max_length=50)


class Making(RequestModel):
    """A user with the role delivery_boy who gets the profile of one."""

    user_id: IdInBody
    areas: list[Line] = Field([], max_length=50)


class DeliveryBoyEditing(RequestModel):
    """What is to be said of a delivery boy from now on. What is not sent stays."""

    name: Line | None = None
    areas: Annotated[list[Line], Field(max_length=50)] | None = None


class Standing(RequestModel):
    """Whether he can be given deliveries."""

    status: DeliveryBoyStatus


class HandingOver(RequestModel):
    """Money that a delivery boy hands over."""

    key: Key
    paise: Paise


class CashView(AnswerModel):
    """What he has in hand afterwards."""

    cash_in_hand_paise: int


@router.get("", dependencies=_READS, responses=problems(401, 403, 422))
async def list_(work: Work, page: Annotated[Page, Query()]) -> list[DeliveryBoyView]:
    """List the delivery boys by their names."""
    found = await list_delivery_boys(work.tx, skip=page.skip, limit=page.limit)
    return [DeliveryBoyView.model_validate(boy) for boy in found]


@router.post("", status_code=201, dependencies=_REGISTERS, responses=problems(401, 403, 409, 422))
async def register(body: Registering, work: Work) -> DeliveryBoyView:
    """Register somebody who is new here. He signs in by a code to his phone."""
    new = NewDeliveryBoy(body.name, body.phone, body.email, tuple(body.areas))
    boy = await sign_up_delivery_boy(work.tx, new, actor=work.intake.actor, now=work.now)
    return DeliveryBoyView.model_validate(boy)


@router.post("/profiles", status_code=201, dependencies=_REGISTERS, responses=problems(401, 403, 404, 409, 422))
async def make(body: Making, work: Work) -> DeliveryBoyView:
    """Give a user who has the role delivery_boy the profile of one."""
    boy = await make_delivery_boy(
        work.tx, UserId(body.user_id), tuple(body.areas), actor=work.intake.actor, now=work.now
    )
    return DeliveryBoyView.model_validate(boy)


@router.get("/{delivery_boy_id}", dependencies=_READS, responses=problems(401, 403, 404, 422))
async def one(delivery_boy_id: IdInPath, work: Work) -> EarningsView:
    """See a delivery boy and how his earnings stand."""
    return EarningsView.model_validate(await earnings_of(work.tx, await _boy(work, delivery_boy_id), now=work.now))


@router.patch("/{delivery_boy_id}", dependencies=_REGISTERS, responses=problems(401, 403, 404, 409, 422))
async def edit_(body: DeliveryBoyEditing, delivery_boy_id: IdInPath, work: Work) -> DeliveryBoyView:
    """Change what a delivery boy is called, or where he delivers."""
    edit = DeliveryBoyEdit(body.name, None if body.areas is None else tuple(body.areas))
    boy = await edit_delivery_boy(work.tx, DeliveryBoyId(delivery_boy_id), edit, intake=work.intake, now=work.now)
    return DeliveryBoyView.model_validate(boy)


@router.put("/{delivery_boy_id}/status", dependencies=_REGISTERS, responses=problems(401, 403, 404, 409, 422))
async def set_status_(body: Standing, delivery_boy_id: IdInPath, work: Work) -> DeliveryBoyView:
    """Say whether a delivery boy can be given deliveries. What he has brought and earned stays his."""
    boy = await set_status(work.tx, DeliveryBoyId(delivery_boy_id), body.status, intake=work.intake, now=work.now)
    return DeliveryBoyView.model_validate(boy)


@router.get("/{delivery_boy_id}/round", dependencies=_READS, responses=problems(401, 403, 404, 422))
async def round_(delivery_boy_id: IdInPath, work: Work, day: Day | None = None) -> list[StopView]:
    """See what a delivery boy has to bring on a day, or has brought; today if none is given."""
    boy = await _boy(work, delivery_boy_id)
    return stop_views(await round_of(work.tx, boy, day or day_of(work.now), now=work.now))


@router.get("/{delivery_boy_id}/statement", dependencies=_READS, responses=problems(401, 403, 404, 422))
async def statement(delivery_boy_id: IdInPath, work: Work, query: Annotated[MonthQuery, Query()]) -> StatementView:
    """See a month of a delivery boy, day by day."""
    boy = await _boy(work, delivery_boy_id)
    return StatementView.model_validate(await statement_of(work.tx, boy, query.month))


@router.get(
    "/{delivery_boy_id}/statement.csv",
    dependencies=_READS,
    response_class=Response,
    responses=problems(401, 403, 404, 422) | CSV,
)
async def statement_as_csv(delivery_boy_id: IdInPath, work: Work, query: Annotated[MonthQuery, Query()]) -> Response:
    """Get the same as a file for a spreadsheet."""
    return statement_file(await statement_of(work.tx, await _boy(work, delivery_boy_id), query.month))


@router.get("/{delivery_boy_id}/entries", dependencies=_READS, responses=problems(401, 403, 404, 422))
async def entries(delivery_boy_id: IdInPath, work: Work, query: Annotated[EntriesQuery, Query()]) -> list[EntryView]:
    """See the entries behind the numbers of a month, the earliest first."""
    boy = await _boy(work, delivery_boy_id)
    found = await list_entries(work.tx, boy.id, *days_of_month(query.month), skip=query.skip, limit=query.limit)
    return [EntryView.model_validate(entry) for entry in found]


@router.get(
    "/{delivery_boy_id}/entries.csv",
    dependencies=_READS,
    response_class=Response,
    responses=problems(401, 403, 404, 422) | CSV,
)
async def entries_as_csv(delivery_boy_id: IdInPath, work: Work, query: Annotated[MonthQuery, Query()]) -> Response:
    """Get all entries of a month as a file for a spreadsheet."""
    boy = await _boy(work, delivery_boy_id)
    return entries_file(query.month, await list_entries(work.tx, boy.id, *days_of_month(query.month)))


@router.post(
    "/{delivery_boy_id}/cash-handovers",
    status_code=201,
    dependencies=[Depends(require(Permission.CASH_TAKE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def hand_over(body: HandingOver, delivery_boy_id: IdInPath, work: Work) -> CashView:
    """Take money that a delivery boy was paid at doors, no more than he has in hand."""
    boy = await _boy(work, delivery_boy_id)
    await take_cash(work.tx, boy.id, key=body.key, paise=body.paise, intake=work.intake, now=work.now)
    return CashView.model_validate(await earnings_of(work.tx, boy, now=work.now))


async def _boy(work: Operating, delivery_boy_id: ObjectId) -> DeliveryBoy:
    return await get_delivery_boy(work.tx, DeliveryBoyId(delivery_boy_id))
