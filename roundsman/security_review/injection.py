"""Operators, names and further fields sent in place of texts to every field, judged by what the database was told."""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from roundsman.console.password_reset import PATH as PASSWORD_RESET
from roundsman.security_review.calling import Answer, Asked
from roundsman.security_review.checks import Check, Result
from roundsman.security_review.fields import Operation, form, operations_in
from roundsman.security_review.overhearing import operators_with
from roundsman.security_review.stage import Stage

_AT_ONCE: Final = 8
_SHOWN: Final = 5
_ERROR: Final = 500
_OPERATORS: Final = ("$ne", "$gt", "$regex", "$where")
_ODD: Final = ("\0", "\ud800")
"""What is in no text that people write: the end of a text in C, and half of a character."""
_CANARY: Final = re.compile(r"(?:canary|added)\d+x\d+z")
_ADDED: Final = ("role", "roles", "is_admin", "user_id", "_id", "status", "session_version", "verified_at")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that carries something it should not. The canary in it is like no other."""

    asked: Asked
    canary: str
    operator: str = ""


async def try_injection(stage: Stage) -> list[Result]:
    """Try every text field of every operation, and fields that no operation has."""
    operations = [*operations_in(stage.app.openapi()), form(PASSWORD_RESET, "token", "password", "again")]
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
            sorted({f"{one} to {one.asked}" for one in (*answers, *more) if one.status >= _ERROR}),
            held=f"{len(answers) + len(more)} answers below 500",
        ),
    ]


def attempts_on(operation: Operation, number: int) -> Iterator[Attempt]:
    """Everything that is tried on one operation."""
    count = 0

    def canary() -> str:
        nonlocal count
        count += 1
        return f"canary{number}x{count}z"

    for name in operation.body_fields:
        for operator in _OPERATORS:
            yield Attempt(operation.with_body(name, {operator: (one := canary())}), one, operator)
        yield Attempt(operation.with_body(name, {"$oid": (one := canary())}), one, "$oid")
        yield Attempt(operation.with_body(name, [{"$ne": (one := canary())}]), one, "$ne")
        yield Attempt(operation.with_body(name, f".*{(one := canary())}"), one)
        yield Attempt(operation.with_body(name, f'{{"$ne": "{(one := canary())}"}}'), one, "$ne")
        for odd in _ODD:
            yield Attempt(operation.with_body(name, f"{odd}{(one := canary())}"), one)
        yield Attempt(operation.with_body(f"{name}.{(one := canary())}", "x"), one)
        yield Attempt(operation.with_body(f"${(one := canary())}", "x"), one)
    for name in operation.query_fields:
        yield Attempt(operation.with_query(f"{name}[$ne]", one := canary()), one, "$ne")
        yield Attempt(operation.with_query(name, f'{{"$ne": "{(one := canary())}"}}'), one, "$ne")
        yield Attempt(operation.with_query(name, f".*{(one := canary())}"), one)
        yield Attempt(operation.with_query(f"${(one := canary())}", "x"), one)
    for name in operation.path_fields:
        yield Attempt(operation.with_path(name, quote(f'{{"$ne": "{(one := canary())}"}}')), one, "$ne")
        yield Attempt(operation.with_path(name, quote(f".*{(one := canary())}")), one)


def additions_to(operation: Operation, number: int) -> Iterator[Attempt]:
    """The operation's own request with one further field each, in its body or else in its query."""
    if not operation.body_fields and not operation.query_fields:
        return
    for index, name in enumerate(one for one in _ADDED if one not in operation.known):
        canary = f"added{number}x{index}z"
        add = operation.with_body if operation.body_fields else operation.with_query
        yield Attempt(add(name, canary), canary)


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
            yield by_canary[canary], command


def _result(check: Check, tried: str, wrong: Sequence[str], *, held: str) -> Result:
    unique = list(dict.fromkeys(wrong))
    rest = f" and {len(unique) - _SHOWN} more" if len(unique) > _SHOWN else ""
    return Result(check, tried, "; ".join(unique[:_SHOWN]) + rest if unique else held, not unique)
