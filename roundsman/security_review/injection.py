"""Operators, names and further fields sent in place of texts to every field, judged by what the database was told."""

import asyncio
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final
from urllib.parse import quote

from roundsman.console.password_reset import PATH as PASSWORD_RESET
from roundsman.security_review.calling import Answer, Asked
from roundsman.security_review.checks import Check, Result
from roundsman.security_review.fields import Operation, form, operations_in
from roundsman.security_review.overhearing import operators_with
from roundsman.security_review.stage import Stage

_AT_ONCE: Final = 16
_SHOWN: Final = 5
_ERROR, _BUSY = 500, 503
_CANARY: Final = re.compile(r"(?:canary|added)\d+x\d+z")
_ADDED: Final = ("role", "roles", "is_admin", "user_id", "_id", "status", "session_version", "verified_at")

# What stands in place of a field, each with the operator that would reach the database if it were taken for one.
_IN_BODY: Final[Sequence[tuple[str, Callable[[str, str], tuple[str, object]]]]] = (
    ("$ne", lambda field, canary: (field, {"$ne": canary})),
    ("$gt", lambda field, canary: (field, {"$gt": canary})),
    ("$regex", lambda field, canary: (field, {"$regex": canary})),
    ("$where", lambda field, canary: (field, {"$where": canary})),
    ("$oid", lambda field, canary: (field, {"$oid": canary})),
    ("$ne", lambda field, canary: (field, [{"$ne": canary}])),
    ("$ne", lambda field, canary: (field, f'{{"$ne": "{canary}"}}')),
    ("", lambda field, canary: (field, f".*{canary}")),
    ("", lambda field, canary: (field, f"\0{canary}")),
    ("", lambda field, canary: (field, f"\ud800{canary}")),
    ("", lambda field, canary: (f"{field}.{canary}", "x")),
    ("", lambda _, canary: (f"${canary}", "x")),
)
_IN_QUERY: Final[Sequence[tuple[str, Callable[[str, str], tuple[str, str]]]]] = (
    ("$ne", lambda field, canary: (f"{field}[$ne]", canary)),
    ("$ne", lambda field, canary: (field, f'{{"$ne": "{canary}"}}')),
    ("", lambda field, canary: (field, f".*{canary}")),
    ("", lambda _, canary: (f"${canary}", "x")),
)
_IN_PATH: Final[Sequence[tuple[str, Callable[[str], str]]]] = (
    ("$ne", lambda canary: f'{{"$ne": "{canary}"}}'),
    ("", lambda canary: f".*{canary}"),
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that carries something it should not. The canary in it is like no other."""

    asked: Asked
    canary: str
    operator: str = ""


async def try_injection(stage: Stage) -> list[Result]:
    """Try every text field of every operation, and fields that no operation has."""
    operations = [*operations_in(stage.app.openapi()), form(PASSWORD_RESET, "token", "new_password", "again")]
    return await try_operations(stage, [one for one in operations if one.takes_anything])


async def try_operations(stage: Stage, operations: Sequence[Operation]) -> list[Result]:
    """Try the fields of these operations."""
    injected = [one for number, each in enumerate(operations) for one in attempts_on(each, number)]
    added = [one for number, each in enumerate(operations) for one in additions_to(each, number)]
    stage.overheard.taken()
    answers = await _ask_all(stage, injected)
    reached = list(_reached(injected, stage.overheard.taken()))
    more = await _ask_all(stage, added)
    stored = list(_stored(added, stage.overheard.taken()))
    fields = sum(len(one.path_fields) + len(one.query_fields) + len(one.body_fields) for one in operations)
    return [
        _result(
            Check.INJECTION,
            f"{len(injected)} requests with operators, patterns and $ names in {fields} fields of {len(operations)} operations",
            reached,
            held="no operator, pattern or name of them reached the database",
        ),
        _result(
            Check.MASS_ASSIGNMENT,
            f"{len(added)} requests to {len(operations)} operations with {', '.join(_ADDED)} besides",
            stored,
            held="nothing of them reached the database",
        ),
        _result(
            Check.SERVER_ERRORS,
            "the same requests: read the status of every answer",
            sorted(
                {f"{one} to {one.asked}" for one in (*answers, *more) if one.status >= _ERROR and one.status != _BUSY}
            ),
            held=f"{len(answers) + len(more)} answers, none of them an error of the server",
        ),
    ]


def attempts_on(operation: Operation, number: int) -> Iterator[Attempt]:
    """Everything that is tried on one operation."""
    canaries = (f"canary{number}x{count}z" for count in itertools.count())
    for field, (operator, sent) in product(operation.body_fields, _IN_BODY):
        canary = next(canaries)
        yield Attempt(operation.with_body(*sent(field, canary)), canary, operator)
    for field, (operator, asked) in product(operation.query_fields, _IN_QUERY):
        canary = next(canaries)
        yield Attempt(operation.with_query(*asked(field, canary)), canary, operator)
    for field, (operator, text) in product(operation.path_fields, _IN_PATH):
        canary = next(canaries)
        yield Attempt(operation.with_path(field, quote(text(canary))), canary, operator)


def additions_to(operation: Operation, number: int) -> Iterator[Attempt]:
    """The operation's own request with every further field that it does not know, in its body or else in its query."""
    if operation.has_body or operation.query_fields:
        canary = f"added{number}x0z"
        yield Attempt(operation.with_more({name: canary for name in _ADDED if name not in operation.known}), canary)


async def _ask_all(stage: Stage, attempts: Sequence[Attempt]) -> list[Answer]:
    """Ask several at once, because failed sign-ins are answered late; whatever an attempt ended, the next is signed in."""
    answers: list[Answer] = []
    for begin in range(0, len(attempts), _AT_ONCE):
        bearer = await stage.bearer(stage.admin)
        some = attempts[begin : begin + _AT_ONCE]
        answers += await asyncio.gather(*(stage.caller.ask(replace(one.asked, headers=bearer)) for one in some))
    return answers


def _reached(attempts: Sequence[Attempt], commands: Sequence[Mapping[str, object]]) -> Iterator[str]:
    for one, command in _of_attempts(attempts, commands):
        for what in operators_with(command, one.canary, one.operator):
            yield f"{one.asked}: {what} reached {next(iter(command))}"


def _stored(attempts: Sequence[Attempt], commands: Sequence[Mapping[str, object]]) -> Iterator[str]:
    for one, command in _of_attempts(attempts, commands):
        yield f"{one.asked}: a further field reached {next(iter(command))}"


def _of_attempts(
    attempts: Sequence[Attempt], commands: Sequence[Mapping[str, object]]
) -> Iterator[tuple[Attempt, Mapping[str, object]]]:
    """Pair each command with the attempts whose canary is in it."""
    by_canary = {one.canary: one for one in attempts}
    for command in commands:
        for canary in dict.fromkeys(_CANARY.findall(str(command))):
            # What an earlier round stored may be in a command of this one.
            if canary in by_canary:
                yield by_canary[canary], command


def _result(check: Check, tried: str, wrong: Sequence[str], *, held: str) -> Result:
    unique = list(dict.fromkeys(wrong))
    rest = f" and {len(unique) - _SHOWN} more" if len(unique) > _SHOWN else ""
    return Result(check, tried, "; ".join(unique[:_SHOWN]) + rest if unique else held, not unique)
