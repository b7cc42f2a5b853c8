"""Helper processes and what may happen to them: signals for the whole group, a parent that dies, a helper that dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# It counts to twenty with a helper, and goes on when it is told to end, as applying does until the next border.
_LEADER = """
import asyncio, signal, sys, time
from roundsman.errors import RoundsmanError
from roundsman.migration.crew import Crew

async def pieces():
    for number in range(int(sys.argv[1])):
        yield 0.1

async def lead():
    async with Crew(1) as crew:
        return [piece async for piece, _ in crew.in_order(time.sleep, pieces())]

for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: None)
print("begins", flush=True)
try:
    print(len(asyncio.run(lead())))
except RoundsmanError as error:
    print(error.message)
"""


@contextmanager
def leader(pieces: int = 20) -> Iterator["subprocess.Popen[str]"]:
    """A process in a group of its own, and its helper; killed on leaving."""
    command = [sys.executable, "-c", _LEADER, str(pieces)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        try:
            yield process
        finally:
            if _group(process.pid):
                os.killpg(process.pid, signal.SIGKILL)


def _group(leader: int) -> list[int]:
    """The living processes of a group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group, *_ = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(group) == leader and state != "Z":
            found.append(int(stat.parent.name))
    return found


def _helper(leader: int) -> int:
    """The helper, as soon as there is one."""
    while not (others := [one for one in _group(leader) if one != leader]):
        time.sleep(0.002)
    return others[0]


def _ended(leader: int) -> None:
    while _group(leader):
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after", [0.0, 0.05, 0.1, 0.2, 0.4, 0.8])
def test_a_signal_for_the_whole_group_is_the_leaders_business_at_any_instant(number: int, after: float) -> None:
    with leader() as process:
        _helper(process.pid)
        time.sleep(after)
        os.killpg(process.pid, number)
        output, errors = process.communicate()

        assert output == "20\n", errors
        assert "Traceback" not in errors
        _ended(process.pid)


def test_a_helper_does_not_outlive_its_leader() -> None:
    with leader() as process:
        _helper(process.pid)
        time.sleep(0.5)
        process.kill()
        process.communicate()

        _ended(process.pid)


@pytest.mark.parametrize("after", [0.0, 0.1, 0.8])
def test_a_helper_that_dies_is_told_in_one_sentence(after: float) -> None:
    with leader(pieces=1_000) as process:
        helper = _helper(process.pid)
        time.sleep(after)
        os.kill(helper, signal.SIGKILL)
        output, errors = process.communicate()

        assert "helper process" in output, errors
        assert "Traceback" not in errors
