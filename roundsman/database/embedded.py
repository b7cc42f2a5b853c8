"""Roundsman's own database server: one for all processes of a data directory, started by the first, stopped by the last.

How the processes agree, without anything that could go stale: the kernel drops a lock when its holder dies.

- `start.lock` is held alone by whoever starts or stops the server.
- `users.lock` is shared by every process that uses it. Whoever leaves and then gets it alone was the last one.
- mongod itself locks its data files. If they are locked, a server runs, perhaps one whose starter was killed: it is
  shared as it is. If not, none does, whatever other files say.
"""

import asyncio
import json
import secrets
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from roundsman.database.connection import DatabaseUnavailable
from roundsman.database.data_directory import data_directory_errors, private_directory
from roundsman.database.file_lock import SharedLock, exclusive_lock, is_held
from roundsman.database.key_file import load_or_create_secret
from roundsman.database.mongod import (
    REPLICA_SET,
    DataFilesTaken,
    PortTaken,
    ServerFiles,
    find_mongod,
    maintenance_command,
    replica_command,
    require_room,
    start_mongod,
    why_it_ended,
)
from roundsman.database.one_node import HOST, USER, end_server, kill_server, make_ready, name_member
from roundsman.errors import Conflict

_LOCK_PATIENCE_SECONDS = 150.0
_START_ATTEMPTS = 5
_PORT_ATTEMPTS = 100
# Below the ports that operating systems give to outgoing connections, which would often take ours while it is stopped.
_PORTS = range(20_000, 32_000)


class ServerInUse(Conflict):
    """Other processes use the server that was to be stopped."""

    code = "database_server_in_use"


class ServerNotRunning(DatabaseUnavailable):
    """Roundsman's own server does not run."""

    code = "database_server_not_running"


@dataclass(frozen=True, slots=True)
class ServerState:
    """What later processes need to know of the server.

    `stays_up` means that only `db down` stops it; `is_moving` that it runs only to learn its new port.
    """

    port: int
    stays_up: bool = False
    is_moving: bool = False


@asynccontextmanager
async def embedded_server(data_dir: Path, *, cache_gb: float) -> AsyncIterator[str]:
    """Start the server of this data directory, or share the one that runs; gives its connection string.

    On leaving, the last of its users stops it. Raises DatabaseUnavailable or DataDirectoryUnusable.
    """
    files = _server_files(data_dir)
    async with AsyncExitStack() as leaving:
        async with exclusive_lock(files.start_lock, patience_seconds=_LOCK_PATIENCE_SECONDS):
            use = SharedLock(files.users_lock)
            leaving.push_async_callback(lambda: _to_its_end(_leave(files, use)))
            await _to_its_end(_start_or_share(files, cache_gb=cache_gb))
        try:
            yield _uri(files)
        except DatabaseUnavailable as error:
            if is_held(files.data_lock):
                raise
            raise why_it_ended(files) from error


async def start_and_leave_up(data_dir: Path, *, cache_gb: float) -> str:
    """Start or share the server so that it stays until `stop_server`; gives its connection string."""
    files = _server_files(data_dir)
    async with embedded_server(data_dir, cache_gb=cache_gb) as uri:
        _write_state(files, replace(_read_state(files), stays_up=True))
    return uri


async def stop_server(data_dir: Path, *, even_if_used: bool = False) -> bool:
    """Stop the server, and say whether one was running; raises ServerInUse while other processes use it."""
    files = _server_files(data_dir)
    async with exclusive_lock(files.start_lock, patience_seconds=_LOCK_PATIENCE_SECONDS):
        if not is_held(files.data_lock):
            return False
        if is_held(files.users_lock) and not even_if_used:
            raise ServerInUse("Other processes use the database server: end them first, or add --force.")
        await end_server(files, _read_state(files).port)
        return True


async def running_server(data_dir: Path) -> str:
    """Give the connection string of the server that runs; raises ServerNotRunning, starts nothing."""
    files = _server_files(data_dir)
    async with exclusive_lock(files.start_lock, patience_seconds=_LOCK_PATIENCE_SECONDS):
        if not is_held(files.data_lock):
            raise ServerNotRunning('Roundsman\'s own database server does not run: start it with "roundsman db up".')
    return _uri(files)


def _server_files(data_dir: Path) -> ServerFiles:
    return ServerFiles(private_directory(data_dir, "database"))


def _uri(files: ServerFiles) -> str:
    password = load_or_create_secret(files.password)
    return f"mongodb://{USER}:{password}@{HOST}:{_read_state(files).port}/?replicaSet={REPLICA_SET}&authSource=admin"


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Do all of it even when cancelled meanwhile, however often, and be cancelled only then.

    A server that is half started or half stopped would stay behind, and nobody would ever stop it.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled


async def _leave(files: ServerFiles, use: SharedLock) -> None:
    async with exclusive_lock(files.start_lock, patience_seconds=_LOCK_PATIENCE_SECONDS):
        use.close()
        if is_held(files.users_lock) or not is_held(files.data_lock) or _read_state(files).stays_up:
            return
        await end_server(files, _read_state(files).port)


async def _start_or_share(files: ServerFiles, *, cache_gb: float) -> None:
    if is_held(files.data_lock) and _read_state(files).is_moving:
        await end_server(files, _read_state(files).port)
    if is_held(files.data_lock):
        await make_ready(files, _read_state(files).port)
    else:
        await _start_anew(files, cache_gb=cache_gb)


async def _start_anew(files: ServerFiles, *, cache_gb: float) -> None:
    require_room(files)
    with data_directory_errors(files.directory):
        load_or_create_secret(files.key_file)
        load_or_create_secret(files.password)
    try:
        await _start(files, cache_gb=cache_gb)
        await make_ready(files, _read_state(files).port)
    except DatabaseUnavailable:
        await kill_server(files)
        raise


async def _start(files: ServerFiles, *, cache_gb: float) -> None:
    binary = await asyncio.to_thread(find_mongod)
    for attempt in range(_START_ATTEMPTS):
        if is_held(files.data_lock):
            return  # The mongod of a process that was killed in the middle of starting it came first.
        port = await _settle_port(files, binary) if files.state.exists() else _free_port()
        _write_state(files, ServerState(port))
        try:
            await asyncio.to_thread(start_mongod, replica_command(binary, files, port=port, cache_gb=cache_gb), files)
        except PortTaken:
            if attempt == _START_ATTEMPTS - 1:
                raise
        except DataFilesTaken:
            # The mongod of a process that was killed in the middle of starting it came first.
            if not is_held(files.data_lock):
                raise
            return
        else:
            return


async def _settle_port(files: ServerFiles, binary: Path) -> int:
    """Give the port of last time if it is still free, else another one, after telling the replica set about it.

    The replica set must know before it starts: it would call its member at the old port, where now another program
    listens that may never answer.
    """
    state = _read_state(files)
    port = _free_port(state.port)
    if port != state.port or state.is_moving:
        _write_state(files, ServerState(port, is_moving=True))
        await asyncio.to_thread(start_mongod, maintenance_command(binary, files, port=port), files)
        await name_member(files, port)
        await end_server(files, _read_state(files).port)
    return port


def _free_port(wanted: int | None = None) -> int:
    """The wanted port if nobody listens on it, else any free one."""
    for port in [*([] if wanted is None else [wanted]), *(secrets.choice(_PORTS) for _ in range(_PORT_ATTEMPTS))]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise PortTaken("Other programs take every port that Roundsman tries for its database server.")


def _read_state(files: ServerFiles) -> ServerState:
    with data_directory_errors(files.directory):
        return ServerState(**json.loads(files.state.read_text()))


def _write_state(files: ServerFiles, state: ServerState) -> None:
    draft = files.state.with_suffix(f".{secrets.token_hex(4)}")
    with data_directory_errors(files.directory):
        draft.write_text(json.dumps(asdict(state)))
        draft.replace(files.state)
