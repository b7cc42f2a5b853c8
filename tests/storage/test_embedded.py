"""Roundsman's own server: shared by processes, safe from others on the machine, and back after every kind of end."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from roundsman.database.connection import open_client
from roundsman.database.embedded import (
    ServerInUse,
    ServerNotRunning,
    embedded_server,
    running_server,
    start_and_leave_up,
    stop_server,
)
from roundsman.database.file_lock import is_held
from roundsman.database.mongod import ServerFiles
from tests.servers import ServerUser

_CACHE_GB = 0.25


@pytest.fixture
async def data_dir(tmp_path: Path) -> AsyncIterator[Path]:
    directory = tmp_path / "data"
    yield directory
    await stop_server(directory, even_if_used=True)


@pytest.fixture
def files(data_dir: Path) -> ServerFiles:
    return ServerFiles(data_dir / "database")


async def _write(uri: str, value: str) -> None:
    async with await open_client(uri) as client:
        await client["kept"]["things"].insert_one({"_id": value})


async def _written(uri: str) -> list[str]:
    async with await open_client(uri) as client:
        return [document["_id"] async for document in client["kept"]["things"].find().sort("_id")]


async def test_processes_share_one_server_and_the_last_stops_it(data_dir: Path, files: ServerFiles) -> None:
    first, second = ServerUser(data_dir), ServerUser(data_dir)
    uri = first.wait_for_uri()
    assert second.wait_for_uri() == uri
    first.leave()
    await _write(uri, "after the first has left")
    second.leave()
    assert not is_held(files.data_lock)


async def test_a_killed_process_leaves_a_server_that_the_next_one_shares_and_stops(
    data_dir: Path, files: ServerFiles
) -> None:
    killed = ServerUser(data_dir)
    uri = killed.wait_for_uri()
    await _write(uri, "before")
    killed.kill()
    assert is_held(files.data_lock)
    async with embedded_server(data_dir, cache_gb=_CACHE_GB) as shared:
        assert shared == uri
        assert await _written(shared) == ["before"]
    assert not is_held(files.data_lock)


async def test_a_process_killed_while_it_starts_the_server_does_not_block_the_next(data_dir: Path) -> None:
    killed = ServerUser(data_dir)
    while not (data_dir / "database" / "mongod.log").exists():
        assert killed.process.poll() is None
    killed.kill()
    async with embedded_server(data_dir, cache_gb=_CACHE_GB) as uri:
        await _write(uri, "works")


async def test_a_killed_server_recovers_from_its_stale_lock(data_dir: Path, files: ServerFiles) -> None:
    uri = await start_and_leave_up(data_dir, cache_gb=_CACHE_GB)
    await _write(uri, "before")
    os.kill(int(files.data_lock.read_text()), signal.SIGKILL)
    while is_held(files.data_lock):
        pass
    async with embedded_server(data_dir, cache_gb=_CACHE_GB) as restarted:
        assert await _written(restarted) == ["before"]


async def test_ctrl_c_reaches_the_process_and_not_the_server_first(data_dir: Path, files: ServerFiles) -> None:
    user = ServerUser(data_dir)
    user.wait_for_uri()
    user_group, server_group = os.getpgid(user.process.pid), os.getpgid(int(files.data_lock.read_text()))
    assert user_group != server_group
    user.kill()


async def _sit_on(other: socket.socket, port: int) -> None:
    """Listen on the port of a server that has just ended: it frees its data a moment before its port."""
    for attempt in range(1200):
        try:
            other.bind(("127.0.0.1", port))
        except OSError:
            assert attempt < 1199
            await asyncio.sleep(0.05)
        else:
            other.listen()
            return


async def test_a_port_that_is_taken_is_replaced_by_another_and_the_data_stay(
    data_dir: Path, files: ServerFiles
) -> None:
    async with embedded_server(data_dir, cache_gb=_CACHE_GB) as uri:
        await _write(uri, "before")
    taken = json.loads(files.state.read_text())["port"]
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        await _sit_on(other, taken)
        async with embedded_server(data_dir, cache_gb=_CACHE_GB) as moved:
            assert f":{taken}/" not in moved
            assert await _written(moved) == ["before"]


async def test_only_the_owner_can_read_the_folders_and_the_secrets(data_dir: Path, files: ServerFiles) -> None:
    async with embedded_server(data_dir, cache_gb=_CACHE_GB):
        modes = {path: path.stat().st_mode & 0o777 for path in (data_dir, files.directory, files.data)}
        assert set(modes.values()) == {0o700}
        assert {path.stat().st_mode & 0o777 for path in (files.key_file, files.password)} == {0o600}


async def test_nobody_without_the_password_gets_in_not_even_to_make_the_first_user(data_dir: Path) -> None:
    async with embedded_server(data_dir, cache_gb=_CACHE_GB) as uri:
        address = uri.split("@")[1]
        async with AsyncMongoClient[dict[str, object]](f"mongodb://{address}") as stranger:
            with pytest.raises(OperationFailure, match="requires authentication"):
                await stranger.list_database_names()
            with pytest.raises(OperationFailure, match="requires authentication"):
                await stranger.admin.command("createUser", "me", pwd="mine", roles=["root"])


async def test_a_lost_password_is_replaced_at_the_next_start(data_dir: Path, files: ServerFiles) -> None:
    async with embedded_server(data_dir, cache_gb=_CACHE_GB) as uri:
        await _write(uri, "before")
    files.password.unlink()
    async with embedded_server(data_dir, cache_gb=_CACHE_GB) as renewed:
        assert renewed != uri
        assert await _written(renewed) == ["before"]


async def test_a_server_brought_up_stays_until_it_is_taken_down(data_dir: Path, files: ServerFiles) -> None:
    uri = await start_and_leave_up(data_dir, cache_gb=_CACHE_GB)
    async with embedded_server(data_dir, cache_gb=_CACHE_GB):
        with pytest.raises(ServerInUse):
            await stop_server(data_dir)
    assert await running_server(data_dir) == uri
    assert await stop_server(data_dir)
    assert not await stop_server(data_dir)
    with pytest.raises(ServerNotRunning):
        await running_server(data_dir)
    assert not is_held(files.data_lock)
