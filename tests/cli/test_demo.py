"""`roundsman demo`: from nothing to a proved business on a server of its own, whatever interrupts it."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roundsman.database.embedded import stop_server
from tests.commands import RoundsmanCommand

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
