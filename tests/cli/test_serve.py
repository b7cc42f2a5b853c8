import re
import signal
import subprocess
import time

import httpx
import pytest

from tests import servers
from tests.commands import RoundsmanCommand


def free_port() -> str:
    return str(servers.free_port())


def answer_once_it_listens(server: subprocess.Popen[str], url: str) -> httpx.Response:
    """Ask until somebody answers, as long as the server lives."""
    with httpx.Client(timeout=60) as client:
        while server.poll() is None:
            try:
                return client.get(url)
            except httpx.TransportError:
                time.sleep(0.1)
    pytest.fail("the server ended before it answered")


@pytest.mark.parametrize(
    ("workers", "number"), [(1, signal.SIGTERM), (1, signal.SIGINT), (2, signal.SIGTERM), (2, signal.SIGINT)]
)
def test_serve_answers_until_it_is_told_to_end(
    roundsman: RoundsmanCommand, workers: int, number: signal.Signals
) -> None:
    port = free_port()
    with roundsman.start("serve", "--port", port, "--workers", str(workers)) as server:
        try:
            page = answer_once_it_listens(server, f"http://127.0.0.1:{port}/")
            ready = httpx.get(f"http://127.0.0.1:{port}/api/v1/health/ready", timeout=60)
            server.send_signal(number)
            output, errors = server.communicate(timeout=60)
        finally:
            server.kill()

    assert server.returncode == 0, errors
    assert page.status_code == 200
    assert "server" not in page.headers
    assert ready.json() == {"status": "ready"}
    assert f"http://127.0.0.1:{port}/" in output
    assert not re.search("Traceback|GET /", output + errors)


def test_without_a_database_serve_says_so_in_one_sentence(roundsman: RoundsmanCommand) -> None:
    away = roundsman.with_settings(ROUNDSMAN_MONGODB_URI="mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=300")
    ended = away("serve", "--port", free_port())
    assert ended.returncode == 3
    assert "No MongoDB answers at 127.0.0.1:9" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("keys", "said"),
    [("00" * 40, "not random"), ("abcd", "2 bytes instead of 40"), ("secret", "80 hexadecimal digits")],
)
def test_a_signing_key_that_somebody_thought_of_starts_nothing(
    roundsman: RoundsmanCommand, keys: str, said: str
) -> None:
    ended = roundsman.with_settings(ROUNDSMAN_SIGNING_KEYS=keys)("serve", "--port", free_port())
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
