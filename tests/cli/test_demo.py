"""`roundsman demo`: from nothing to a proved business on a server of its own, whatever interrupts it."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from roundsman.database.embedded import stop_server
from tests.cli.test_serve import answer_once_it_listens, free_port
from tests.commands import RoundsmanCommand

pytestmark = pytest.mark.whole

DEMO = ("demo", "--no-serve", "--scale", "0.05")
SHOWN_ONCE = "Admin sign-in, shown this once"


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[RoundsmanCommand]:
    """The command where there is nothing yet, neither a database nor settings."""
    data = tmp_path / "data"
    yield RoundsmanCommand(tmp_path, {"ROUNDSMAN_DATA_DIR": str(data)})
    if data.exists():
        await stop_server(data, even_if_used=True)


def test_a_demo_is_imported_proved_and_told_its_admin_once(demo: RoundsmanCommand) -> None:
    first = demo(*DEMO)

    assert first.returncode == 0, first.stderr
    assert "\nlost 0\n" in first.stdout
    assert "FAIL" not in first.stdout
    assert first.stdout.count(SHOWN_ONCE) == 1

    second = demo(*DEMO)

    assert second.returncode == 0, second.stderr
    assert "is here already" in second.stdout
    assert SHOWN_ONCE not in second.stdout
    assert "Importing" not in second.stdout


@pytest.mark.parametrize("step", ["Making", "Deciding", "Importing"])
async def test_a_demo_that_is_killed_goes_on(demo: RoundsmanCommand, step: str) -> None:
    unbuffered = demo.with_settings(PYTHONUNBUFFERED="1")
    with unbuffered.start(*DEMO) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(step):
                break
        process.kill()
        rest = await asyncio.to_thread(process.stdout.read)
    assert process.returncode == -signal.SIGKILL, rest

    again = demo(*DEMO)

    assert again.returncode == 0, again.stderr
    assert "\nlost 0\n" in again.stdout
    assert again.stdout.count(SHOWN_ONCE) == 1


def test_a_demo_serves_until_ctrl_c_which_ends_all_it_started(demo: RoundsmanCommand, tmp_path: Path) -> None:
    port = free_port()
    serving = demo.with_settings(PYTHONUNBUFFERED="1", ROUNDSMAN_PORT=port)

    first = _serve_until_ctrl_c(serving, port)
    second = _serve_until_ctrl_c(serving, port)

    (shown,) = re.findall(rf"{SHOWN_ONCE}: (\S+) with the password (\S+)", first.said)
    assert first.page.status_code == second.page.status_code == 200
    assert SHOWN_ONCE not in second.said
    assert "Traceback" not in first.said + second.said
    assert _processes_of(tmp_path) == []
    with serving.start("demo") as again:
        answer_once_it_listens(again, f"http://127.0.0.1:{port}/")
        credentials = {"identifier": shown[0], "password": shown[1]}
        signed_in = httpx.post(f"http://127.0.0.1:{port}/api/v1/auth/login", json=credentials, timeout=60)
        again.send_signal(signal.SIGINT)
    assert signed_in.status_code == 200


@dataclass(frozen=True, slots=True)
class Served:
    """The first page of a demo that served, and all it said."""

    page: httpx.Response
    said: str


def _serve_until_ctrl_c(serving: RoundsmanCommand, port: str) -> Served:
    with serving.start("demo", "--scale", "0.05") as process:
        try:
            page = answer_once_it_listens(process, f"http://127.0.0.1:{port}/")
            process.send_signal(signal.SIGINT)
            said = "".join(process.communicate(timeout=60))
        finally:
            process.kill()
    assert process.returncode == 130, said
    return Served(page, said)


def _processes_of(folder: Path) -> list[str]:
    """List the commands of the processes that were started with something in the folder."""
    commands = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        # Others end meanwhile.
        with suppress(FileNotFoundError, ProcessLookupError):
            commands.append(process.read_bytes())
    return [command.decode() for command in commands if str(folder).encode() in command]
