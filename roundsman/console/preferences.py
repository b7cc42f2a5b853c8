"""How somebody wants our pages: the colours and the language. It is kept in his browser and concerns nobody else."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from roundsman.console.cookies import LANGUAGE, THEME, keep_choice
from roundsman.console.forms import read_form
from roundsman.console.guards import require_own_site
from roundsman.console.rendering import see_other
from roundsman.console.shell import THEMES
from roundsman.console.sign_in import own_path
from roundsman.console.strings import languages
from roundsman.web.guards import public

router = APIRouter(include_in_schema=False)


@router.post(
    "/preferences",
    dependencies=[
        Depends(public(reason="It changes the colours and the language in the browser of who asks.")),
        Depends(require_own_site),
    ],
    name="preferences",
)
async def choose(request: Request) -> Response:
    """Keep the choice, and show the page again on which it was made."""
    sent = await read_form(request)
    answer = see_other(request, own_path(sent.get("next", "")) or "/")
    for name, choices in ((THEME, THEMES), (LANGUAGE, languages())):
        if sent.get(name) in choices:
            keep_choice(answer, request, name, sent[name])
    return answer
