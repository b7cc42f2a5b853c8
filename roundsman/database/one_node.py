"""Making a mongod that runs into a replica set of one with the user `roundsman`, and ending it.

All of it is done with the key file instead of a password: it works before any user exists, and nobody without the file
can do it.
"""

import asyncio
import hashlib
import os
import signal

from pymongo import AsyncMongoClient
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError, ServerSelectionTimeoutError

from roundsman.database.connection import Client, DatabaseUnavailable
from roundsman.database.file_lock import is_held
from roundsman.database.key_file import load_or_create_secret
from roundsman.database.mongod import REPLICA_SET, ServerFiles, find_complaint

HOST = "127.0.0.1"
USER = "roundsman"
_ANSWER_SECONDS = 30.0
_POLL_SECONDS = 0.02
_NOT_YET_INITIALIZED = 94


class ServerDoesNotAnswer(DatabaseUnavailable):
    """A server runs on the data files, but it does not do its work."""

    code = "database_server_does_not_answer"


def _client(files: ServerFiles, port: int) -> Client:
    """A client that shows the key file: it may do everything, before any user exists and whatever the password is."""
    return AsyncMongoClient(
        HOST,
        port,
        username="__system",
        password=load_or_create_secret(files.key_file),
        authSource="local",
        directConnection=True,
        serverSelectionTimeoutMS=1000,
    )


async def make_ready(files: ServerFiles, port: int) -> None:
    """Bring a running server, wherever its starting was cut off, to a primary with the user `roundsman`.

    Raises ServerDoesNotAnswer, or what the server's log complains of.
    """
    try:
        async with asyncio.timeout(_ANSWER_SECONDS), _client(files, port) as client:
            await _wait_for_answer(client)
            await _ensure_replica_set(client, f"{HOST}:{port}")
            await _wait_for_primary(client)
            await _ensure_user(client, load_or_create_secret(files.password))
    except (TimeoutError, PyMongoError) as error:
        raise find_complaint(files) or ServerDoesNotAnswer(
            f"A MongoDB server runs on {files.data} (process {_process_id(files)}), but does not answer as it should on "
            f'port {port}: end it with "kill {_process_id(files)}" and try again; {files.log} may say more.'
        ) from error


async def name_member(files: ServerFiles, port: int) -> None:
    """Write into the configuration of the replica set, which does not run now, that its member has this port."""
    async with _client(files, port) as client:
        await _wait_for_answer(client)
        member = {"$set": {"members.0.host": f"{HOST}:{port}"}}
        await client["local"]["system.replset"].update_one({"_id": REPLICA_SET}, member)


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
    known = (await client.admin.command("usersInfo", USER))["users"]
    tag = hashlib.sha256(password.encode()).hexdigest()
    if not known:
        await client.admin.command("createUser", USER, pwd=password, roles=["root"], customData={"password": tag})
    elif known[0].get("customData") != {"password": tag}:
        await client.admin.command("updateUser", USER, pwd=password, roles=["root"], customData={"password": tag})


async def end_server(files: ServerFiles, port: int) -> None:
    """Stop the server and wait until it has let go of the data files."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await _ask_to_stop(files, port)
            while is_held(files.data_lock):  # noqa: ASYNC110  # another process decides
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as error:
        raise ServerDoesNotAnswer(
            f'The database server does not stop: end it with "kill {_process_id(files)}"; {files.log} may say why.'
        ) from error


async def kill_server(files: ServerFiles) -> None:
    """End a server that does not do its work and that nobody uses; its journal keeps the data whole."""
    process_id = _process_id(files)
    if is_held(files.data_lock) and process_id.isdigit():
        os.kill(int(process_id), signal.SIGKILL)
    while is_held(files.data_lock):  # noqa: ASYNC110  # another process decides
        await asyncio.sleep(_POLL_SECONDS)


async def _ask_to_stop(files: ServerFiles, port: int) -> None:
    async with _client(files, port) as client:
        while is_held(files.data_lock):
            try:
                await client.admin.command("shutdown", 1, force=True, timeoutSecs=0)
            except ServerSelectionTimeoutError:
                continue  # Too busy to be reached at once: it was not asked yet.
            except ConnectionFailure:
                return  # A server that stops closes the connection instead of answering.
            return


def _process_id(files: ServerFiles) -> str:
    try:
        return files.data_lock.read_text().strip() or "unknown"
    except OSError:
        return "unknown"
