"""The program mongod: where it is found, how it is started, and what it means when it does not start."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from roundsman.database.connection import DatabaseUnavailable
from roundsman.database.data_directory import data_directory_errors

REPLICA_SET = "roundsman"
_START_SECONDS = 120
_OPLOG_MB = 1024
_TRANSACTION_SECONDS = 20
_LOG_TAIL_BYTES = 100_000
_ROOM_OF_FIRST_START_BYTES = 400_000_000
_ROOM_BYTES = 100_000_000


class NoServerFound(DatabaseUnavailable):
    """There is neither a connection string nor a mongod to start."""

    code = "no_database_server"


class ServerDoesNotStart(DatabaseUnavailable):
    """The mongod that was found ends instead of serving."""

    code = "database_server_does_not_start"


class PortTaken(ServerDoesNotStart):
    """Another program took the port between looking and starting."""

    code = "database_port_taken"


class DataFilesTaken(ServerDoesNotStart):
    """Another server has the data files open."""

    code = "database_files_taken"


class ServerEnded(DatabaseUnavailable):
    """The server ended while it was used."""

    code = "database_server_ended"


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """Where the parts of the server's folder are."""

    directory: Path

    @property
    def data(self) -> Path:
        """The data files."""
        return self.directory / "data"

    @property
    def data_lock(self) -> Path:
        """Locked by a running mongod, however it was started."""
        return self.data / "mongod.lock"

    @property
    def log(self) -> Path:
        """What the server has to say since it started."""
        return self.directory / "mongod.log"

    @property
    def key_file(self) -> Path:
        """The key that members of the replica set show each other; whoever has it may do everything."""
        return self.directory / "key"

    @property
    def password(self) -> Path:
        """The password of the user `roundsman`."""
        return self.directory / "password"

    @property
    def state(self) -> Path:
        """The port, and whether the server outlives its users."""
        return self.directory / "server.json"

    @property
    def start_lock(self) -> Path:
        """Held by whoever starts or stops the server."""
        return self.directory / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Shared by all processes that use the server."""
        return self.directory / "users.lock"


_DISK_FULL = (
    "The disk that holds {directory} is full: make room (the database server needs about 400 MB to start), "
    "or name a data directory on another disk with ROUNDSMAN_DATA_DIR."
)
# What the server prints, what it means, and what to do; the first that fits is told.
_FAILURES: tuple[tuple[str, type[ServerDoesNotStart], str], ...] = (
    (
        r"error while loading shared libraries: ([^:\s]+)",
        ServerDoesNotStart,
        (
            "The MongoDB server {binary} needs the system library {match}, which is not installed: install it "
            '(libcurl: "apt-get install libcurl4"; libcrypto and libssl: OpenSSL 3), or set ROUNDSMAN_MONGODB_URI.'
        ),
    ),
    (r"No space left on device", ServerDoesNotStart, _DISK_FULL),
    (
        r"Address already in use",
        PortTaken,
        "Other programs take every port that Roundsman tries for its database server.",
    ),
    (r"DBPathInUse", DataFilesTaken, "Another MongoDB server has {directory} open: end it first."),
    (
        r"IncompatibleFeatureCompatibilityVersion|UPGRADE PROBLEM|Invalid featureCompatibilityVersion",
        ServerDoesNotStart,
        "The data in {directory} was written by another version of MongoDB than {binary}: use that version again.",
    ),
    (
        r"Permission denied|Operation not permitted",
        ServerDoesNotStart,
        "The MongoDB server may not use {directory} (permission denied): give the folder to the user who runs Roundsman.",
    ),
)
_ILLEGAL_INSTRUCTION = frozenset({-4, 132})


def find_mongod() -> Path:
    """Find the server program: `mongod` on the PATH, else the one in the wheel of the extra `embedded`.

    Raises NoServerFound.
    """
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path)
    package = importlib.util.find_spec("fiftyone")
    for place in (package.submodule_search_locations if package else None) or ():
        bundled = Path(place, "db", "bin", "mongod")
        if os.access(bundled, os.X_OK):
            return bundled
    raise NoServerFound(
        "There is no MongoDB: set ROUNDSMAN_MONGODB_URI to one that runs, or install MongoDB 7 or newer so that mongod is "
        "on the PATH, or (for trying out, on Linux x86-64) \"pip install 'roundsman[embedded]'\"."
    )


def replica_command(binary: Path, files: ServerFiles, *, port: int, cache_gb: float) -> list[str]:
    """The command that serves Roundsman: a replica set of one, with a modest cache.

    A process that is killed leaves its transaction open, and whoever writes to the same documents waits for its end.
    """
    return [
        *_command(binary, files, port=port),
        *("--replSet", REPLICA_SET, "--oplogSize", str(_OPLOG_MB), "--wiredTigerCacheSizeGB", str(cache_gb)),
        *("--setParameter", f"transactionLifetimeLimitSeconds={_TRANSACTION_SECONDS}"),
    ]


def maintenance_command(binary: Path, files: ServerFiles, *, port: int) -> list[str]:
    """The command that serves a correction of the replica set's own configuration, outside of any replica set."""
    return [*_command(binary, files, port=port), "--wiredTigerCacheSizeGB", "0.25"]


def _command(binary: Path, files: ServerFiles, *, port: int) -> list[str]:
    """Open the loopback address only, and no socket in /tmp.

    `--fork` leaves no child of this process behind. The exception that lets anybody on this machine make the first
    user is off, and so are diagnostics that cost time and space.
    """
    return [
        *(str(binary), "--fork", "--quiet", "--bind_ip", "127.0.0.1", "--port", str(port), "--nounixsocket"),
        *("--dbpath", str(files.data), "--logpath", str(files.log), "--keyFile", str(files.key_file)),
        *("--setParameter", "enableLocalhostAuthBypass=false"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    ]


def start_mongod(command: list[str], files: ServerFiles) -> None:
    """Start the server in the background and return when it listens; this blocks.

    It gets a session of its own, so that Ctrl-C in the terminal reaches Roundsman alone. Raises ServerDoesNotStart.
    """
    with data_directory_errors(files.directory):
        files.data.mkdir(mode=0o700, exist_ok=True)
        if files.log.exists():
            files.log.replace(files.log.with_suffix(".log.1"))
    try:
        outcome = subprocess.run(  # noqa: S603  # the program was found by find_mongod and no shell is involved
            command,
            check=False,
            capture_output=True,
            errors="replace",
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            timeout=_START_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise ServerDoesNotStart(
            f"The MongoDB server did not answer for {_START_SECONDS} seconds: {files.log} may say why."
        ) from error
    except OSError as error:
        raise ServerDoesNotStart(f"The MongoDB server {command[0]} cannot be run ({error.strerror}).") from error
    if outcome.returncode != 0:
        raise _failure(outcome.stdout + outcome.stderr + _tail(files.log), outcome.returncode, command[0], files)


def require_room(files: ServerFiles) -> None:
    """Refuse to start on a disk that is nearly full: a server that runs out of room in the middle helps nobody.

    The first start writes journal files of 200 MB; later ones need room for what comes. Raises ServerDoesNotStart.
    """
    needed = _ROOM_BYTES if files.data.exists() else _ROOM_OF_FIRST_START_BYTES
    with data_directory_errors(files.directory):
        if shutil.disk_usage(files.directory).free < needed:
            raise ServerDoesNotStart(_DISK_FULL.format(directory=files.directory))


def find_complaint(files: ServerFiles) -> ServerDoesNotStart | None:
    """Find in the log of a server why it does not do its work."""
    return _known_failure(_tail(files.log), "mongod", files)


def why_it_ended(files: ServerFiles) -> ServerEnded:
    """Say what the log tells of a server that ended while it was used."""
    known = find_complaint(files)
    return ServerEnded(known.message if known else f"The MongoDB server has ended unasked: {files.log} may say why.")


def _tail(log: Path) -> str:
    try:
        return log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace")
    except OSError:
        return ""


def _failure(printed: str, returncode: int, binary: str, files: ServerFiles) -> ServerDoesNotStart:
    if returncode in _ILLEGAL_INSTRUCTION:
        return ServerDoesNotStart(
            f"This processor cannot run {binary} (MongoDB 5 and newer need AVX): set ROUNDSMAN_MONGODB_URI to another one."
        )
    return _known_failure(printed, binary, files) or ServerDoesNotStart(
        f"The MongoDB server {binary} ended with exit code {returncode}: {files.log} may say why."
    )


def _known_failure(printed: str, binary: str, files: ServerFiles) -> ServerDoesNotStart | None:
    for pattern, kind, message in _FAILURES:
        found = re.search(pattern, printed)
        if found:
            match = found.group(found.lastindex or 0)
            return kind(message.format(binary=binary, directory=files.directory, match=match))
    return None
