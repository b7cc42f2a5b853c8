"""The models of the OpenAPI document as a page shows them (pure): each field in a row, each type in words."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Schema = Mapping[str, Any]

_FORMATS: Final = {
    "date-time": "time",
    "date": "date",
    "password": "text",
}
_TYPES: Final = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
_LIMITS: Final = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "at least {} of them",
    "maxItems": "at most {} of them",
}
_NO_DEFAULTS: Final[tuple[object, ...]] = (None, [], "about:blank")
_ID_PATTERN: Final = "^[0-9a-f]{24}$"


@dataclass(frozen=True, slots=True)
class Word:
    """A part of a type; `model` is the name under which the page shows it, where it is a model."""

    text: str
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model, or one parameter of a request."""

    name: str
    type: tuple[Word, ...]
    required: bool
    description: str
    limits: tuple[str, ...]
    where: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """A model: fields, or else the values it can have."""

    key: str
    name: str
    description: str
    fields: tuple[Field, ...]
    values: tuple[str, ...]


def models_of(document: Schema, parts: Iterable[Schema]) -> tuple[Model, ...]:
    """Every model that these parts of the document name, and those that these are made of, by name."""
    schemas = document["components"]["schemas"]
    found: set[str] = set()
    waiting = {key for part in parts for key in _named_in(part)}
    while waiting:
        found |= waiting
        waiting = {key for known in waiting for key in _named_in(schemas[known])} - found
    return tuple(sorted((model_of(key, schemas[key]) for key in found), key=lambda model: model.name))


def model_of(key: str, schema: Schema) -> Model:
    """Read one model."""
    return Model(
        key=key,
        name=name_of(key),
        description=schema.get("description", ""),
        fields=fields_of(schema),
        values=tuple(map(str, schema.get("enum", ()))),
    )


def fields_of(schema: Schema) -> tuple[Field, ...]:
    """Read the fields of a model, in the order it has them."""
    required = schema.get("required", ())
    properties = schema.get("properties", {}).items()
    return tuple(field_of(name, one, required=name in required) for name, one in properties)


def field_of(name: str, schema: Schema, *, required: bool, where: str = "", description: str = "") -> Field:
    """Read a field or a parameter."""
    told = description or schema.get("description", "")
    return Field(name, tuple(type_of(schema)), required, told, tuple(_limits_of(schema)), where)


def type_of(schema: Schema) -> Iterator[Word]:
    """Say in words what values a schema allows."""
    match schema:
        case {"$ref": str() as reference}:
            key = _key_of(reference)
            yield Word(name_of(key), key)
        case {"anyOf": ways} | {"oneOf": ways}:
            yield from _any_of(ways)
        case {"allOf": [only]}:
            yield from type_of(only)
        case {"const": value}:
            yield Word(str(value))
        case {"enum": values}:
            yield Word(" or ".join(map(str, values)))
        case {"type": "array"}:
            yield Word("list of ")
            yield from type_of(schema.get("items", {}))
        case {"type": "object", "additionalProperties": Mapping() as values}:
            yield Word("object, each name with ")
            yield from type_of(values)
        case _:
            yield Word(_plain_type(schema))


def name_of(key: str) -> str:
    """Name a model for people: two of one name in different modules are told apart."""
    module, separator, name = key.rpartition("__")
    return f"{name} ({module.rpartition('__')[2].replace('_', ' ')})" if separator else key


def _named_in(part: object) -> Iterator[str]:
    match part:
        case {"$ref": str() as reference}:
            yield _key_of(reference)
        case Mapping():
            yield from (key for inner in part.values() for key in _named_in(inner))
        case list():
            yield from (key for inner in part for key in _named_in(inner))


def _key_of(reference: str) -> str:
    return reference.rpartition("/")[2]


def _any_of(ways: list[Schema]) -> Iterator[Word]:
    for number, way in enumerate(ways):
        if number:
            yield Word(" or ")
        yield from type_of(way)


def _plain_type(schema: Schema) -> str:
    if schema.get("pattern") == _ID_PATTERN:
        return "id"
    kind = str(schema.get("type", "any value"))
    return _FORMATS.get(schema.get("format", ""), _TYPES.get(kind, kind))


def _limits_of(schema: Schema) -> Iterator[str]:
    plain = next((way for way in schema.get("anyOf", ()) if way.get("type") != "null"), schema)
    for key, words in _LIMITS.items():
        if key in plain and (key, plain[key]) != ("minLength", 1):
            yield words.format(plain[key])
    if "pattern" in plain and plain["pattern"] != _ID_PATTERN:
        yield f"like {plain['pattern']}"
    if schema.get("default") not in _NO_DEFAULTS and "const" not in schema:
        yield f"otherwise {json.dumps(schema['default'], ensure_ascii=False)}"
