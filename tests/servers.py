"""Servers that Roundsman must refuse or cope with, and a process that uses its own one."""

import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from roundsman.database.mongod import find_mongod

_USER = """
import asyncio, sys
from pathlib import Path
from roundsman.database.embedded import embedded_server

async def use():
    async with embedded_server(Path(sys.argv[1]), cache_gb=0.25) as uri:
        print(uri, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(use())
"""


class ServerUser:
    """A process that uses the server of a data directory until it is told to leave."""

    def __init__(self, data_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _USER, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_for_uri(self) -> str:
        """Wait until the process uses the server; gives its connection string."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        """Let the process end in order."""
        self.process.communicate()

    def kill(self) -> None:
        """End the process as `kill -9` does."""
        self.process.kill()
        self.process.communicate()

    def interrupt(self) -> None:
        """Press Ctrl-C in the terminal of the process: everything in its process group gets the signal."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate()


@contextmanager
def foreign_server(directory: Path, *options: str) -> Iterator[str]:
    """A mongod that is not Roundsman's, without authentication; gives its connection string."""
    data = directory / "foreign"
    data.mkdir()
    for _ in range(5):
        port = free_port()
        command = [str(find_mongod()), "--dbpath", str(data), "--port", str(port), "--bind_ip", "127.0.0.1"]
        with subprocess.Popen([*command, "--nounixsocket", *options], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            if not any("Waiting for connections" in line for line in server.stdout):
                continue  # Somebody took the port meanwhile.
            # A server that nobody listens to stands still once the pipe is full.
            threading.Thread(target=server.stdout.read, daemon=True).start()
            try:
                yield f"mongodb://127.0.0.1:{port}/"
            finally:
                server.kill()
            return
    raise AssertionError("mongod does not start")


def free_port() -> int:
    """A port that nobody listens on, below those that are given to whoever asks for any."""
    while True:
        port = secrets.choice(range(10_000, 20_000))
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def fake_mongod(directory: Path, script: str) -> Path:
    """A directory for the PATH with a `mongod` that is a shell script."""
    directory.mkdir()
    program = directory / "mongod"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return directory
