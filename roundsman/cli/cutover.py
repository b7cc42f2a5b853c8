"""The command `roundsman migrate cutover`: the two switches, there and back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

import typer

from roundsman.cli.confirming import require_word
from roundsman.cli.migrate import verify_and_remember
from roundsman.cli.output import exit_code, print_json, say
from roundsman.cli.running import run
from roundsman.cli.sources import BUILT_IN, ProfileOption, SourceOption, opened_import, read_profile
from roundsman.delivery.rate_cards import count_unrated
from roundsman.errors import Conflict, InvalidInput
from roundsman.identity.mode import Mode, get_mode
from roundsman.migration.cutover import (
    NotReadyForCutover,
    Standing,
    cut_over_as_proved,
    cut_over_operations_as_proved,
    find_standing,
    require_ready_for_operations,
    require_ready_for_people,
)
from roundsman.migration.going_back import WrittenLive, take_operations_back, take_people_back
from roundsman.migration.profile import SourceProfile
from roundsman.migration.runs_about import is_application_imported
from roundsman.migration.sources.opening import Opened
from roundsman.migration.sources.table import is_table
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import load_settings

_T = TypeVar("_T")
_Work = Callable[[Runtime], Awaitable[_T]]

_PEOPLE = "From now on people sign in here and are managed here."
_OPERATIONS = "From now on orders are written here, and those the source still writes are not taken."
_BACK = "The existing application becomes the authority again, and everybody signs in again."
_SET_RATES = "Set one before they bring anything: POST /api/v1/rates."
_OPERATIONS_BACK = "From now on the existing application writes orders again."


class ListProvesNothing(InvalidInput):
    """An application was imported, and a list was named as the source."""

    code = "list_proves_nothing"


def cutover_(
    *,
    source: SourceOption = None,
    profile: ProfileOption = BUILT_IN,
    operations: Annotated[
        bool, typer.Option("--operations", help="The second switch: orders and what follows from them.")
    ] = False,
    back: Annotated[
        bool, typer.Option("--back", help="Take the switch back, while nothing was written here since.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make Roundsman the authority for people, and later for operations, once everything it takes is there."""
    try:
        if back:
            mode = _go_back(operations=operations, yes=yes)
        else:
            mode = _switch(source, read_profile(profile), operations=operations, yes=yes)
    except (NotReadyForCutover, WrittenLive) as error:
        if not as_json:
            raise
        print_json({"switched": False, "code": error.code, **_found(error)})
        raise typer.Exit(exit_code(error)) from error
    unrated = run(_unrated()) if operations and not back else 0
    if as_json:
        print_json({"switched": True, "mode": asdict(mode), "delivery_boys_without_rate": unrated})
    else:
        if unrated:
            say(f"{unrated} delivery boys have no rate card: what they bring brings them nothing. {_SET_RATES}")
        say(f"People are {_of(mode.people.value)}, operations are {_of(mode.operations.value)}.")
        if not back:
            which = "--operations --back" if operations else "--back"
            say(f"Back, while nothing was written here: roundsman migrate cutover {which}")


def _switch(source: str | None, profile: SourceProfile, *, operations: bool, yes: bool) -> Mode:
    if operations:
        proved = run(_prove_operations(source, profile))
        require_word(_OPERATIONS, "operations", yes=yes)
        return run(_with_runtime(lambda at: cut_over_operations_as_proved(at.tx, proved, now=at.clock())))
    proved = run(_prove_people(source, profile))
    require_word(_PEOPLE, "live", yes=yes)
    return run(_with_runtime(lambda at: cut_over_as_proved(at.tx, proved, now=at.clock())))


def _go_back(*, operations: bool, yes: bool) -> Mode:
    require_word(_OPERATIONS_BACK if operations else _BACK, "back", yes=yes)
    take_back = take_operations_back if operations else take_people_back
    return run(_with_runtime(lambda runtime: take_back(runtime.tx, now=runtime.clock())))


async def _prove_people(locator: str | None, profile: SourceProfile) -> Standing:
    async with _opened(locator, profile) as (runtime, opened):
        standing = await find_standing(runtime.tx)
        verification = await verify_and_remember(runtime, opened.source, opened.profile)
        await require_ready_for_people(runtime.tx, verification)
        return standing


async def _prove_operations(locator: str | None, profile: SourceProfile) -> Standing:
    async with _opened(locator, profile) as (runtime, opened):
        standing = await find_standing(runtime.tx)
        verification = await verify_and_remember(runtime, opened.source, opened.profile)
        await require_ready_for_operations(runtime.tx, verification, opened.profile)
        return standing


@asynccontextmanager
async def _opened(locator: str | None, profile: SourceProfile) -> AsyncIterator[tuple[Runtime, Opened]]:
    async with opened_import(locator, profile) as opened, open_runtime(load_settings()) as runtime:
        if is_table(opened.source.locator) and await is_application_imported(runtime.tx):
            raise ListProvesNothing("a list proves nothing of the application: give its own data as --source")
        yield runtime, opened


async def _unrated() -> int:
    async with open_runtime(load_settings()) as runtime:
        return await count_unrated(runtime.tx)


async def _with_runtime(work: _Work[None]) -> Mode:
    async with open_runtime(load_settings()) as runtime:
        await work(runtime)
        return await get_mode(runtime.tx)


def _found(error: Conflict) -> dict[str, Any]:
    match error:
        case NotReadyForCutover(unmet=unmet):
            return {"unmet": [asdict(one) for one in unmet]}
        case WrittenLive(written=written):
            return {"written": [asdict(one) for one in written]}
        case _:
            return {}


def _of(value: str) -> str:
    return {"source": "the source's", "roundsman": "Roundsman's"}.get(
        value, f"in {value}" if value == "shadow" else value
    )
