"""The fields that requests have, as the OpenAPI document tells, and requests that are well-formed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.http.test_modes import operations_of

Json = Mapping[str, Any]
_ID = "0" * 24


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is sent: where it stands, its name, whether it has to be there, and a value that is well-formed."""

    where: Literal["path", "query", "body"]
    name: str
    required: bool
    example: Any = field(hash=False)
    is_text: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked, with its fields."""

    method: str
    path: str
    fields: tuple[Field, ...]

    @property
    def texts(self) -> tuple[Field, ...]:
        """The fields whose values are texts."""
        return tuple(field for field in self.fields if field.is_text)

    def examples(self, where: str, *, besides: Field | None = None) -> dict[str, Any]:
        """What is well-formed there: what has to be, and no other than `besides`."""
        return {one.name: one.example for one in self.fields if one.where == where and (one.required or one == besides)}


def operations(document: Json) -> tuple[Operation, ...]:
    """Every operation of the document."""
    return tuple(
        Operation(name.partition(" ")[0], name.partition(" ")[2], tuple(_fields(operation, document)))
        for name, operation in operations_of(dict(document)).items()
    )


def _fields(operation: Json, document: Json) -> Iterator[Field]:
    for one in operation.get("parameters", ()):
        yield _field(one["in"], one["name"], one["schema"], required=one.get("required", False), document=document)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = _resolved(content["schema"], document)
        for name, of_field in schema["properties"].items():
            yield _field("body", name, of_field, required=name in schema.get("required", ()), document=document)


def _field(
    where: Literal["path", "query", "body"], name: str, schema: Json, *, required: bool, document: Json
) -> Field:
    kind = _resolved(schema, document)
    return Field(where, name, required, _example(kind), is_text=kind.get("type") == "string")


def _resolved(schema: Json, document: Json) -> Json:
    """The schema itself, where another is named; of several it may be, the first that is not null."""
    if "anyOf" in schema:
        schema = next({**schema, **one} for one in schema["anyOf"] if one.get("type") != "null")
    if "$ref" not in schema:
        return schema
    found: Json = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return {**found, **{name: value for name, value in schema.items() if name not in {"$ref", "anyOf"}}}


def _example(schema: Json) -> Any:  # noqa: ANN401  whatever JSON there is
    if "enum" in schema:
        return schema["enum"][0]
    if "default" in schema:
        default = schema["default"]
        return tuple(default) if isinstance(default, list) else default
    if "24" in schema.get("pattern", ""):
        return _ID
    return next(iter(schema.get("examples", ())), "0:asha")
