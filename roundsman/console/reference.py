"""The API as its page shows it (pure): read from the OpenAPI document, which is all that it is made of."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from roundsman.console.schemas import Field, Model, Schema, Word, field_of, fields_of, models_of, type_of
from roundsman.web.examples import curl_of, example_of

_GROUPS: Final = {
    "auth": ("Signing in", "Passwords, codes, authenticators and sessions, and what concerns oneself."),
    "users": ("Users", "Finding people, and deciding about them."),
    "customers": ("Customers", "Registering those who buy."),
    "reviews": ("Questions", "What an import left to humans: who is who."),
    "health": ("Health", "For whoever keeps it running, and his machines."),
}
_OTHER: Final = "other"


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
    """One request that can be made. `public_because` is None where it takes a permission."""

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


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one tag."""

    anchor: str
    name: str
    description: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything the page shows."""

    title: str
    version: str
    description: str
    groups: tuple[Group, ...]
    models: tuple[Model, ...]
    codes: dict[str, str]


def read_reference(document: Schema) -> Reference:
    """Read the page's content from an OpenAPI document."""
    info = document["info"]
    return Reference(
        title=info["title"],
        version=info["version"],
        description=info.get("description", ""),
        groups=tuple(_groups(document)),
        models=models_of(document),
        codes=document.get("x-codes", {}),
    )


def _groups(document: Schema) -> Iterator[Group]:
    by_tag: dict[str, list[Operation]] = {tag: [] for tag in _GROUPS}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = (operation.get("tags") or [_OTHER])[-1]
            by_tag.setdefault(tag, []).append(_operation(document, path, method, operation))
    for tag, found in by_tag.items():
        if found:
            name, description = _GROUPS.get(tag, (tag.replace("_", " ").capitalize(), ""))
            yield Group(f"group-{tag}", name, description, tuple(sorted(found, key=_place)))


def _place(operation: Operation) -> tuple[bool, str]:
    """By path, so that one finds it again; what lies outside the API comes last."""
    return not operation.path.startswith("/api/"), operation.path


def _operation(document: Schema, path: str, method: str, operation: Schema) -> Operation:
    said = operation["responses"].items()
    codes = operation.get("x-codes", {})
    return Operation(
        anchor=f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""),
        method=method.upper(),
        path=path,
        name=operation.get("summary", "").strip(),
        description=operation.get("description", ""),
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
