"""The documentation of the API as a page of its own: no script, nothing from elsewhere, and made once for a process."""

import gzip
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import HTMLResponse, Response

from roundsman.console.reference import read_reference
from roundsman.console.rendering import page
from roundsman.web.guards import public

PATH: Final = "/docs/api"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class RenderedReference:
    """The page as it is sent: it is the same for everybody, so it is compressed once too."""

    plain: bytes
    compressed: bytes


@router.get(
    PATH, dependencies=[Depends(public(reason="It describes the interface and holds no data."))], name="reference"
)
async def show(request: Request) -> Response:
    """Show every operation of the API."""
    rendered = _rendered(request.app)
    headers = {"Vary": "Accept-Encoding", "Cache-Control": "no-cache"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return HTMLResponse(rendered.plain, headers=headers)
    return HTMLResponse(rendered.compressed, headers=headers | {"Content-Encoding": "gzip"})


def _rendered(app: FastAPI) -> RenderedReference:
    known: RenderedReference | None = getattr(app.state, "reference", None)
    if known is None:
        plain = bytes(page("reference.html", reference=read_reference(app.openapi())).body)
        known = app.state.reference = RenderedReference(plain, gzip.compress(plain, mtime=0))
    return known
