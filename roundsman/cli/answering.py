"""A web server that says where it is once it answers.

In a module of its own because the web framework takes a second to load, which every command would pay for.
"""

import socket
import sys

import uvicorn

from roundsman.cli.output import say


class AnnouncedServer(uvicorn.Server):
    """From the announcement on, Ctrl-C ends it in order: before, the framework's own start is cut off."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, and say so."""
        await super().startup(sockets)
        if self.started:
            announce(self.config.host, self.config.port)


def announce(host: str, port: int) -> None:
    """Say where it is, at once, also into a log file."""
    say(f"Roundsman is at http://{host}:{port}/ and its API at /api/v1. Ctrl-C ends it.")
    sys.stdout.flush()
