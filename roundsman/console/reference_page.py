"""The documentation of the API, a page for each chapter: no script, nothing from elsewhere, and made once for a process."""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from roundsman.console.reference import Chapter, Reference, read_reference
from roundsman.console.rendering import page
from roundsman.console.schemas import Schema
from roundsman.web.guards import public

PATH: Final = "/docs/api"
_CONTENTS: Final = ""
_CODES: Final = "codes"
_GUARDS: Final = [Depends(public(reason="It describes the interface and holds no data."))]

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A page as it is sent: it is the same for everybody, so it is compressed once too."""

    plain: bytes
    compressed: bytes


@router.get(PATH, dependencies=_GUARDS, name="reference")
async def show(request: Request) -> Response:
    """Show how to begin, and what operations there are."""
    return _answer(request, _CONTENTS)


@router.get(PATH + "/{chapter}", dependencies=_GUARDS, name="reference_chapter")
async def show_chapter(request: Request, chapter: str) -> Response:
    """Show the operations of one chapter, or the codes."""
    return _answer(request, chapter)


def _answer(request: Request, key: str) -> Response:
    rendered = _rendered(request.app).get(key)
    if rendered is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    headers = {"Vary": "Accept-Encoding", "Cache-Control": "no-cache"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return HTMLResponse(rendered.plain, headers=headers)
    return HTMLResponse(rendered.compressed, headers=headers | {"Content-Encoding": "gzip"})


def _rendered(app: FastAPI) -> Mapping[str, RenderedPage]:
    known: Mapping[str, RenderedPage] | None = getattr(app.state, "reference", None)
    if known is None:
        known = app.state.reference = {
            key: RenderedPage(plain, gzip.compress(plain, mtime=0)) for key, plain in _pages(app.openapi())
        }
    return known


def _pages(document: Schema) -> Iterator[tuple[str, bytes]]:
    """Each page, under the last part of its address."""
    reference = read_reference(document)
    yield _CONTENTS, _page("reference_contents.html", reference, opened=_CONTENTS)
    yield _CODES, _page("reference_codes.html", reference, opened=_CODES)
    for chapter in reference.chapters:
        yield chapter.key, _page("reference_chapter.html", reference, opened=chapter.key, chapter=chapter)


def _page(template: str, reference: Reference, *, opened: str, chapter: Chapter | None = None) -> bytes:
    return bytes(page(template, reference=reference, opened=opened, chapter=chapter).body)
