"""docs/api.md is what the program says of itself, and each of its requests does something on a real server."""

import asyncio
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.cli.api import api_page
from roundsman.database.transaction import Tx
from roundsman.web.examples import curl_of
from tests.builders import a_user
from tests.commands import RoundsmanCommand
from tests.http.people import PASSWORD, settle
from tests.servers import free_port

pytestmark = pytest.mark.whole

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
WITHIN_SECONDS = 60


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text("utf-8") == api_page(create_app().openapi()) + "\n", "run: make docs"


async def test_every_request_of_the_page_is_answered_as_the_page_says(roundsman: RoundsmanCommand, tx: Tx) -> None:
    """Each as an admin of its own, so that none undoes what the next one needs."""
    url = f"http://127.0.0.1:{free_port()}"
    with roundsman.start("serve", "--port", url.rpartition(":")[2]) as server:
        try:
            await asyncio.to_thread(_wait_for, url)
            document = create_app().openapi()
            wrong = []
            for number, (path, method, operation) in enumerate(_operations(document)):
                token = await _an_admin(tx, url, number) if operation.get("security") != [] else ""
                status = await asyncio.to_thread(_run, curl_of(document, path, method, operation), url, token)
                if status not in operation["responses"]:
                    wrong.append((method, path, status))
        finally:
            server.kill()
            server.communicate()
    assert wrong == []


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, operations in sorted(document["paths"].items())
        for method, operation in operations.items()
    ]


async def _an_admin(tx: Tx, url: str, number: int) -> str:
    phone = f"+9198200{20_000 + number}"
    await settle(tx, a_user(roles=(Role.ADMIN,)), phone=phone)
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        answer = await client.post("/api/v1/auth/login", json={"identifier": phone, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def _run(curl: str, url: str, token: str) -> str:
    """Run the line of the page in a shell; give the status of the answer."""
    environment = {**os.environ, "ROUNDSMAN": url, "TOKEN": token}
    line = f"{curl} -o /dev/null -w '%{{http_code}}'"
    done = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True, check=True)  # noqa: S607 - the shell of the reader
    return done.stdout


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    with httpx.Client() as client:
        while time.monotonic() < deadline:
            try:
                client.get(f"{url}/api/v1/health")
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return
