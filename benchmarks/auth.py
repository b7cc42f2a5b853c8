"""How fast people sign in and ask who they are, as ratios to what this machine can do at all in the same run.

    python benchmarks/auth.py [--users 10000 1000000 1000000 10000] [--seconds 4]

Sign-ins are compared with bare argon2id in as many threads as the server hashes in; `GET /auth/me` with a bare FastAPI route,
once with the session read for every request and once trusted for two seconds. The same client asks both. Beside the rates
stands what the server and its database computed for one request, which depends less on what else the machine does. A machine
that has worked for a minute computes slower, so sizes are compared there and back: what is measured last does not pay alone.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

from asking import Asked, Connection, NothingLeft, ask_for, peak_megabytes, until_it_answers

from roundsman.access.roles import Role
from roundsman.auth.challenges import Challenge, issue
from roundsman.auth.credential_storage import insert_credentials
from roundsman.auth.credentials import Credential, CredentialOrigin
from roundsman.auth.otp import Purpose
from roundsman.auth.passwords import hash_password, verify
from roundsman.clock import utc_now
from roundsman.database.transaction import Tx
from roundsman.identity.identifiers import phone_key
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.users import Identifier
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from tests.builders import a_user
from tests.servers import free_port

_PASSWORD: Final = "three cows and a bicycle"  # noqa: S105 - of invented people
_CODE: Final = "482915"
_FIRST_PHONE: Final = 6_000_000_000
_FIRST_NEW_PHONE: Final = 9_820_431_000
_NEW_PEOPLE: Final = 600
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

Row = tuple[str, Asked]


@dataclass(frozen=True, slots=True)
class Base:
    """What the machine can do at all: hashes a second, what each computes, and how a bare route answers."""

    hashes: float
    hash_microseconds: float
    route: Asked

    def share(self, name: str, asked: Asked) -> str:
        """What part of it was reached."""
        if name == "sign-ins by password":
            return f"{asked.rate / self.hashes:6.0%}"
        return f"{asked.rate / self.route.rate:6.0%}" if name.startswith("GET") else ""


class Clients:
    """What the clients of one server ask; what it answers is what they ask with next."""

    def __init__(self, phones: Sequence[str]) -> None:
        self._phones, self._turn = phones, count()
        self._new = iter([f"+91{_FIRST_NEW_PHONE + number}" for number in range(_NEW_PEOPLE)])
        self._access: list[str] = []
        self._refresh: deque[str] = deque()
        self._proofs: deque[str] = deque()

    async def sign_in(self, connection: Connection) -> None:
        """One of the people there are signs in by password."""
        body = {"identifier": self._phones[next(self._turn) % len(self._phones)], "password": _PASSWORD}
        self._keep(await self._post(connection, "login", body))

    async def me(self, connection: Connection) -> None:
        """One of fifty asks who he is."""
        token = self._access[next(self._turn) % min(len(self._access), 50)]
        await connection.ask("GET", "/api/v1/auth/me", token=token)

    async def refresh(self, connection: Connection) -> None:
        """Somebody goes on with the token that he was given last."""
        answer = await self._post(connection, "refresh", {"refresh_token": self._refresh.popleft()})
        self._refresh.append(answer["refresh_token"])

    async def verify(self, connection: Connection) -> None:
        """Somebody proves a new phone by the code that was sent to it."""
        body = {"contact": _next(self._new), "code": _CODE, "purpose": "register"}
        self._proofs.append((await self._post(connection, "otp/verify", body))["proof"])

    async def register(self, connection: Connection) -> None:
        """Somebody registers with the phone that he has proved."""
        if not self._proofs:
            raise NothingLeft
        await self._post(connection, "register", {"proof": self._proofs.popleft(), "name": "Asha Patil"})

    def _keep(self, answer: dict[str, Any]) -> None:
        self._access.append(answer["access_token"])
        self._refresh.append(answer["refresh_token"])

    async def _post(self, connection: Connection, route: str, body: object) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(await connection.ask("POST", f"/api/v1/auth/{route}", body=body))
        return answer


def _next(items: Iterator[str]) -> str:
    item = next(items, None)
    if item is None:
        raise NothingLeft
    return item


def _bare_hashing(seconds: float) -> tuple[float, float]:
    """Verify as often as this machine can in as many threads as the server uses; how often a second, and for how much."""
    stored = hash_password(_PASSWORD)
    begun, before = time.perf_counter(), time.process_time()

    def go_on() -> int:
        return sum(1 for _ in iter(lambda: verify(_PASSWORD, stored) and time.perf_counter() - begun < seconds, False))

    with ThreadPoolExecutor(_THREADS) as threads:
        done = [threads.submit(go_on) for _ in range(_THREADS)]
        times = sum(one.result() for one in done)
        return times / seconds, 1e6 * (time.process_time() - before) / times


async def _settle(tx: Tx, users: int) -> list[str]:
    """Store so many customers with phone and password; gives some of their phones."""
    stored, now = hash_password(_PASSWORD), utc_now()
    phones = [f"+91{_FIRST_PHONE + number}" for number in range(users)]
    for start in range(0, users, _BATCH):
        some = [a_user(roles=(Role.CUSTOMER,)) for _ in phones[start : start + _BATCH]]
        pairs = zip(phones[start : start + _BATCH], some, strict=True)
        await asyncio.gather(
            insert_users(tx, some),
            insert_identifiers(tx, [Identifier(phone_key(phone), (user.id,)) for phone, user in pairs]),
            insert_credentials(tx, [Credential(user.id, stored, CredentialOrigin.OWN, now) for user in some]),
        )
    return phones[:: max(1, users // 1000)]


async def _send_codes(runtime: Runtime) -> None:
    """Let one code count for each new phone, as if it had been asked for: how often one may ask is not the question."""
    by = runtime.proving
    for number in range(_NEW_PEOPLE):
        key = phone_key(f"+91{_FIRST_NEW_PHONE + number}")
        challenge = Challenge(key, Purpose.REGISTER, by.digest(key, Purpose.REGISTER, _CODE))
        await issue(runtime.tx, challenge, by.policy, now=runtime.clock())


@contextmanager
def _process(*command: str, **settings: str) -> Iterator[int]:
    with subprocess.Popen([sys.executable, *command], env={**os.environ, **settings}) as process:
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait()


async def _bare_route(seconds: float) -> Asked:
    port = free_port()
    with _process("-c", _BARE, str(port)) as bare:
        await until_it_answers(port, "/bare")
        return await ask_for(seconds, port, lambda connection: connection.ask("GET", "/bare"), processes=[bare])


async def _measure_server(folder: Path, clients: Clients, seconds: float, *, trusted: int) -> list[Row]:
    """Let people sign in, and ask who they are; where that is trusted, everything else too."""
    port, database = free_port(), int((folder / "database" / "data" / "mongod.lock").read_text("utf-8"))
    settings = {"ROUNDSMAN_DATA_DIR": str(folder), "ROUNDSMAN_SESSION_TRUST_SECONDS": str(trusted)}
    asked = [("sign-ins by password", clients.sign_in), (f"GET /auth/me, trusted for {trusted} s", clients.me)]
    if trusted:
        asked += [
            ("refreshes", clients.refresh),
            ("codes verified", clients.verify),
            ("registrations", clients.register),
        ]
    with _process("-m", "roundsman", "serve", "--port", str(port), **settings) as server:
        await until_it_answers(port, "/api/v1/health")
        rows = [(name, await ask_for(seconds, port, ask, processes=[server, database])) for name, ask in asked]
        print(f"  memory of the process, peak, trusting for {trusted} s: {peak_megabytes(server):,.0f} MB")
        return rows


async def _measure(users: int, seconds: float, folder: Path) -> dict[str, Asked]:
    async with open_runtime(Settings(data_dir=folder, database_cache_gb=1.0)) as runtime:
        phones = await _settle(runtime.tx, users)
        await _send_codes(runtime)
        # What was loaded is on the disk before anything is measured.
        await runtime.client.admin.command("fsync")
        print(f"{users:,} users; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        base = Base(*await asyncio.to_thread(_bare_hashing, seconds), await _bare_route(seconds))
        clients = Clients(phones)
        rows = [row for trusted in (0, 2) for row in await _measure_server(folder, clients, seconds, trusted=trusted)]
    _print_table(base, rows)
    return dict(rows)


def _print_table(base: Base, rows: Sequence[Row]) -> None:
    print(f"  {'':34}{'a second':>9}{'p50 ms':>8}{'p99 ms':>8}{'server us':>11}{'database us':>13}  share")
    print(f"  {f'bare argon2id, {_THREADS} threads':34}{base.hashes:9,.1f}{'':16}{base.hash_microseconds:11,.0f}")
    for name, asked in [("bare FastAPI route", base.route), *rows]:
        taken = f"{asked.quantile_ms(0.5):8.1f}{asked.quantile_ms(0.99):8.1f}"
        costs = "".join(f"{cost:{width},.0f}" for cost, width in zip(asked.microseconds, (11, 13), strict=False))
        share = "" if asked is base.route else base.share(name, asked)
        print(f"  {name:34}{asked.rate:9,.1f}{taken}{costs:24}  {share}")


def _compare(sizes: dict[int, list[dict[str, Asked]]]) -> None:
    """Print how much more a request costs with the most users than with the fewest, each as the mean of its turns."""
    fewest, most = sizes[min(sizes)], sizes[max(sizes)]
    print(f"with {max(sizes):,} users instead of {min(sizes):,} a request computes, in the server and in its database:")
    for name in most[0]:
        costs = zip(_mean_microseconds(most, name), _mean_microseconds(fewest, name), strict=True)
        print(f"  {name:34}{''.join(f'{many / few:9.2f}' for many, few in costs)} times as much")


def _mean_microseconds(turns: Sequence[dict[str, Asked]], name: str) -> list[float]:
    return [sum(costs) / len(turns) for costs in zip(*(turn[name].microseconds for turn in turns), strict=True)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[10_000])
    parser.add_argument("--seconds", type=float, default=4.0)
    given = parser.parse_args()
    sizes: dict[int, list[dict[str, Asked]]] = {}
    for users in given.users:
        with tempfile.TemporaryDirectory(prefix="roundsman-bench-") as folder:
            sizes.setdefault(users, []).append(asyncio.run(_measure(users, given.seconds, Path(folder))))
    if len(sizes) > 1:
        _compare(sizes)
    print(f"command: python benchmarks/{Path(__file__).name} --users {' '.join(map(str, given.users))}")


if __name__ == "__main__":
    main()
