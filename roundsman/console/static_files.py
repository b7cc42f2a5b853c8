"""Our own style sheet, served from the package."""

from pathlib import Path

from starlette.staticfiles import StaticFiles

from roundsman.web.guards import public_mount

mount = public_mount(
    StaticFiles(directory=Path(__file__).with_name("static")),
    reason="The style sheet of the pages: the same for everybody, and part of the published program.",
)
