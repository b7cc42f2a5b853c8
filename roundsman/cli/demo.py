"""The command `roundsman demo`: a whole business to look at, in a database of its own.

A source database is generated, imported, proved and cut over; then Roundsman answers. Every step looks first whether it
was done, so that a second run starts in seconds and one that was broken off goes on.
"""

import asyncio
import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer

from roundsman.audit_log.entries import SYSTEM, Actor
from roundsman.cli.activation import tell_all
from roundsman.cli.backup import back_up
from roundsman.cli.demo_office import work_a_day
from roundsman.cli.migrate import apply_with_progress, print_verification, verify_and_remember
from roundsman.cli.output import say
from roundsman.cli.progress import shown_progress
from roundsman.cli.running import run
from roundsman.cli.serve import require_free_port, serve_runtime
from roundsman.cli.sources import BUILT_IN
from roundsman.database.connection import with_database
from roundsman.errors import IntegrityBroken
from roundsman.identity.importing import count_admins_made_here
from roundsman.identity.mode import OperationsMode, PeopleMode, get_mode
from roundsman.identity.role_grants import list_active_admins
from roundsman.migration.cutover import (
    cut_over,
    cut_over_operations,
    open_staff_reviews,
    require_ready_for_operations,
    require_ready_for_people,
)
from roundsman.migration.deciding import decide
from roundsman.migration.generator.generating import World, generate
from roundsman.migration.generator.loading import load_folder
from roundsman.migration.members import Opener
from roundsman.migration.planner import make_plan
from roundsman.migration.profile import SourceProfile, builtin_profile
from roundsman.migration.reviews import Answer, Decision
from roundsman.migration.runs import find_latest_run, find_unfinished_run
from roundsman.migration.sealing import Seal
from roundsman.migration.sources.mongodb import MongoSource
from roundsman.operations.accounts.admins import NewAdmin, create_admin_with_password
from roundsman.runtime import Runtime, open_answering_runtime, open_runtime, server_uri
from roundsman.settings import Settings, load_settings

_DATABASE: Final = "roundsman_demo"
_SOURCE: Final = "roundsman_demo_source"
_ADMIN: Final = NewAdmin(name="Demo Admin", phone="+919820098200")
_PASSWORD_BYTES: Final = 15


def demo(
    *,
    scale: Annotated[float, typer.Option(help="1 is a business of 2,000 customers.")] = 1.0,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Answer requests at the end.")] = True,
) -> None:
    """Make a business to look at, import it, prove the import, and serve the result."""
    # Who only looks has no authenticator at hand, and the passwords of the demo are known to everybody anyway.
    easier = {"database_name": _DATABASE, "refuse_default_passwords": False, "staff_totp": "optional"}
    settings = load_settings().model_copy(update=easier)
    run(_demo(settings, World("plan", scale), serve=serve))


async def _demo(settings: Settings, world: World, *, serve: bool) -> None:
    if serve:
        require_free_port(settings.host, settings.port)
    async with server_uri(settings) as uri, open_runtime(settings) as runtime:
        source = MongoSource(with_database(uri, _SOURCE))
        try:
            await _prepare(runtime, source, with_database(uri, _SOURCE), world)
        finally:
            await source.close()
        if serve:
            async with open_answering_runtime(settings) as answering:
                await serve_runtime(answering, host=settings.host, port=settings.port)


async def _prepare(runtime: Runtime, source: MongoSource, source_uri: str, world: World) -> None:
    profile = builtin_profile(BUILT_IN)
    if not await source.count_documents():
        await _generate(source_uri, world)
    if await find_latest_run(runtime.tx) is None:
        await _import(runtime, source, profile)
    mode = await get_mode(runtime.tx)
    if mode.operations is OperationsMode.ROUNDSMAN:
        await work_a_day(runtime)
        say("The demo's business is here already; to begin anew: rm -r .roundsman")
        return
    verification = await verify_and_remember(runtime, source, profile)
    print_verification(verification)
    if not verification.passed:
        raise IntegrityBroken("the demo's import does not verify; please report this with the lines above")
    await _answer_staff_reviews(runtime, profile)
    told = await tell_all(runtime)
    say(f"Told {told.facts:,} facts of {told.new:,} customers: roundsman activation dashboard")
    await _create_admin(runtime)
    await _back_up(runtime)
    if mode.people is not PeopleMode.LIVE:
        await require_ready_for_people(runtime.tx, verification)
        await cut_over(runtime.tx, now=runtime.clock())
    await require_ready_for_operations(runtime.tx, verification, profile)
    await cut_over_operations(runtime.tx, now=runtime.clock())
    await work_a_day(runtime)


async def _back_up(runtime: Runtime) -> None:
    now = runtime.clock()
    folder = runtime.settings.data_dir.resolve() / "backups" / f"before-cutover-{now:%Y%m%d-%H%M%S-%f}"
    await back_up(runtime.settings, runtime.tx, folder, with_keys=False, now=now)
    say(f"Backed up to {folder}")


async def _answer_staff_reviews(runtime: Runtime, profile: SourceProfile) -> None:
    """Keep namesakes of the staff apart, as two admins would: in the demo they are the generator's own invention."""
    opener = Opener(Seal(runtime.sealing_key), profile)
    admins = await list_active_admins(runtime.tx)
    for review in await open_staff_reviews(runtime.tx):
        for actor in [Actor(str(admin.id)) for admin in admins[:2]] or [SYSTEM]:
            answer = Answer(Decision.KEEP_APART, "demo")
            await decide(runtime.tx, review, answer, actor=actor, opener=opener, now=runtime.clock())


async def _generate(source_uri: str, world: World) -> None:
    say(f"Making a business of {round(2000 * world.scale):,} customers, as its old application would have left it …")
    with tempfile.TemporaryDirectory(prefix="roundsman-demo-") as folder:
        await asyncio.to_thread(generate, Path(folder), world)
        await load_folder(Path(folder), source_uri)


async def _import(runtime: Runtime, source: MongoSource, profile: SourceProfile) -> None:
    unfinished = await find_unfinished_run(runtime.tx)
    if unfinished:
        digest = unfinished.plan
    else:
        say("Deciding who is who …")
        with shown_progress() as progress:
            header = await make_plan(runtime.tx, source, profile, as_of=runtime.clock(), progress=progress)
        digest = header.digest
    say("Importing …")
    await apply_with_progress(runtime, source, profile, digest)


async def _create_admin(runtime: Runtime) -> None:
    if await count_admins_made_here(runtime.tx):
        return
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    await create_admin_with_password(runtime.tx, _ADMIN, password, now=runtime.clock())
    say(f"\nAdmin sign-in, shown this once: {_ADMIN.phone} with the password {password}")
