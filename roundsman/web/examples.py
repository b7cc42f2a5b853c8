"""Examples of requests and answers, made from the OpenAPI document: JSON values that a schema allows, and curl."""

import json
import shlex
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Final

Schema = Mapping[str, Any]

_OWN_EXAMPLES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "examples": itemgetter(0),
    "example": lambda example: example,
    "const": lambda value: value,
    "enum": itemgetter(0),
}
_OF_FORMAT: Final = {"date-time": "2026-03-01T06:30:00Z", "date": "2026-03-01"}
_OF_TYPE: Final[Mapping[str, Any]] = {"string": "text", "integer": 1, "number": 1, "boolean": True, "array": []}


def curl_of(document: Schema, path: str, method: str, operation: Schema) -> str:
    """Write the request of an operation for a shell."""
    lines = [f'curl -s -X {method.upper()} "$ROUNDSMAN{_filled(document, path, operation)}"']
    if operation.get("security") != []:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    content = operation.get("requestBody", {}).get("content", {})
    if schema := content.get("application/json", {}).get("schema"):
        body = json.dumps(example_of(document, schema), ensure_ascii=False)
        lines += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(body)}"]
    return " \\\n  ".join(lines)


def example_of(document: Schema, schema: Schema) -> Any:  # noqa: ANN401  a JSON value may be anything
    """Give a value that the schema allows: its own example, or else the plainest one."""
    if "$ref" in schema:
        return example_of(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for key, first in _OWN_EXAMPLES.items():
        if schema.get(key):
            return first(schema[key])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return example_of(document, schema[key][0])
    if schema.get("type") == "object" or "properties" in schema:
        return _example_object(document, schema)
    return [example_of(document, schema["items"])] if "items" in schema else _plainest(schema)


def _example_object(document: Schema, schema: Schema) -> dict[str, Any]:
    """What must be given, and what has an example of its own."""
    required = schema.get("required", [])
    properties = schema.get("properties", {}).items()
    shown = {name: one for name, one in properties if name in required or one.get("examples")}
    return {name: example_of(document, one) for name, one in (shown or dict(properties)).items()}


def _plainest(schema: Schema) -> Any:  # noqa: ANN401  as above
    if schema.get("format") in _OF_FORMAT:
        return _OF_FORMAT[schema["format"]]
    value = _OF_TYPE.get(schema.get("type", "string"))
    if schema.get("pattern") == "^[0-9a-f]{24}$":
        return "69a3d7f0c2a4e5b6d7e8f901"
    return value.ljust(schema.get("minLength", 0), "t") if isinstance(value, str) else value


def _filled(document: Schema, path: str, operation: Schema) -> str:
    query = []
    for parameter in operation.get("parameters", []):
        example = str(parameter.get("example") or example_of(document, parameter["schema"]))
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", example)
        elif parameter["in"] == "query" and parameter["required"]:
            query.append(f"{parameter['name']}={example.replace(' ', '%20').replace('+', '%2B')}")
    return path + ("?" + "&".join(query) if query else "")
