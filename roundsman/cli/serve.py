"""The command `roundsman serve`: the API and the pages."""

import asyncio
from contextlib import nullcontext
from typing import Annotated, Final

import typer
import uvicorn

from roundsman.app import create_app
from roundsman.cli.output import say
from roundsman.runtime import open_runtime
from roundsman.settings import Settings, load_settings

_FACTORY: Final = "roundsman.app:create_app"


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="The address to listen on, instead of ROUNDSMAN_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on, instead of ROUNDSMAN_PORT.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="How many processes answer.")] = 1,
) -> None:
    """Answer requests until Ctrl-C."""
    settings = load_settings()
    asyncio.run(_serve(settings, host=host or settings.host, port=port or settings.port, workers=workers))


async def _serve(settings: Settings, *, host: str, port: int, workers: int) -> None:
    """Open the runtime here, whatever the number of processes: what is wrong then comes out as one sentence."""
    async with open_runtime(settings) as runtime:
        say(f"Roundsman is at http://{host}:{port}/ and its API at /api/v1. Ctrl-C ends it.")
        # No access log: its lines would hold the phones and e-mails people look up.
        if workers > 1:
            # Blocks on purpose: nothing else happens here, and only the main thread can watch over processes.
            uvicorn.run(
                _FACTORY, factory=True, host=host, port=port, workers=workers, server_header=False, access_log=False
            )
            return
        app = create_app(lambda: nullcontext(runtime))
        config = uvicorn.Config(app, host=host, port=port, server_header=False, access_log=False)
        await uvicorn.Server(config).serve()
