"""The page that the link in a message leads to: a new password for who has forgotten his.

It works without a script, so the token stands in the query and not behind a `#`, which browsers keep to themselves. From
the address it goes into a hidden field and nowhere else: no cache keeps the page, no other page is told its address, and
our log has no queries. Opening the page uses nothing up, because programs open links in messages before people do.

No cookie is read and none is set, so another site can send nothing in somebody's name: the token is all that counts.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from roundsman.auth.hashing import HashingBusy
from roundsman.auth.password_policy import UnacceptablePassword
from roundsman.auth.proofs import ProofInvalid
from roundsman.console.forms import read_form
from roundsman.console.rendering import page
from roundsman.errors import InvalidInput
from roundsman.operations.signing_in.password_reset import ByLink, require_good_link, reset_password
from roundsman.operations.signing_in.password_setting import PasswordSetting
from roundsman.web.guards import only_where_people_are_managed, public
from roundsman.web.pacing import failures_at_whole_steps
from roundsman.web.services import client_address, services_of

PATH: Final = "/password/reset"
_DONE: Final = "/password/reset/done"
_SECRET_ADDRESS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_GUARDS: Final = [
    Depends(public(reason="The link says who it is; he cannot sign in.")),
    Depends(only_where_people_are_managed),
]

router = APIRouter(include_in_schema=False)


class PasswordsDiffer(InvalidInput):
    """The new password was typed twice, and not the same."""

    code = "passwords_differ"

    def __init__(self) -> None:
        super().__init__("This is not the same as the password above. Type both again.")


@router.get(PATH, dependencies=_GUARDS, name="password_reset")
async def show(request: Request, token: str = "") -> Response:
    """Show the form, or that the link counts no more."""
    services, by = services_of(request), services_of(request).password_setting
    try:
        async with failures_at_whole_steps():
            await require_good_link(services.runtime.tx, ByLink(token), by=by, now=services.runtime.clock())
    except ProofInvalid:
        return _spent(by)
    return _form(by, token)


@router.post(PATH, dependencies=_GUARDS, name="set_new_password")
async def set_new_password(request: Request) -> Response:
    """Set the password as the API does, and say what to do next, or what is wrong with it."""
    by, form = services_of(request).password_setting, await read_form(request)
    try:
        async with failures_at_whole_steps():
            await _reset(request, form, by=by)
    except ProofInvalid:
        return _spent(by)
    except UnacceptablePassword as refused:
        return _form(by, form["token"], status=HTTPStatus.UNPROCESSABLE_ENTITY, password_wrong=refused.message)
    except PasswordsDiffer as refused:
        return _form(by, form["token"], status=HTTPStatus.UNPROCESSABLE_ENTITY, again_wrong=refused.message)
    except HashingBusy as refused:
        return _form(by, form["token"], status=HTTPStatus.SERVICE_UNAVAILABLE, trouble=refused.message)
    return RedirectResponse(_DONE, HTTPStatus.SEE_OTHER, headers=_SECRET_ADDRESS)


@router.get(_DONE, dependencies=[Depends(public(reason="It says what comes next, the same to everybody."))])
async def done() -> Response:
    """Say what to do with the new password."""
    return page("password_reset_done.html")


async def _reset(request: Request, form: Mapping[str, str], *, by: PasswordSetting) -> None:
    """Raises ProofInvalid, PasswordsDiffer, and what `reset_password` raises; only the last of them uses the link."""
    runtime, way, password = services_of(request).runtime, ByLink(form.get("token", "")), form.get("password", "")
    await require_good_link(runtime.tx, way, by=by, now=runtime.clock())
    if password != form.get("again"):
        raise PasswordsDiffer
    await reset_password(runtime.tx, way, password, by=by, address=client_address(request), now=runtime.clock())


def _form(
    by: PasswordSetting,
    token: str,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    password_wrong: str | None = None,
    again_wrong: str | None = None,
    trouble: str | None = None,
) -> Response:
    wrong = {"password": password_wrong, "again": again_wrong}
    shown = {"path": PATH, "token": token, "policy": by.policy, "wrong": wrong, "trouble": trouble}
    return page("password_reset.html", status=status, headers=_SECRET_ADDRESS, **shown)


def _spent(by: PasswordSetting) -> Response:
    minutes = int(by.link_lifetime.total_seconds() // 60)
    return page("password_link_spent.html", status=HTTPStatus.GONE, headers=_SECRET_ADDRESS, minutes=minutes)
