"""A web server that says where it is once it answers, and what each of several processes of it runs.

In a module of its own because the web framework takes a second to load, which every command would pay for.
"""

import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from roundsman.app import create_app
from roundsman.cli.output import say
from roundsman.runtime import Runtime, open_answering_runtime
from roundsman.settings import load_settings
from roundsman.worker.sealer import sealer_of, sealing


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


def create_served_app() -> FastAPI:
    """Make the application of one of several processes; like a single one, each stands by to seal the audit log."""
    return create_app(_runtime_that_seals)


@asynccontextmanager
async def _runtime_that_seals() -> AsyncIterator[Runtime]:
    async with open_answering_runtime(load_settings()) as runtime, sealing(sealer_of(runtime)):
        yield runtime
