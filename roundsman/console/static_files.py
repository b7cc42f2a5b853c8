"""Our own style sheets, served from the package, compressed for whoever can unpack them."""

from pathlib import Path

from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from roundsman.web.guards import public_mount

mount = public_mount(
    GZipMiddleware(StaticFiles(directory=Path(__file__).with_name("static"))),
    reason="The style sheet of the pages: the same for everybody, and part of the published program.",
)
