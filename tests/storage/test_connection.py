"""A client is given only when Roundsman can work with what answers, and every refusal is one sentence."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from roundsman.database.collections import LEASES
from roundsman.database.connection import (
    DatabaseUnavailable,
    InvalidDatabaseUri,
    NotAReplicaSet,
    database_errors,
    open_client,
    shown_uri,
)
from roundsman.database.transaction import Tx
from tests.servers import foreign_server


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("mongodb://127.0.0.1:27017", "127.0.0.1:27017"),
        ("mongodb://user:secret@a:1,b:2/roundsman?replicaSet=rs0", "a:1,b:2"),
        ("mongodb+srv://user:sec/ret@cluster.example.net/?authMechanismProperties=TOKEN:t", "cluster.example.net"),
        ("mongodb://user:se@cret@a:1", "a:1"),
    ],
)
def test_only_the_hosts_of_a_connection_string_are_shown(uri: str, shown: str) -> None:
    assert shown_uri(uri) == shown


async def test_times_are_read_in_utc(tx: Tx) -> None:
    written = datetime(2026, 1, 2, 3, 4, 5, 6000, tzinfo=UTC)
    await tx.database[LEASES].insert_one({"_id": "a", "expires_at": written})
    read = await tx.database[LEASES].find_one()
    assert read is not None
    assert read["expires_at"] == written
    assert read["expires_at"].utcoffset() == timedelta(0)


@pytest.mark.parametrize("uri", ["postgres://localhost", "mongodb://", "mongodb://a:port", "mongodb://u:p:q@a", ""])
async def test_a_connection_string_that_cannot_be_read_is_refused(uri: str) -> None:
    with pytest.raises(InvalidDatabaseUri, match=r"^ROUNDSMAN_MONGODB_URI cannot be used: "):
        await open_client(uri)


async def test_a_wrong_password_is_told_as_such(mongod_uri: str) -> None:
    with pytest.raises(DatabaseUnavailable, match="refuses the user name or password"):
        await open_client(f"mongodb://nobody:wrong@{shown_uri(mongod_uri)}/")


async def test_a_server_that_wants_a_password_says_so_when_it_is_used(mongod_uri: str) -> None:
    stranger = f"mongodb://{shown_uri(mongod_uri)}/"
    async with await open_client(stranger) as client:
        with pytest.raises(DatabaseUnavailable, match="roles readWrite and dbAdmin"), database_errors(stranger):
            await client["roundsman"]["users"].find_one()


async def test_a_standalone_server_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with foreign_server(tmp_path) as uri, pytest.raises(NotAReplicaSet, match=r"replSetName: rs0.*rs\.initiate\(\)"):
        await open_client(uri)


async def test_a_replica_set_that_was_never_initiated_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with (
        foreign_server(tmp_path, "--replSet", "rs0") as uri,
        pytest.raises(NotAReplicaSet, match=r'run "rs\.initiate\(\)" in mongosh once'),
    ):
        await open_client(f"{uri}?serverSelectionTimeoutMS=1000")


async def test_everything_is_read_from_the_primary_whatever_the_address_asks_for(mongod_uri: str) -> None:
    """The server has no secondary: nothing would be read."""
    asked = f"{mongod_uri}{'&' if '?' in mongod_uri else '?'}readPreference=secondary&maxStalenessSeconds=120"
    async with await open_client(asked) as client:
        assert await client["nowhere"]["nothing"].find_one() is None
