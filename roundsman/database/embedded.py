"""Roundsman's own database server: one for all processes of a data directory, started by the first, stopped by the last.

How the processes agree, without anything that could go stale: the kernel drops a lock when its holder dies.

- `start.lock` is held alone by whoever starts or stops the server.
- `users.lock` is shared by every process that uses it. Whoever leaves and then gets it alone was the last one.
- mongod itself locks its data files. If they are locked, a server runs, perhaps one whose starter was killed: it is
  shared as it is. If not, none does, whatever other files say.
"""

import asyncio
import hashlib
import json
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pymongo import AsyncMongoClient
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from roundsman.database.connection import Client, DatabaseUnavailable
from roundsman.database.data_directory import data_directory_errors, private_directory
from roundsman.database.file_lock import SharedLock, exclusive_lock, is_held
from roundsman.database.key_file import load_or_create_secret
from roundsman.database.mongod import (
    REPLICA_SET,
    DataFilesTaken,
    PortTaken,
    ServerFiles,
    find_mongod,
    start_mongod,
)
from roundsman.errors import Conflict

_HOST = "127.0.0.1"
_USER = "roundsman"
_LOCK_PATIENCE_SECONDS = 150.0
_ANSWER_SECONDS = 30.0
_POLL_SECONDS = 0.02
_START_ATTEMPTS = 5
_NOT_YET_INITIALIZED = 94


class ServerInUse(Conflict):
    """Other processes use the server that was to be stopped."""

    code = "database_server_in_use"


class ServerNotRunning(DatabaseUnavailable):
    """Roundsman's own server does not run."""

    code = "database_server_not_running"


class ServerDoesNotAnswer(DatabaseUnavailable):
    """A server runs on the data files, but it does not do its work."""

    code = "database_server_does_not_answer"


@dataclass(frozen=True, slots=True)
class ServerState:
    """What later processes need to know of the server; `stays_up` means that only `db down` stops it."""

    port: int
    stays_up: bool = False


@asynccontextmanager
async def embedded_server(data_dir: Path, *, cache_gb: float) -> AsyncIterator[str]:
    """Start the server of this data directory, or share the one that runs; gives its connection string.

    On leaving, the last of its users stops it. Raises DatabaseUnavailable or DataDirectoryUnusable.
    """
    files = _server_files(data_dir)
    async with exclusive_lock(files.start_lock, patience_seconds=_LOCK_PATIENCE_SECONDS):
        await _start_or_share(files, cache_gb=cache_gb)
        with data_directory_errors(data_dir):
            use = SharedLock(files.users_lock)
    try:
        yield _uri(files)
    finally:
        await asyncio.shield(_leave(files, use))


async def start_and_leave_up(data_dir: Path, *, cache_gb: float) -> str:
    """Start or share the server so that it stays until `stop_server`; gives its connection string."""
    files = _server_files(data_dir)
    async with exclusive_lock(files.start_lock, patience_seconds=_LOCK_PATIENCE_SECONDS):
        state = await _start_or_share(files, cache_gb=cache_gb)
        _write_state(files, ServerState(state.port, stays_up=True))
    return _uri(files)


async def stop_server(data_dir: Path, *, even_if_used: bool = False) -> None:
    """Stop the server; raises ServerNotRunning, or ServerInUse while other processes use it."""
    files = _server_files(data_dir)
    async with exclusive_lock(files.start_lock, patience_seconds=_LOCK_PATIENCE_SECONDS):
        if not is_held(files.data_lock):
            raise ServerNotRunning("Roundsman's own database server does not run.")
        if is_held(files.users_lock) and not even_if_used:
            raise ServerInUse("Other processes use the database server: end them first, or add --force.")
        await _stop(files)


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
    return f"mongodb://{_USER}:{password}@{_HOST}:{_read_state(files).port}/?replicaSet={REPLICA_SET}"


async def _leave(files: ServerFiles, use: SharedLock) -> None:
    async with exclusive_lock(files.start_lock, patience_seconds=_LOCK_PATIENCE_SECONDS):
        use.close()
        if is_held(files.users_lock) or not is_held(files.data_lock) or _read_state(files).stays_up:
            return
        await _stop(files)


async def _start_or_share(files: ServerFiles, *, cache_gb: float) -> ServerState:
    if not is_held(files.data_lock):
        with data_directory_errors(files.directory):
            load_or_create_secret(files.key_file)
            load_or_create_secret(files.password)
        await _start(files, cache_gb=cache_gb)
    state = _read_state(files)
    await _make_ready(files, state.port)
    return state


async def _start(files: ServerFiles, *, cache_gb: float) -> None:
    binary = await asyncio.to_thread(find_mongod)
    port = _free_port(_read_state(files).port) if files.state.exists() else _free_port(0)
    for attempt in range(_START_ATTEMPTS):
        _write_state(files, ServerState(port))
        try:
            await asyncio.to_thread(start_mongod, binary, files, port=port, cache_gb=cache_gb)
        except PortTaken:
            if attempt == _START_ATTEMPTS - 1:
                raise
            port = _free_port(0)
        except DataFilesTaken:
            # The mongod of a process that was killed in the middle of starting it came first.
            if not is_held(files.data_lock):
                raise
            return
        else:
            return


def _free_port(wanted: int) -> int:
    """The wanted port if nobody listens on it, else any free one; 0 wants any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise PortTaken("No port is free on this machine.")


def _read_state(files: ServerFiles) -> ServerState:
    with data_directory_errors(files.directory):
        return ServerState(**json.loads(files.state.read_text()))


def _write_state(files: ServerFiles, state: ServerState) -> None:
    draft = files.state.with_suffix(f".{secrets.token_hex(4)}")
    with data_directory_errors(files.directory):
        draft.write_text(json.dumps(asdict(state)))
        draft.replace(files.state)


def _own_client(files: ServerFiles, port: int) -> Client:
    """A client that shows the key file: it may do everything, before any user exists and whatever the password is."""
    return AsyncMongoClient(
        _HOST,
        port,
        username="__system",
        password=load_or_create_secret(files.key_file),
        authSource="local",
        directConnection=True,
        serverSelectionTimeoutMS=1000,
    )


async def _make_ready(files: ServerFiles, port: int) -> None:
    """Bring a running server, wherever its starting was cut off, to a primary with the user `roundsman`."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS), _own_client(files, port) as client:
            await _wait_for_answer(client)
            await _ensure_replica_set(client, f"{_HOST}:{port}")
            await _wait_for_primary(client)
            await _ensure_user(client, load_or_create_secret(files.password))
    except (TimeoutError, PyMongoError) as error:
        raise ServerDoesNotAnswer(
            f"A MongoDB server runs on {files.data} (process {_process_id(files)}), but does not answer as it should on "
            f'port {port}: end it with "kill {_process_id(files)}" and try again; {files.log} may say more.'
        ) from error


async def _wait_for_answer(client: Client) -> None:
    while True:
        try:
            await client.admin.command("ping")
        except ConnectionFailure:
            await asyncio.sleep(_POLL_SECONDS)
        else:
            return


async def _ensure_replica_set(client: Client, member: str) -> None:
    try:
        config = (await client.admin.command("replSetGetConfig"))["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        await client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [{"_id": 0, "host": member}]})
        return
    if config["members"][0]["host"] != member:
        config["members"][0]["host"] = member
        config["version"] += 1
        await client.admin.command("replSetReconfig", config, force=True)


async def _wait_for_primary(client: Client) -> None:
    while not (await client.admin.command("hello"))["isWritablePrimary"]:  # noqa: ASYNC110  # another process decides
        await asyncio.sleep(_POLL_SECONDS)


async def _ensure_user(client: Client, password: str) -> None:
    known = (await client.admin.command("usersInfo", _USER))["users"]
    tag = hashlib.sha256(password.encode()).hexdigest()
    if not known:
        await client.admin.command("createUser", _USER, pwd=password, roles=["root"], customData={"password": tag})
    elif known[0].get("customData") != {"password": tag}:
        await client.admin.command("updateUser", _USER, pwd=password, roles=["root"], customData={"password": tag})


async def _stop(files: ServerFiles) -> None:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await _ask_to_stop(files)
            while is_held(files.data_lock):  # noqa: ASYNC110  # another process decides
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as error:
        raise ServerDoesNotAnswer(
            f'The database server does not stop: end it with "kill {_process_id(files)}"; {files.log} may say why.'
        ) from error


async def _ask_to_stop(files: ServerFiles) -> None:
    async with _own_client(files, _read_state(files).port) as client:
        try:
            await client.admin.command("shutdown", 1, force=True, timeoutSecs=0)
        except ConnectionFailure:
            return  # A server that stops closes the connection instead of answering.


def _process_id(files: ServerFiles) -> str:
    try:
        return files.data_lock.read_text().strip() or "unknown"
    except OSError:
        return "unknown"
