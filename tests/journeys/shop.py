"""What the owner of an existing application does with the commands, step by step."""

import json
import re

import httpx

from tests.commands import RoundsmanCommand

PASSWORD = "not a default"
OWNER_PHONE = "9820098200"


def import_shop(roundsman: RoundsmanCommand, shop: str) -> str:
    """Plan and apply; gives the digest of the plan."""
    planned = roundsman("migrate", "plan", "--source", shop, "--json")
    assert planned.returncode == 0, planned.stderr
    digest = str(json.loads(planned.stdout)["digest"])
    applied = roundsman("migrate", "apply", "--plan", digest, "--source", shop)
    assert applied.returncode == 0, applied.stderr
    return digest


def make_admin(roundsman: RoundsmanCommand) -> str:
    """Make the first admin; gives his password."""
    made = roundsman("admin", "create", "--name", "Owner", "--phone", OWNER_PHONE)
    assert made.returncode == 0, made.stderr
    shown = re.search(r"shown this once: (\S+)", made.stdout)
    assert shown is not None
    return shown[1]


def cut_over(roundsman: RoundsmanCommand, shop: str) -> None:
    """Back up and let people go live; everything else must be ready."""
    backed_up = roundsman("db", "backup", "before-cutover")
    assert backed_up.returncode == 0, backed_up.stderr
    switched = roundsman("migrate", "cutover", "--source", shop, "--yes")
    assert switched.returncode == 0, switched.stderr


async def sign_in(api: httpx.AsyncClient, identifier: str, password: str = PASSWORD) -> httpx.Response:
    """Try to sign in."""
    return await api.post("/api/v1/auth/login", json={"identifier": identifier, "password": password})


async def bearer(api: httpx.AsyncClient, identifier: str, password: str = PASSWORD) -> dict[str, str]:
    """Sign in; gives the headers of the session."""
    answer = await sign_in(api, identifier, password)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}
