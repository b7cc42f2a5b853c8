"""One operation of the API as its chapter shows it (pure): who may ask, what is sent, and what is answered."""

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from roundsman.console.schemas import Field, Schema, Word, field_of, fields_of, type_of
from roundsman.web.examples import curl_of, example_of

_FIRST_CLAUSE: Final = re.compile(r"[.:;](?:\s|$)")


@dataclass(frozen=True, slots=True)
class Body:
    """What a request or an answer carries. `fields` are those of a request's model, so that nobody has to look them up."""

    type: tuple[Word, ...]
    fields: tuple[Field, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One way an operation is answered when it is done."""

    status: str
    phrase: str
    body: Body | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One status with which it is refused, and the codes that tell why."""

    status: str
    phrase: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One request that can be made; `name` says it in a line. `public_because` is None where it takes a permission."""

    anchor: str
    method: str
    path: str
    name: str
    description: str
    permission: str | None
    roles: tuple[str, ...]
    public_because: str | None
    step_up: bool
    changes: str
    parameters: tuple[Field, ...]
    body: Body | None
    answers: tuple[Answer, ...]
    refusals: tuple[Refusal, ...]
    curl: str


def operation_of(document: Schema, path: str, method: str, operation: Schema) -> Operation:
    """Read one operation."""
    said = operation["responses"].items()
    codes, description = operation.get("x-codes", {}), operation.get("description", "")
    return Operation(
        anchor=f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""),
        method=method.upper(),
        path=path,
        name=_FIRST_CLAUSE.split(description, maxsplit=1)[0],
        description=description,
        permission=operation.get("x-permission"),
        roles=tuple(operation.get("x-roles", ())),
        public_because=operation.get("x-public"),
        step_up=operation.get("x-step-up", False),
        changes=operation.get("x-changes", "nothing"),
        parameters=tuple(map(_parameter, operation.get("parameters", ()))),
        body=_body(document, operation.get("requestBody", {}), with_fields=True),
        answers=tuple(Answer(s, _phrase(s), _body(document, answer)) for s, answer in said if s < "4"),
        refusals=tuple(Refusal(s, _phrase(s), tuple(codes.get(s, ()))) for s, _ in said if s >= "4"),
        curl=curl_of(document, path, method, operation),
    )


def _parameter(parameter: Schema) -> Field:
    return field_of(
        parameter["name"],
        parameter["schema"],
        required=parameter["required"],
        where=parameter["in"],
        description=parameter.get("description", ""),
    )


def _body(document: Schema, carrying: Schema, *, with_fields: bool = False) -> Body | None:
    schema = carrying.get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return None
    example = json.dumps(example_of(document, schema), indent=2, ensure_ascii=False)
    fields = fields_of(_resolved(document, schema)) if with_fields else ()
    return Body(tuple(type_of(schema)), fields, example)


def _resolved(document: Schema, schema: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    resolved: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return resolved


def _phrase(status: str) -> str:
    return HTTPStatus(int(status)).phrase
