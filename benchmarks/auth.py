"""How fast people sign in and ask who they are, as ratios to what this machine can do at all in the same run.

    python benchmarks/auth.py [--users 10000 1000000] [--seconds 5]

Sign-ins are compared with bare argon2id in as many threads as the server hashes in; `GET /auth/me` with a bare FastAPI route,
once with the session read for every request and once trusted for two seconds. The same client asks both.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from roundsman.access.roles import Role
from roundsman.auth.credential_storage import insert_credentials
from roundsman.auth.credentials import Credential, CredentialOrigin
from roundsman.auth.passwords import hash_password, verify
from roundsman.clock import utc_now
from roundsman.database.transaction import Tx
from roundsman.identity.identifiers import phone_key
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.users import Identifier
from roundsman.runtime import open_runtime
from roundsman.settings import Settings
from tests.builders import a_user
from tests.servers import free_port

_PASSWORD: Final = "three cows and a bicycle"  # noqa: S105 - of invented people
_ASKERS: Final = 16
_THREADS: Final = 2
_BATCH: Final = 10_000
_BARE: Final = """
import sys, uvicorn
from fastapi import FastAPI
app = FastAPI()
@app.get("/bare")
async def bare() -> dict[str, str]:
    return {"status": "ok"}
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning")
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """How long each request took, and how long all of them together."""

    seconds: list[float]
    elapsed: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.seconds) / self.elapsed

    def line(self, name: str, base: float) -> str:
        """A line of the table."""
        ordered = sorted(self.seconds)
        middle, slow = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        share = f"{self.rate / base:6.0%}" if base else ""
        return f"  {name:34}{self.rate:9,.1f}{middle * 1000:9.1f}{slow * 1000:9.1f}  {share}"


class Connection:
    """One connection that is kept open."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> "Connection":
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def ask(self, method: str, path: str, *, token: str = "", body: object = None) -> bytes:
        """Ask, and give the body of a good answer."""
        content = json.dumps(body).encode() if body else b""
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(content)}"]
        lines += ["Content-Type: application/json"] if body else []
        lines += [f"Authorization: Bearer {token}"] if token else []
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + content)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        answer = await self._reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
        if not head.startswith("http/1.1 200"):
            raise RuntimeError(head + answer.decode())
        return answer

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def _ask_for(seconds: float, port: int, ask: Callable[[Connection], Awaitable[object]]) -> Asked:
    connections = [await Connection(port).open() for _ in range(_ASKERS)]
    taken: list[float] = []
    begun = time.perf_counter()

    async def go_on(connection: Connection) -> None:
        while (now := time.perf_counter()) - begun < seconds:
            await ask(connection)
            taken.append(time.perf_counter() - now)

    await asyncio.gather(*map(go_on, connections))
    elapsed = time.perf_counter() - begun
    for connection in connections:
        connection.close()
    return Asked(taken, elapsed)


def _bare_hashing(seconds: float) -> float:
    """Verify as often as this machine can in as many threads as the server uses; gives how often a second."""
    stored = hash_password(_PASSWORD)
    begun = time.perf_counter()

    def go_on() -> int:
        return sum(1 for _ in iter(lambda: verify(_PASSWORD, stored) and time.perf_counter() - begun < seconds, False))

    with ThreadPoolExecutor(_THREADS) as threads:
        done = [threads.submit(go_on) for _ in range(_THREADS)]
        return sum(one.result() for one in done) / seconds


async def _settle(tx: Tx, users: int) -> list[str]:
    """Store so many customers with phone and password; gives some of their phones."""
    stored, now = hash_password(_PASSWORD), utc_now()
    phones = [f"+91{6_000_000_000 + number}" for number in range(users)]
    for start in range(0, users, _BATCH):
        some = [a_user(roles=(Role.CUSTOMER,)) for _ in phones[start : start + _BATCH]]
        pairs = list(zip(phones[start : start + _BATCH], some, strict=True))
        await insert_users(tx, some)
        await insert_identifiers(tx, [Identifier(phone_key(phone), (user.id,)) for phone, user in pairs])
        await insert_credentials(tx, [Credential(user.id, stored, CredentialOrigin.OWN, now) for user in some])
    return phones[:: max(1, users // 1000)]


@contextmanager
def _process(*command: str, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, *command], env={**os.environ, **settings}) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


async def _until_it_answers(port: int, path: str) -> None:
    while True:
        try:
            connection = await Connection(port).open()
        except OSError:
            await asyncio.sleep(0.1)
        else:
            await connection.ask("GET", path)
            connection.close()
            return


def _peak_megabytes(process: "subprocess.Popen[bytes]") -> float:
    status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def _measure(users: int, seconds: float, folder: Path) -> None:
    settings = Settings(data_dir=folder, database_cache_gb=1.0)
    async with open_runtime(settings) as runtime:
        phones = await _settle(runtime.tx, users)
        print(f"{users:,} users; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        print(f"  {'':34}{'a second':>9}{'p50 ms':>9}{'p99 ms':>9}  share")
        bare = await _bare_route(seconds)
        print(bare.line("bare FastAPI route", 0))
        for trusted in ("0", "2"):
            await _measure_server(folder, phones, seconds, trusted, bare.rate)


async def _bare_route(seconds: float) -> Asked:
    port = free_port()
    with _process("-c", _BARE, str(port)):
        await _until_it_answers(port, "/bare")
        return await _ask_for(seconds, port, lambda connection: connection.ask("GET", "/bare"))


async def _measure_server(folder: Path, phones: Sequence[str], seconds: float, trusted: str, bare: float) -> None:
    port = free_port()
    settings = {"ROUNDSMAN_DATA_DIR": str(folder), "ROUNDSMAN_SESSION_TRUST_SECONDS": trusted}
    turn, tokens = count(), []

    async def log_in(connection: Connection) -> None:
        body = {"identifier": phones[next(turn) % len(phones)], "password": _PASSWORD}
        tokens.append(json.loads(await connection.ask("POST", "/api/v1/auth/login", body=body))["access_token"])

    async def me(connection: Connection) -> None:
        await connection.ask("GET", "/api/v1/auth/me", token=tokens[next(turn) % min(len(tokens), 50)])

    with _process("-m", "roundsman", "serve", "--port", str(port), **settings) as server:
        await _until_it_answers(port, "/api/v1/health")
        hashing = await asyncio.to_thread(_bare_hashing, seconds)
        print(f"  {'bare argon2id, ' + str(_THREADS) + ' threads':34}{hashing:9,.1f}")
        print((await _ask_for(seconds, port, log_in)).line("sign-ins", hashing))
        asked = await _ask_for(seconds, port, me)
        print(asked.line(f"GET /auth/me, trusted for {trusted} s", bare))
        print(f"  {'memory of the process, peak':34}{_peak_megabytes(server):9,.0f} MB")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[10_000])
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    for users in given.users:
        with tempfile.TemporaryDirectory(prefix="roundsman-bench-") as folder:
            asyncio.run(_measure(users, given.seconds, Path(folder)))
    print(f"command: python benchmarks/{Path(__file__).name} --users {' '.join(map(str, given.users))}")


if __name__ == "__main__":
    main()
