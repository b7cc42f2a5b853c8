"""What the portals have in common: refusals in the words of who looks, and whether there is something to offer."""

from collections.abc import Mapping

from starlette.requests import Request

from roundsman.console.forms import Form, InvalidForm, refused
from roundsman.console.shell import shell_of
from roundsman.database.transaction import Tx
from roundsman.errors import RoundsmanError
from roundsman.identity.mode import OperationsMode, get_mode


def refused_here(request: Request, sent: Mapping[str, str], error: RoundsmanError) -> Form:
    """The form again, with what was typed; why it was refused in the language of who sent it."""
    shell = shell_of(request)
    form = refused(sent, error)
    # Of a field that a form has several times, only what it is comes first in its name.
    wrong = (
        {name: shell.say(f"wrong.{name.partition('_')[0]}") for name in form.wrong}
        if isinstance(error, InvalidForm)
        else {}
    )
    return Form(sent, wrong, shell.explain(error.code, error.message), form.status)


async def are_operations_here(tx: Tx) -> bool:
    """Whether orders and what follows from them are changed here, so that there is something to offer."""
    return (await get_mode(tx)).operations is OperationsMode.ROUNDSMAN
