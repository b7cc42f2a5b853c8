"""Delivery boys taken on, and what is said of them from then on: what they are called, and where they deliver."""

from collections.abc import Mapping
from typing import Annotated, Final

from bson import ObjectId
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, BeforeValidator, Field
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.console.conflicts import all_the_same, as_sent, changed_fields, overtaken, seen_fields, show_conflict
from roundsman.console.fields import Line
from roundsman.console.forms import Form, model_of, read_form, refused
from roundsman.console.guards import require_page
from roundsman.console.rendering import see_other, show
from roundsman.delivery.delivery_boys import DeliveryBoy, DeliveryBoyEdit
from roundsman.delivery.linkage import get_delivery_boy
from roundsman.errors import RoundsmanError
from roundsman.identity.lookup import get_user
from roundsman.identity.registration import IdentifierTaken
from roundsman.ids import DeliveryBoyId, UserId
from roundsman.operations.accounts.profile_editing import edit_delivery_boy
from roundsman.operations.delivering.delivery_boy_accounts import (
    NewDeliveryBoy,
    make_delivery_boy,
    sign_up_delivery_boy,
)
from roundsman.web.ids import IdInBody, IdInPath
from roundsman.web.operating import Operating, Work

NEW: Final = "/delivery-boys/new"
ONE: Final = "/delivery-boys/{delivery_boy_id}"
_CREATES: Final = [Depends(require_page(Permission.DELIVERY_BOYS_CREATE))]
_FIELDS: Final = {"name": "Name", "areas": "Areas"}
"""What the office may change of a profile, and what that is called."""

router = APIRouter(include_in_schema=False)


def _areas(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


Areas = Annotated[list[Line], Field(max_length=50), BeforeValidator(_areas)]
"""Where he delivers, an area in each line."""


class NewQuery(BaseModel):
    """The user who becomes a delivery boy; none where somebody new is registered."""

    user: IdInBody | None = None


class Registering(BaseModel):
    """Somebody new who is to deliver."""

    name: Line
    phone: Line
    email: Line | None = None
    areas: Areas = []


class Making(BaseModel):
    """A user with the role who gets the profile."""

    user: IdInBody
    areas: Areas = []


class Editing(BaseModel):
    """What is said of a delivery boy from now on."""

    name: Line
    areas: Areas = []


@router.get(NEW, dependencies=_CREATES, name="register_delivery_boy_form_page")
async def ask(request: Request, work: Work) -> Response:
    """Ask who is to deliver."""
    query = model_of(NewQuery, dict(request.query_params))
    return await _asked(request, work, query.user, Form())


@router.post(NEW, dependencies=_CREATES, name="register_delivery_boy_page")
async def register(request: Request, work: Work) -> Response:
    """Register somebody who is new here, who signs in by a code to his phone; or give a user the profile."""
    sent = await read_form(request)
    user_id = model_of(NewQuery, sent).user
    try:
        boy = await _registered(work, sent)
    except IdentifierTaken as taken:
        return await _asked(request, work, user_id, refused(sent, taken), taken=taken.key.partition(":")[2])
    except RoundsmanError as error:
        return await _asked(request, work, user_id, refused(sent, error))
    return see_other(request, f"/delivery-boys/{boy.id}", flash="flash.boy_registered")


@router.get(ONE + "/profile", dependencies=_CREATES, name="edit_delivery_boy_form_page")
async def ask_edit(request: Request, delivery_boy_id: IdInPath, work: Work) -> Response:
    """Ask what is to be said of a delivery boy from now on."""
    boy = await get_delivery_boy(work.tx, DeliveryBoyId(delivery_boy_id))
    return _shown(request, boy, Form(_said(boy)), _said(boy))


@router.post(ONE + "/profile", dependencies=_CREATES, name="edit_delivery_boy_page")
async def edit(request: Request, delivery_boy_id: IdInPath, work: Work) -> Response:
    """Change a profile: only what was changed in the form is written, so that it overrules nobody else's change."""
    sent = await read_form(request)
    boy, seen = await get_delivery_boy(work.tx, DeliveryBoyId(delivery_boy_id)), seen_fields(sent, _FIELDS)
    try:
        asked = model_of(Editing, sent)
        wanted = {"name": asked.name, "areas": "\n".join(asked.areas)}
        if differences := overtaken(_FIELDS, seen, _said(boy), wanted):
            title, on = (
                f"The profile of {boy.name} has changed",
                all_the_same(f"/delivery-boys/{boy.id}", _said(boy), seen, wanted),
            )
            return show_conflict(request, title, differences, on)
        changed = changed_fields(seen, wanted)
        change = DeliveryBoyEdit(changed.get("name"), tuple(asked.areas) if "areas" in changed else None)
        await edit_delivery_boy(work.tx, boy.id, change, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return _shown(request, boy, refused(sent, error), seen)
    return see_other(request, f"/delivery-boys/{delivery_boy_id}", flash="flash.saved")


async def _registered(work: Operating, sent: Mapping[str, str]) -> DeliveryBoy:
    actor = work.intake.actor
    if sent.get("user"):
        made = model_of(Making, sent)
        return await make_delivery_boy(work.tx, UserId(made.user), tuple(made.areas), actor=actor, now=work.now)
    asked = model_of(Registering, sent)
    new = NewDeliveryBoy(asked.name, asked.phone, asked.email, tuple(asked.areas))
    return await sign_up_delivery_boy(work.tx, new, actor=actor, now=work.now)


async def _asked(
    request: Request, work: Operating, user_id: ObjectId | None, form: Form, *, taken: str = ""
) -> Response:
    user = None if user_id is None else await get_user(work.tx, UserId(user_id))
    return show(request, "partners/delivery_boy_new.html", status=form.status, user=user, taken=taken, form=form)


def _shown(request: Request, boy: DeliveryBoy, form: Form, seen: Mapping[str, str]) -> Response:
    return show(request, "partners/delivery_boy_profile.html", status=form.status, boy=boy, seen=seen, form=form)


def _said(boy: DeliveryBoy) -> dict[str, str]:
    """What a profile says now, as text."""
    return {"name": boy.name, "areas": as_sent("\n".join(boy.areas))}
