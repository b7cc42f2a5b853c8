"""Commands that begin as copies of a process which has imported the program.

Importing it takes a command longer than most of what the tests ask of it. A copy is a process of its own like any other:
its directory, its environment, its standard streams and its end are those of a command that was typed. What is started to
be watched, or killed, is started afresh (`RoundsmanCommand.start`).
"""

import atexit
import gc
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

_LONGEST_REQUEST = 1 << 20
_STANDARD_STREAMS = 3


def run_warm(
    arguments: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str],
    standard_input: str,
    timeout: float,
    together: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; `together` gives what it says on both streams as one. Raises TimeoutError; the command goes on."""
    request = json.dumps({"arguments": arguments, "directory": str(directory), "environment": dict(environment)})
    with TemporaryFile() as stdin, TemporaryFile() as stdout, TemporaryFile() as stderr:
        stdin.write(standard_input.encode())
        stdin.seek(0)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.settimeout(timeout)
            connection.connect(_address())
            streams = [stdin, stdout, stdout if together else stderr]
            socket.send_fds(connection, [request.encode()], [stream.fileno() for stream in streams])
            returncode = int(connection.recv(16))
        return subprocess.CompletedProcess(list(arguments), returncode, _written_to(stdout), _written_to(stderr))


def _written_to(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode()


@cache
def _address() -> str:
    """Where the process to copy listens: one for each process of the tests, which ends when that one does."""
    address = f"\0roundsman-commands-{os.getpid()}"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.warm_start", address[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdout is not None
    server.stdout.readline()
    atexit.register(server.communicate)
    return address


def _import_program() -> None:
    package = import_module("roundsman")
    for module in pkgutil.walk_packages(package.__path__, "roundsman."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    gc.freeze()


def _serve(address: str) -> socket.socket:
    """Answer until the tests end; gives, in each copy, the connection whose command it is to run."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(address)
        listener.listen()
        _import_program()
        os.write(1, b"ready\n")
        while listener in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                return connection
            connection.close()
    sys.exit()


def _become_command(connection: socket.socket) -> None:
    """Come back as the command; the one who waits for it tells how it ended."""
    request, streams, *_ = socket.recv_fds(connection, _LONGEST_REQUEST, _STANDARD_STREAMS)
    if command := os.fork():
        _, status = os.waitpid(command, 0)
        connection.send(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    connection.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    said = json.loads(request)
    os.chdir(said["directory"])
    os.environ.clear()
    os.environ.update(said["environment"])
    sys.argv[1:] = said["arguments"]


if __name__ == "__main__":
    _become_command(_serve(f"\0{sys.argv[1]}"))
    from roundsman.__main__ import main

    main()
