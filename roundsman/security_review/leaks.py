"""All answers of the audit, searched for what nobody may ever be told, and for tokens that are told twice."""

import base64
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Final

from roundsman.database.collections import AUDIT_LOG, SYSTEM
from roundsman.database.transaction import Tx
from roundsman.security_review.calling import Answer, Asked
from roundsman.security_review.checks import Check, Result
from roundsman.security_review.fields import operations_in
from roundsman.security_review.stage import Somebody, Stage

_HASH: Final = re.compile(r"\$argon2|\$2[aby]\$\d\d\$|\{SHA256\}|\{ARGON2ID-SHA256\}")
_HANDED_OUT: Final = ("access_token", "refresh_token", "proof", "secret")
_SECRET_FIELDS: Final = frozenset(
    {"password", "new_password", "old_password", "again", "code", "value", "token", "proof", "refresh_token"}
)
_SHORTEST_DIGEST: Final = 16
_SHORTEST_SECRET: Final = 8


async def try_reading(stage: Stage) -> int:
    """Ask every question there is as an admin, about a customer where it is about somebody; count the questions."""
    customer: Somebody = await stage.customer("+919820000008")
    asked = [one for one in operations_in(stage.app.openapi()) if one.sample.method == "GET"]
    bearer = await stage.bearer(stage.admin)
    for operation in asked:
        query = (
            operation.sample.query if "identifier" not in operation.query_fields else (("identifier", customer.phone),)
        )
        await stage.ask("GET", operation.about(str(customer.user_id)), query=query, headers=bearer)
    return len(asked)


async def search_answers(stage: Stage) -> Result:
    """Search every answer for password hashes and for digests that are stored, and look for tokens in two answers."""
    questions = await try_reading(stage)
    hidden = [one async for one in _hidden(stage.runtime.tx)]
    found = sorted({what for one in stage.caller.answers for what in _leaks(one, hidden)})
    found += sorted(
        {str(one.asked) + ": a token that another answer had too" for one in _told_twice(stage.caller.answers)}
    )
    tried = f"every answer to this audit, with those to {questions} GET operations as an admin: searched for stored hashes, digests and tokens"
    return Result(Check.LEAKS, tried, "; ".join(found) or "none was found", not found)


def _leaks(answer: Answer, hidden: Iterable[str]) -> Iterator[str]:
    if _HASH.search(answer.text):
        yield f"{answer.asked}: a password hash"
    if any(one in answer.text for one in hidden):
        yield f"{answer.asked}: a digest that is stored"
    for name, text in _secrets_of(answer.asked):
        if len(text) >= _SHORTEST_SECRET and text in answer.text:
            yield f"{answer.asked}: what was sent as {name}"


def _secrets_of(asked: Asked) -> Iterator[tuple[str, str]]:
    """What was sent that no answer may repeat, with what it was sent as: the token, and the texts of secret fields."""
    yield "the access token", asked.headers.get("Authorization", "").removeprefix("Bearer ")
    sent = dict(asked.form or ()) | (dict(asked.body) if isinstance(asked.body, Mapping) else {})
    for name in sent.keys() & _SECRET_FIELDS:
        yield from ((f"the field {name}", text) for text in _texts_in(sent[name]))


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts_in(inner)


def _told_twice(answers: Iterable[Answer]) -> Iterator[Answer]:
    """Tokens are told once. The text of an answer that told one is searched by all tokens there are."""
    answers = [one for one in answers if one.text]
    tokens = [
        str(said[name]) for one in answers if isinstance(said := one.said, dict) for name in _HANDED_OUT if name in said
    ]
    counted = Counter({token: sum(token in one.text for one in answers) for token in tokens})
    for one in answers:
        if any(number > 1 and token in one.text for token, number in counted.items()):
            yield one


async def _hidden(tx: Tx) -> AsyncIterator[str]:
    """Every stored digest, in the two ways it could be written; the audit log's are in no answer's model."""
    for name in await tx.database.list_collection_names(filter={"type": "collection"}):
        if name not in {AUDIT_LOG, SYSTEM}:
            async for document in tx.database[name].find():
                for raw in _bytes_in(document):
                    yield raw.hex()
                    yield base64.b64encode(raw).decode().rstrip("=")


def _bytes_in(value: object) -> Iterator[bytes]:
    if isinstance(value, bytes) and len(value) >= _SHORTEST_DIGEST:
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _bytes_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _bytes_in(inner)
