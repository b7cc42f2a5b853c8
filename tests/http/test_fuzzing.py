"""The whole interface against its own description: whatever is sent, it answers as it says that it does."""

import asyncio
import json
import os
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime
from roundsman.web import pacing
from tests.depth import IS_PROOF, depth
from tests.http.crowd import gather_crowd
from tests.http.serving import answering, listening

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]
ADMINS = depth(test=150, proof=5_000)
EXAMPLES = depth(test=2, proof=100)
PHASES = "examples,coverage,fuzzing,stateful" if IS_PROOF else "fuzzing,stateful"
OPTIONS = (
    *("--checks", "all", "--continue-on-failure", "--seed", "1"),
    *("--request-timeout", "60"),
    *("--phases", PHASES, "--max-examples", str(EXAMPLES)),
)
# Of a request that fits its description and is refused all the same, a check of our own tells whether it may be.
NOT_CHECKED = ("--exclude-checks", "positive_data_acceptance")
UNLIMITED = {
    "trusted_proxies": "127.0.0.1",
    "otp_budget_hour": 1_000_000,
    "otp_per_contact_hour": 1_000_000,
    "otp_per_contact_day": 1_000_000,
    "otp_per_prefix_hour": 1_000_000,
    "otp_failures_in_all_hour": 1_000_000,
}


@pytest.fixture(autouse=True)
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer at once: when answers come is another test's business."""
    monkeypatch.setattr(pacing, "seconds_to_wait", lambda _: 0)


async def test_it_answers_as_it_says_whatever_is_sent(runtime: Runtime, tx: Tx, tmp_path: Path) -> None:
    settings = runtime.settings.model_copy(update=UNLIMITED)
    app = create_app(lambda: nullcontext(replace(runtime, settings=settings)))
    async with answering(app), listening(app) as url:
        tokens = [one.token for one in await gather_crowd(app, tx, [Role.ADMIN] * ADMINS)]
        ended, said = await fuzzed(url, tokens, tmp_path)
    assert ended == 0, said


async def fuzzed(url: str, tokens: list[str], directory: Path) -> tuple[int | None, str]:
    """Let the fuzzer ask everything with these tokens: its exit code, and what it found."""
    file = directory / "tokens.json"
    file.write_text(json.dumps(tokens))
    hooks = {
        "SCHEMATHESIS_HOOKS": "tests.http.fuzzing_hooks",
        "FUZZING_TOKENS": str(file),
        "PYTHONPATH": str(ROOT),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/api/v1/openapi.json", *OPTIONS, *NOT_CHECKED),
        cwd=directory,
        env=os.environ | hooks,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()
