"""Setting, changing and resetting passwords."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import ConfigDict, Field, SecretStr, StringConstraints, model_validator
from pydantic.config import JsonDict

from roundsman.access.permissions import Permission
from roundsman.api.models import AnswerModel, RequestModel, problems
from roundsman.audit_log.entries import acting
from roundsman.operations.signing_in.password_reset import ByLink, ByProof, Way, ask_for_link, reset_password
from roundsman.operations.signing_in.password_setting import PasswordChange, change_password
from roundsman.web.guards import only_where_people_are_managed, public, require
from roundsman.web.pacing import all_at_whole_steps, failures_at_whole_steps
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import client_address, services_of

router = APIRouter(prefix="/auth/password", tags=["auth"])

NewPassword = Annotated[
    SecretStr,
    Field(
        min_length=1,
        max_length=4096,
        description="15 to 128 characters, or 8 where a second factor is asked for too; any characters.",
        examples=["three cows and a bicycle"],
    ),
]
Token = Annotated[SecretStr, Field(min_length=1, max_length=200)]


class ChangedPassword(RequestModel):
    """The new password, and the old one if there is one; who forgot it resets it."""

    new_password: NewPassword
    old_password: Annotated[SecretStr, Field(min_length=1, max_length=1024)] | None = None


class ForgottenPassword(RequestModel):
    """Who has forgotten his password."""

    identifier: Annotated[str, StringConstraints(min_length=1, max_length=254)] = Field(
        description="A phone in any spelling, an e-mail address, or an id of the existing application.",
        examples=["98200 12345"],
    )


class LinkAsked(AnswerModel):
    """A link was sent if somebody is known by the identifier; whether one was does not show."""

    expires_in_seconds: int = Field(examples=[1800])


def _given(name: str) -> JsonDict:
    return {"required": [name], "properties": {name: {"type": "string"}}}


class ResetPassword(RequestModel):
    """The new password, with one of two things that say whose it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [_given("token"), _given("proof")],
            "examples": [{"new_password": "three cows and a bicycle", "token": "from-the-link"}],
        }
    )

    new_password: NewPassword
    token: Token | None = Field(None, description="What stands after `token=` in the link.")
    proof: Token | None = Field(None, description="From `POST /auth/otp/verify` with the purpose `reset`.")

    @model_validator(mode="after")
    def _one_way(self) -> "ResetPassword":
        if (self.token is None) == (self.proof is None):
            raise ValueError("give either `token` or `proof`")
        return self

    @property
    def way(self) -> Way:
        """The one that was given."""
        match self.token, self.proof:
            case SecretStr() as token, None:
                return ByLink(token.get_secret_value())
            case None, SecretStr() as proof:
                return ByProof(proof.get_secret_value())
            case _:
                raise TypeError("made without validation")


@router.put(
    "",
    status_code=204,
    dependencies=[Depends(require(Permission.ME_PASSWORD))],
    responses=problems(401, 403, 409, 422, 429),
)
async def put_password(body: ChangedPassword, request: Request, principal: CurrentPrincipal) -> None:
    """Change one's password, or set the first one, which needs a recent proof. The other sessions end; this one stays."""
    services, runtime = services_of(request), services_of(request).runtime
    old = None if body.old_password is None else body.old_password.get_secret_value()
    change = PasswordChange(body.new_password.get_secret_value(), old)
    actor = acting(principal, address=client_address(request))
    await change_password(runtime.tx, principal, change, by=services.password_setting, actor=actor, now=runtime.clock())


@router.post(
    "/forgotten",
    status_code=202,
    dependencies=[
        Depends(public(reason="Whoever has forgotten his password cannot sign in.")),
        Depends(only_where_people_are_managed),
    ],
    responses=problems(409, 422, 429),
)
async def ask_for_reset(body: ForgottenPassword, request: Request) -> LinkAsked:
    """Send a link to set a new password. The answer and its time are the same whether somebody is known or not."""
    services, runtime = services_of(request), services_of(request).runtime
    by, address = services.password_setting, client_address(request)
    async with all_at_whole_steps():
        await ask_for_link(runtime.tx, body.identifier, by=by, address=address, now=runtime.clock())
    return LinkAsked(expires_in_seconds=int(by.link_lifetime.total_seconds()))


@router.post(
    "/reset",
    status_code=204,
    dependencies=[
        Depends(public(reason="The link or the proof says who it is; he cannot sign in.")),
        Depends(only_where_people_are_managed),
    ],
    responses=problems(401, 409, 422),
)
async def set_new_password(body: ResetPassword, request: Request) -> None:
    """Set a new password with a link or a proof. All sessions end; then one signs in."""
    services, runtime = services_of(request), services_of(request).runtime
    by, address, new = services.password_setting, client_address(request), body.new_password.get_secret_value()
    async with failures_at_whole_steps():
        await reset_password(runtime.tx, body.way, new, by=by, address=address, now=runtime.clock())
