"""Every operation of an application with the fields it takes, read from its OpenAPI document; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from roundsman.security_review.calling import Asked

_NO_ID: Final = "0123456789abcdef01234567"
_REF: Final = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: a request it would take, the names of its text fields, and all names that it knows."""

    sample: Asked
    path_fields: tuple[str, ...]
    query_fields: tuple[str, ...]
    body_fields: tuple[str, ...]
    known: frozenset[str]

    def __str__(self) -> str:
        """What a person finds it by."""
        return str(self.sample)

    @property
    def has_body(self) -> bool:
        """Whether it takes a body, be it of texts or not."""
        return self.sample.body is not None or self.sample.form is not None

    @property
    def takes_anything(self) -> bool:
        """Whether anything can be sent to it."""
        return bool(self.path_fields or self.query_fields or self.has_body)

    def with_body(self, name: str, value: object) -> Asked:
        """The request with this in its body."""
        if self.sample.form is not None:
            kept = tuple(pair for pair in self.sample.form if pair[0] != name)
            return replace(self.at_no_id(), form=(*kept, (name, str(value))))
        return replace(self.at_no_id(), body={**(self.sample.body or {}), name: value})  # type: ignore[dict-item]

    def with_query(self, name: str, value: str) -> Asked:
        """The request with this in its query."""
        kept = tuple(pair for pair in self.sample.query if pair[0] != name)
        return replace(self.at_no_id(), query=(*kept, (name, value)))

    def with_more(self, fields: Mapping[str, str]) -> Asked:
        """The request with these besides, in its body if it has one and else in its query."""
        if self.sample.form is not None:
            return replace(self.at_no_id(), form=(*self.sample.form, *fields.items()))
        if self.has_body:
            return replace(self.at_no_id(), body={**(self.sample.body or {}), **fields})  # type: ignore[dict-item]
        return replace(self.at_no_id(), query=(*self.sample.query, *fields.items()))

    def with_path(self, name: str, value: str) -> Asked:
        """The request with this in its path."""
        path = self.sample.path.replace(f"{{{name}}}", value)
        return replace(self.at_no_id(), path=_filled(path))

    def at_no_id(self) -> Asked:
        """The request about something that is not there, so that nothing happens to what is."""
        return replace(self.sample, path=_filled(self.sample.path))

    def about(self, id_: str) -> str:
        """The path of the request about somebody."""
        return _filled(self.sample.path, id_)


def operations_in(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Read the operations of an OpenAPI document."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield _operation(document, method.upper(), path, operation)


def form(path: str, *names: str) -> Operation:
    """An operation that a page sends its form to, which no document names."""
    sample = Asked("POST", path, form=tuple((name, "x") for name in names))
    return Operation(sample, (), ("token",), names, frozenset(names))


def _operation(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> Operation:
    parameters = [(one["in"], one["name"], one) for one in operation.get("parameters", [])]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    schema = _resolved(document, body) if body else {}
    fields = schema.get("properties", {})
    needed = tuple(name for name in schema.get("required", []))
    query = tuple(
        (name, str(_example(document, one["schema"])))
        for place, name, one in parameters
        if place == "query" and one.get("required")
    )
    sample = Asked(
        method,
        path,
        body={name: _example(document, fields[name]) for name in needed} if body else None,
        query=query,
    )
    return Operation(
        sample,
        tuple(name for place, name, _ in parameters if place == "path"),
        tuple(name for place, name, one in parameters if place == "query" and _is_text(document, one["schema"])),
        tuple(name for name, one in fields.items() if _is_text(document, one)),
        frozenset(fields) | {name for _, name, _ in parameters},
    )


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    ref = schema.get("$ref")
    return schema if ref is None else _resolved(document, document["components"]["schemas"][ref.removeprefix(_REF)])


def _is_text(document: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    schema = _resolved(document, schema)
    return schema.get("type") == "string" or any(_is_text(document, one) for one in schema.get("anyOf", []))


def _example(document: Mapping[str, Any], schema: Mapping[str, Any]) -> object:
    schema = _resolved(document, schema)
    for given in (schema.get("examples"), schema.get("enum")):
        if given:
            return given[0]
    if "anyOf" in schema:
        return _example(document, schema["anyOf"][0])
    return schema.get(
        "default", schema.get("const", schema.get("minimum", "xxx" if schema.get("type") == "string" else 1))
    )


def _filled(path: str, id_: str = _NO_ID) -> str:
    """Put an id wherever a path has a gap, and a role where it wants one."""
    parts = ["customer" if part == "{role}" else id_ if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)
