"""The commands `roundsman activation conflicts | unmatched`: facts that changed nothing, for people to look at.

The models of the answers are the API's; they are imported when JSON is asked for, because the web framework takes a second
to load.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Final

import typer

from roundsman.activation.kept_facts import (
    DEFAULT_LIMIT,
    HIGHEST_LIMIT,
    KeptFact,
    KeptFacts,
    list_conflicts,
    list_unmatched,
)
from roundsman.cli.output import print_table, say
from roundsman.cli.running import run
from roundsman.database.transaction import Tx
from roundsman.runtime import open_runtime
from roundsman.settings import load_settings

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, as the API answers it.")]
LimitOption = Annotated[int, typer.Option(min=1, max=HIGHEST_LIMIT, help="How many to show.")]
_NOTHING: Final = "-"


def conflicts(*, limit: LimitOption = DEFAULT_LIMIT, as_json: JsonOption = False) -> None:
    """List facts that contradict what was told first, which counts; the newest first."""
    listed = run(_read(lambda tx: list_conflicts(tx, limit=limit)))
    if as_json:
        return _print_json(listed)
    rows = [(*_columns(one), one.counts_of or _NOTHING, _instant(one.counts_at)) for one in listed.facts]
    print_table(("told", "fact", "id", "of", "happened", "counts of", "and at"), rows)
    return say(
        f"\n{len(rows)} of {listed.total}. What was told first counts; what is right instead is told under another id."
    )


def unmatched(*, limit: LimitOption = DEFAULT_LIMIT, as_json: JsonOption = False) -> None:
    """List facts about people who are no customers yet; the newest first."""
    listed = run(_read(lambda tx: list_unmatched(tx, limit=limit)))
    if as_json:
        return _print_json(listed)
    print_table(("told", "fact", "id", "of", "happened"), [_columns(one) for one in listed.facts])
    return say(f"\n{len(listed.facts)} of {listed.total}. They go to whoever becomes a customer and is called so.")


async def _read(read: Callable[[Tx], Awaitable[KeptFacts]]) -> KeptFacts:
    async with open_runtime(load_settings()) as runtime:
        return await read(runtime.tx)


def _print_json(listed: KeptFacts) -> None:
    from roundsman.api.kept_fact_views import KeptFactsView  # noqa: PLC0415  see the module's docstring

    say(KeptFactsView.model_validate(listed).model_dump_json(indent=2))


def _columns(fact: KeptFact) -> tuple[str, ...]:
    of = fact.subject or str(fact.user_id)
    return (_instant(fact.recorded_at), fact.type.value, fact.source_id, of, _instant(fact.occurred_at))


def _instant(at: datetime | None) -> str:
    return _NOTHING if at is None else at.isoformat(timespec="seconds")
