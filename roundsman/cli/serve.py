"""The command `roundsman serve`: the API and the pages."""

import socket
from contextlib import nullcontext
from typing import Annotated, Final, TypedDict

import typer

from roundsman.cli.running import run_until_told_to_end
from roundsman.errors import Unavailable
from roundsman.runtime import Runtime, open_answering_runtime, signing_keys
from roundsman.settings import Settings, load_settings
from roundsman.worker.sealer import sealer_of, sealing


class _Quiet(TypedDict):
    server_header: bool
    access_log: bool
    log_level: str
    proxy_headers: bool
    timeout_worker_healthcheck: int


_FACTORY: Final = "roundsman.cli.answering:create_served_app"
# No access log: its lines would hold the phones and e-mails people look up.
# What proxies say of the client is read by `web.forwarded`, from those that the settings trust.
# A process that does not answer its parent for so many seconds is replaced: on a busy machine one that only begins takes some.
_QUIET: Final = _Quiet(
    server_header=False, access_log=False, log_level="warning", proxy_headers=False, timeout_worker_healthcheck=60
)


class PortInUse(Unavailable):
    """The port to listen on is taken, or may not be used."""

    code = "port_in_use"


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="The address to listen on, instead of ROUNDSMAN_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on, instead of ROUNDSMAN_PORT.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="How many processes answer.")] = 1,
) -> None:
    """Answer requests until Ctrl-C."""
    settings = load_settings()
    host, port = host or settings.host, port or settings.port
    run_until_told_to_end(_serve(settings, host=host, port=port, workers=workers))


async def _serve(settings: Settings, *, host: str, port: int, workers: int) -> None:
    """Open the runtime here, whatever the number of processes: what is wrong then comes out as one sentence."""
    require_free_port(host, port)
    signing_keys(settings)
    async with open_answering_runtime(settings) as runtime:
        if workers == 1:
            await serve_runtime(runtime, host=host, port=port)
            return
        # Blocks on purpose: nothing else happens here, and only the main thread can watch over processes.
        import uvicorn  # noqa: PLC0415  as below

        from roundsman.cli.answering import announce  # noqa: PLC0415  as below

        announce(host, port)
        uvicorn.run(_FACTORY, factory=True, host=host, port=port, workers=workers, **_QUIET)


async def serve_runtime(runtime: Runtime, *, host: str, port: int) -> None:
    """Answer requests in this process until Ctrl-C."""
    # Imported here because the web framework takes a second to load, which every other command would pay for too.
    import uvicorn  # noqa: PLC0415  see above

    from roundsman.app import create_app  # noqa: PLC0415  see above
    from roundsman.cli.answering import AnnouncedServer  # noqa: PLC0415  see above

    app = create_app(lambda: nullcontext(runtime))
    async with sealing(sealer_of(runtime)):
        await AnnouncedServer(uvicorn.Config(app, host=host, port=port, **_QUIET)).serve()


def require_free_port(host: str, port: int) -> None:
    """Raise PortInUse before anything is started that would be in vain."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortInUse(f"{host}:{port} cannot be listened on ({error.strerror}); set ROUNDSMAN_PORT") from error
