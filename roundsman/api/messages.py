"""Messages to customers as they come and go: which are sent, and who wants none."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import Field, StringConstraints

from roundsman.access.permissions import Permission
from roundsman.api.models import AnswerModel, RequestModel, problems
from roundsman.audit_log.entries import acting
from roundsman.notifications.messages import Channel, Template
from roundsman.notifications.switches import Switch, list_switches
from roundsman.operations.facts.activation_messages import choose_messages, refuses_messages_since, switch_message
from roundsman.web.guards import require
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import client_address, services_of

router = APIRouter()

Name = Literal["welcome", "first_order", "we_miss_you", "welcome_back"]


class SwitchSetting(RequestModel):
    """Whether a message is sent, and how."""

    on: bool
    channels: Annotated[list[Channel], Field(min_length=1, max_length=2)] = Field(
        default_factory=lambda: [Channel.SMS],
        description="Over SMS alone where nothing is said; each that reaches the customer carries the message.",
    )
    dlt_template: Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^[0-9A-Za-z]+$")] | None = (
        Field(None, description="The id under which its text is registered in India; it fills `{dlt}` of the gateway.")
    )


class SwitchView(AnswerModel):
    """A message, whether it is sent, and how."""

    template: Name
    on: bool
    channels: list[Channel]
    dlt_template: str | None


class Choice(RequestModel):
    """Whether one wants these messages."""

    wanted: bool


class ChoiceView(AnswerModel):
    """Whether one gets these messages, where they are sent at all."""

    wanted: bool


@router.get(
    "/activation/messages",
    tags=["activation"],
    dependencies=[Depends(require(Permission.MESSAGES_SET))],
    responses=problems(401, 403),
)
async def list_messages(request: Request) -> list[SwitchView]:
    """List the messages that customers may get as they come and go; each is off until somebody switches it on."""
    return [SwitchView.model_validate(one) for one in await list_switches(services_of(request).runtime.tx)]


@router.put(
    "/activation/messages/{template}",
    tags=["activation"],
    dependencies=[Depends(require(Permission.MESSAGES_SET))],
    responses=problems(401, 403, 422),
)
async def set_message(
    template: Annotated[Name, Path()], body: SwitchSetting, request: Request, principal: CurrentPrincipal
) -> SwitchView:
    """Switch a message on or off. What happened before is not told; a message that waits is sent all the same."""
    runtime = services_of(request).runtime
    switch = Switch(Template(template), body.on, tuple(dict.fromkeys(body.channels)), body.dlt_template)
    actor = acting(principal, address=client_address(request))
    await switch_message(runtime.tx, switch, actor=actor, now=runtime.clock())
    return SwitchView.model_validate(switch)


@router.get(
    "/auth/me/messages",
    tags=["auth"],
    dependencies=[Depends(require(Permission.ME_MESSAGES))],
    responses=problems(401, 403),
)
async def own_choice(request: Request, principal: CurrentPrincipal) -> ChoiceView:
    """See whether one gets messages about first orders and about coming back."""
    since = await refuses_messages_since(services_of(request).runtime.tx, principal.user_id)
    return ChoiceView(wanted=since is None)


@router.put(
    "/auth/me/messages",
    tags=["auth"],
    dependencies=[Depends(require(Permission.ME_MESSAGES))],
    responses=problems(401, 403, 422),
)
async def choose(body: Choice, request: Request, principal: CurrentPrincipal) -> ChoiceView:
    """Opt out of these messages, or in again. Codes and warnings about one's account are sent all the same."""
    runtime = services_of(request).runtime
    actor = acting(principal, address=client_address(request))
    await choose_messages(runtime.tx, principal.user_id, wanted=body.wanted, actor=actor, now=runtime.clock())
    return ChoiceView(wanted=body.wanted)
