"""A command beside the server that is told to end: it ends in order, however much it still has to say."""

import asyncio
import sys
import time
from pathlib import Path

import pytest

from roundsman.console.child import run_child

_SAYS_MUCH_WHEN_IT_ENDS = """#!/bin/sh
trap 'head -c 1000000 /dev/zero; touch "$0.ended"; exit 0' TERM
touch "$0.begun"
while :; do sleep 0.05; done
"""


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def test_a_command_that_is_broken_off_says_all_and_ends_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / "command"
    command.write_text(_SAYS_MUCH_WHEN_IT_ENDS)
    command.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(command))
    running = asyncio.create_task(run_child([]))
    await asyncio.to_thread(wait_for, Path(f"{command}.begun"))
    running.cancel()
    await asyncio.wait({running}, timeout=60)
    assert running.cancelled()
    await asyncio.to_thread(wait_for, Path(f"{command}.ended"))
