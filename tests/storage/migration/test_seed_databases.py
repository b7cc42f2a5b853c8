"""The two databases of the existing application, loaded, imported and signed in to by the real commands."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from bson import json_util

from roundsman.app import create_app
from roundsman.database.collections import CUSTOMERS, REVIEWS, USERS
from roundsman.database.transaction import Document, Tx
from roundsman.identity.lookup import find_user
from roundsman.migration.sources.folder import FolderSource
from roundsman.operations.people.person import find_person
from roundsman.runtime import Runtime
from tests.commands import RoundsmanCommand
from tests.http.serving import answering
from tests.imports import Database, Import, database_hash

pytestmark = pytest.mark.whole

FOLDER = Path(__file__).parents[2] / "fixtures" / "legacy"
PEOPLE = ("users", "customers_v2", "customers", "delivery_boys_v2", "suppliers")


def documents(seed: str, collection: str) -> list[Document]:
    """The documents of a collection as the fixture holds them."""
    file = FOLDER / seed / f"{collection}.jsonl"
    return [json_util.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def load(seed: str, roundsman: RoundsmanCommand, source_uri: str) -> None:
    """Make a real database of a fixture."""
    loaded = roundsman("legacy", "load", str(FOLDER / seed), "--into", source_uri)
    assert loaded.returncode == 0, loaded.stderr


def import_by_command(roundsman: RoundsmanCommand, source_uri: str) -> str:
    """Plan, apply and verify as the owner would; gives what verifying printed."""
    planned = roundsman("migrate", "plan", "--source", source_uri, "--json")
    assert planned.returncode == 0, planned.stderr
    applied = roundsman("migrate", "apply", "--plan", json.loads(planned.stdout)["digest"], "--source", source_uri)
    assert applied.returncode == 0, applied.stderr
    verified = roundsman("migrate", "verify", "--source", source_uri)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    return verified.stdout


@asynccontextmanager
async def lenient_api(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """The application, where the operator lets the old default passwords in."""
    settings = runtime.settings.model_copy(update={"refuse_default_passwords": False})
    async with answering(create_app(lambda: nullcontext(replace(runtime, settings=settings)))) as api:
        yield api


async def statuses(api: httpx.AsyncClient, passwords: Mapping[str, str]) -> dict[str, int]:
    """How signing in with each of the passwords is answered."""
    return {
        email: (await api.post("/api/v1/auth/login", json={"identifier": email, "password": password})).status_code
        for email, password in passwords.items()
    }


async def everybody_is_found(tx: Tx, seed: str) -> set[str]:
    """Look every person up by both of his old ids; gives the ids of the users who were found."""
    found = set()
    for collection in PEOPLE:
        for document in documents(seed, collection):
            by_application_id = await find_user(tx, document["id"])
            person = await find_person(tx, str(document["_id"]))
            assert by_application_id.id == person.user.id, document
            found.add(str(person.user.id))
    return found


async def test_seed_chain_is_fourteen_people_who_sign_in_as_before(
    roundsman: RoundsmanCommand, runtime: Runtime, source_database: Database, source_uri: str
) -> None:
    passwords = {
        "admin@earlybird.com": "admin123",
        "delivery@earlybird.com": "delivery123",
        "marketing@earlybird.com": "marketing123",
    }
    load("seed_chain", roundsman, source_uri)
    before = await database_hash(source_database)

    said = import_by_command(roundsman, source_uri)

    assert await database_hash(source_database) == before
    assert re.search(r"^lost 0$", said, re.MULTILINE)
    assert "8 of 8 customers have a live user" in said
    assert await runtime.tx.database[USERS].count_documents({"status": "active"}) == 14
    assert len(await everybody_is_found(runtime.tx, "seed_chain")) == 14
    async with lenient_api(runtime) as api:
        # Staff signs in before cutover; the delivery boy has to wait for it.
        assert await statuses(api, passwords) == dict(zip(passwords, (200, 403, 200), strict=True))
    async with answering(create_app(lambda: nullcontext(runtime))) as api:
        answer = await api.post(
            "/api/v1/auth/login", json={"identifier": "admin@earlybird.com", "password": "admin123"}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "password_must_change")


async def test_in_seed_chain_nobody_is_fused_by_a_shared_phone(runtime: Runtime) -> None:
    await Import(runtime, FolderSource(FOLDER / "seed_chain")).run()

    for customer, boy in zip(
        documents("seed_chain", "customers"), documents("seed_chain", "delivery_boys_v2"), strict=False
    ):
        assert customer["phone"] == boy["phone"]
        one, other = await find_user(runtime.tx, customer["id"]), await find_user(runtime.tx, boy["id"])
        assert one.id != other.id
        assert "delivery_boy" not in one.roles


async def test_sha_gen_seed_is_nineteen_people_who_sign_in_as_before(
    roundsman: RoundsmanCommand, runtime: Runtime, source_database: Database, source_uri: str
) -> None:
    passwords = {"admin@earlybird.com": "admin123", "marketing@earlybird.com": "marketing123"}
    load("sha_gen_seed", roundsman, source_uri)
    before = await database_hash(source_database)

    said = import_by_command(roundsman, source_uri)

    assert await database_hash(source_database) == before
    assert re.search(r"^lost 0$", said, re.MULTILINE)
    assert await runtime.tx.database[USERS].count_documents({}) == 19
    assert await runtime.tx.database[USERS].count_documents({"status": "merged"}) == 0
    assert len(await everybody_is_found(runtime.tx, "sha_gen_seed")) == 19
    subscribers = {one["user_id"] for one in documents("sha_gen_seed", "subscriptions")}
    for subscriber in subscribers:
        assert len((await find_person(runtime.tx, subscriber)).customers) == 1
    assert await runtime.tx.database[CUSTOMERS].count_documents({}) == len(subscribers) == 10
    async with lenient_api(runtime) as api:
        assert await statuses(api, passwords) == dict.fromkeys(passwords, 200)


async def test_in_sha_gen_seed_the_bakery_and_the_fifth_delivery_boy_wait_for_a_human(runtime: Runtime) -> None:
    await Import(runtime, FolderSource(FOLDER / "sha_gen_seed")).run()

    bakery = await find_person(runtime.tx, "supplier2@bakery.com")
    boy = await find_person(runtime.tx, "delivery5@earlybird.com")

    assert bakery.supplier is not None
    assert bakery.user.id != boy.user.id
    (review,) = await runtime.tx.database[REVIEWS].find({"status": "open"}).to_list()
    assert set(review["user_ids"]) == {bakery.user.id, boy.user.id}


@pytest.mark.parametrize(
    ("seed", "password"), [("seed_chain", "delivery123"), ("sha_gen_seed", "customer123")], ids=["bcrypt", "sha256"]
)
async def test_after_cutover_everybody_with_a_password_signs_in(runtime: Runtime, seed: str, password: str) -> None:
    await Import(runtime, FolderSource(FOLDER / seed)).run()
    await runtime.tx.database["system"].update_one({"_id": "mode"}, {"$set": {"people": "live"}})
    of_role = {
        document["email"]: password
        for document in documents(seed, "users")
        if password.startswith(document["role"].partition("_")[0])
    }

    async with lenient_api(runtime) as api:
        answers = await statuses(api, of_role)

    assert answers == dict.fromkeys(of_role, 200)
    assert of_role
