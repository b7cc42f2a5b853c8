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
_LOG_TAIL_BYTES = 100_000


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
    (
        r"No space left on device",
        ServerDoesNotStart,
        (
            "The disk that holds {directory} is full: make room (the database server needs about 400 MB to start), "
            "or name a data directory on another disk with ROUNDSMAN_DATA_DIR."
        ),
    ),
    (r"Address already in use", PortTaken, "Port {port} is taken by another program."),
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


def start_mongod(binary: Path, files: ServerFiles, *, port: int, cache_gb: float) -> None:
    """Start the server in the background and return when it answers on the port; this blocks.

    It gets a session of its own, so that Ctrl-C in the terminal reaches Roundsman alone, and `--fork` leaves no child
    of this process behind. Only the loopback address and no socket in /tmp are opened, and the exception that lets
    anybody on this machine make the first user is off. Raises ServerDoesNotStart.
    """
    with data_directory_errors(files.directory):
        files.data.mkdir(mode=0o700, exist_ok=True)
        if files.log.exists():
            files.log.replace(files.log.with_suffix(".log.1"))
    try:
        outcome = subprocess.run(  # noqa: S603  # the program was found by find_mongod and no shell is involved
            _command(binary, files, port=port, cache_gb=cache_gb),
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
        raise ServerDoesNotStart(f"The MongoDB server {binary} cannot be run ({error.strerror}).") from error
    if outcome.returncode != 0:
        printed = outcome.stdout + outcome.stderr + _tail(files.log)
        raise _failure(printed, outcome.returncode, binary=binary, files=files, port=port)


def _command(binary: Path, files: ServerFiles, *, port: int, cache_gb: float) -> list[str]:
    return [
        *(str(binary), "--fork", "--quiet", "--replSet", REPLICA_SET),
        *("--bind_ip", "127.0.0.1", "--port", str(port), "--nounixsocket"),
        *("--dbpath", str(files.data), "--logpath", str(files.log), "--keyFile", str(files.key_file)),
        *("--wiredTigerCacheSizeGB", str(cache_gb), "--oplogSize", str(_OPLOG_MB)),
        *("--setParameter", "enableLocalhostAuthBypass=false"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    ]


def _tail(log: Path) -> str:
    try:
        return log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace")
    except OSError:
        return ""


def _failure(printed: str, returncode: int, *, binary: Path, files: ServerFiles, port: int) -> ServerDoesNotStart:
    if returncode in _ILLEGAL_INSTRUCTION:
        return ServerDoesNotStart(
            f"This processor cannot run {binary} (MongoDB 5 and newer need AVX): set ROUNDSMAN_MONGODB_URI to another one."
        )
    for pattern, kind, message in _FAILURES:
        found = re.search(pattern, printed)
        if found:
            match = found.group(found.lastindex or 0)
            return kind(message.format(binary=binary, directory=files.directory, port=port, match=match))
    return ServerDoesNotStart(
        f"The MongoDB server {binary} ended with exit code {returncode}: {files.log} may say why."
    )
