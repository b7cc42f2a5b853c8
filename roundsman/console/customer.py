"""One customer: where he stands and why, what happened to him, what he bought, who he is, and what can be done for him."""

from datetime import date
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, StringConstraints
from starlette.responses import Response

from roundsman.access.decisions import Allowed, decide
from roundsman.access.permissions import Permission
from roundsman.access.principal import Principal
from roundsman.calendar import day_of
from roundsman.console.forms import Form, model_of, read_form, refused
from roundsman.console.guards import require_page
from roundsman.console.rendering import see_other, show
from roundsman.customers.linkage import customers_of_user
from roundsman.errors import RoundsmanError
from roundsman.identity.closing import family_of
from roundsman.identity.mode import OperationsMode, get_mode
from roundsman.ids import CustomerId, SubscriptionId, UserId
from roundsman.migration.copies import copies_of_users
from roundsman.operations.facts.activation_lists import NotTracked, explain_user
from roundsman.operations.facts.intake import own_customer
from roundsman.operations.facts.staff_contacts import record_contact
from roundsman.operations.people.contact_revealing import contacts_of, reveal_contacts_of_customer
from roundsman.operations.people.customer_search import owner_of_id
from roundsman.operations.people.customer_story import read_story
from roundsman.operations.people.people_search import joinings_of
from roundsman.operations.selling.purchases import recent_purchases
from roundsman.operations.selling.subscription_pausing import of_user, pause_subscription, resume_subscription
from roundsman.subscriptions.subscriptions import Pause
from roundsman.web.ids import IdInBody, IdInPath
from roundsman.web.operating import Operating, Work
from roundsman.web.principal import CurrentPrincipal

_PATH: Final = "/customers/{user_id}"
_GUARD: Final = [Depends(require_page(Permission.ACTIVATION_READ))]
_REVEAL: Final = [Depends(require_page(Permission.CONTACTS_REVEAL))]
_CONTACT: Final = [Depends(require_page(Permission.CONTACTS_RECORD))]
_PAUSE: Final = [Depends(require_page(Permission.SUBSCRIPTIONS_MANAGE))]

router = APIRouter(include_in_schema=False)


class Contacting(BaseModel):
    """A contact with a customer."""

    customer_id: IdInBody
    key: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{8,64}$")]
    how: Literal["call", "visit", "message"]


class Pausing(BaseModel):
    """The days on which nothing is brought, the first and the last among them."""

    start: date
    end: date | None = None


@router.get(_PATH, dependencies=_GUARD, name="customer_page")
async def customer(
    user_id: IdInPath, request: Request, principal: CurrentPrincipal, work: Work, before: date | None = None
) -> Response:
    """Show a customer; by another id of his it leads on to his own."""
    owner = await owner_of_id(work.tx, user_id)
    if owner != user_id:
        return see_other(request, f"/customers/{owner}")
    try:
        return await _shown(request, principal, work, owner, Form(), before=before)
    except NotTracked:
        # Somebody who is no customer, or whose account nobody has used.
        if not isinstance(decide(principal, Permission.USERS_READ), Allowed):
            raise
        return see_other(request, f"/users/{owner}")


@router.post(f"{_PATH}/reveal", dependencies=_REVEAL, name="reveal_contacts_page")
async def reveal(user_id: IdInPath, request: Request, work: Work) -> Response:
    """Show his phones and e-mails in full, which the audit log keeps."""
    contacts = await reveal_contacts_of_customer(work.tx, UserId(user_id), actor=work.intake.actor, now=work.now)
    return show(
        request, "customers/contacts.html", user_id=user_id, contacts=contacts, next_page=f"/customers/{user_id}"
    )


@router.get(f"{_PATH}/reveal", dependencies=_REVEAL, name="unrevealed_contacts_page")
async def not_revealed(user_id: IdInPath, request: Request) -> Response:
    """Lead back to the customer whoever opens the address again: only a deliberate step shows contacts."""
    return see_other(request, f"/customers/{user_id}")


@router.post(f"{_PATH}/contacts", dependencies=_CONTACT, name="record_contact_page")
async def contact(user_id: IdInPath, request: Request, principal: CurrentPrincipal, work: Work) -> Response:
    """Tell that one has spoken with him."""
    sent = await read_form(request)
    try:
        told = model_of(Contacting, sent)
        profile = await own_customer(work.tx, UserId(user_id), CustomerId(told.customer_id))
        await record_contact(work.tx, profile.id, key=told.key, how=told.how, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, principal, work, UserId(user_id), refused(sent, error))
    return see_other(request, f"/customers/{user_id}", flash="flash.contact_recorded")


@router.post(f"{_PATH}/subscriptions/{{subscription_id}}/pause", dependencies=_PAUSE, name="pause_subscription_page")
async def pause(
    user_id: IdInPath, subscription_id: IdInPath, request: Request, principal: CurrentPrincipal, work: Work
) -> Response:
    """Have nothing brought to him for some days."""
    sent, find = await read_form(request), of_user(UserId(user_id), SubscriptionId(subscription_id))
    try:
        days = model_of(Pausing, sent)
        await pause_subscription(work.tx, find, Pause(days.start, days.end), intake=work.intake, now=work.now)
    except RoundsmanError as error:
        form = refused(sent | {"subscription": str(subscription_id)}, error)
        return await _shown(request, principal, work, UserId(user_id), form)
    return see_other(request, f"/customers/{user_id}", flash="flash.paused")


@router.post(f"{_PATH}/subscriptions/{{subscription_id}}/resume", dependencies=_PAUSE, name="resume_subscription_page")
async def resume(
    user_id: IdInPath, subscription_id: IdInPath, request: Request, principal: CurrentPrincipal, work: Work
) -> Response:
    """End every pause of a subscription from today on."""
    find = of_user(UserId(user_id), SubscriptionId(subscription_id))
    try:
        await resume_subscription(work.tx, find, None, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        form = refused({"subscription": str(subscription_id)}, error)
        return await _shown(request, principal, work, UserId(user_id), form)
    return see_other(request, f"/customers/{user_id}", flash="flash.resumed")


async def _shown(
    request: Request, principal: Principal, work: Operating, user_id: UserId, form: Form, *, before: date | None = None
) -> Response:
    tx, policy = work.tx, work.intake.policy
    explained = await explain_user(tx, user_id, policy=policy, now=work.now)
    is_with_money = isinstance(decide(principal, Permission.PURCHASES_READ), Allowed)
    mode = await get_mode(tx)
    return show(
        request,
        "customers/customer.html",
        status=form.status,
        form=form,
        user_id=user_id,
        explained=explained,
        story=await read_story(tx, user_id, explained.history, policy=policy, before=before),
        before=before,
        contacts=await contacts_of(tx, user_id),
        profiles=await customers_of_user(tx, user_id),
        purchases=await recent_purchases(tx, user_id, today=day_of(work.now)) if is_with_money else None,
        may_pause=mode.operations is OperationsMode.ROUNDSMAN,
        joinings=await joinings_of(tx, user_id),
        copies=sorted(await copies_of_users(tx, await family_of(tx, user_id)), key=lambda one: one.key),
        today=day_of(work.now),
        next_page=f"/customers/{user_id}",
    )
