"""The command `roundsman api`, which is also how docs/api.md is made: every request of the API, with curl."""

import json
from collections.abc import Iterator
from typing import Final

from roundsman.app import create_app
from roundsman.cli.output import say
from roundsman.web.examples import Schema, curl_of, example_of

_INTRODUCTION: Final = """# API

Every request of the API, made from the OpenAPI document, which is at `/api/v1/openapi.json` of a running server. The page
at `/docs/api` of the server says more: every field, and the codes of every refusal. In a shell:

```sh
ROUNDSMAN=http://127.0.0.1:8000
TOKEN=  # what signing in returns as access_token
```

A refusal is problem details (RFC 9457) with a stable `code`; 429 and 503 say in `Retry-After` when to come back.

This page is made by `roundsman api > docs/api.md`."""


def show() -> None:
    """Print every request of the API with curl, as Markdown."""
    say(api_page(create_app().openapi()))


def api_page(document: Schema) -> str:
    """Write the page from the OpenAPI document."""
    sections = [
        _section(document, path, method, operation)
        for path, operations in sorted(document["paths"].items())
        for method, operation in operations.items()
    ]
    return "\n\n".join([_INTRODUCTION, *sections])


def _section(document: Schema, path: str, method: str, operation: Schema) -> str:
    parts = [
        f"## {method.upper()} {path}",
        *_told(operation),
        f"```sh\n{curl_of(document, path, method, operation)}\n```",
    ]
    answers = operation["responses"].items()
    parts += [
        block for status, answer in answers if status.startswith("2") for block in _answer(document, status, answer)
    ]
    refusals = [f"{status} {answer['description']}" for status, answer in answers if not status.startswith("2")]
    return "\n\n".join([*parts, *([f"Refused with: {', '.join(refusals)}."] if refusals else [])])


def _told(operation: Schema) -> Iterator[str]:
    yield operation.get("description", operation.get("summary", ""))
    if "x-public" in operation:
        yield f"For everybody: {operation['x-public']}"
    elif "x-permission" in operation:
        yield f"Needs `{operation['x-permission']}`: {', '.join(operation['x-roles'])}."


def _answer(document: Schema, status: str, answer: Schema) -> Iterator[str]:
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        yield f"Answers {status}."
        return
    example = json.dumps(example_of(document, schema), indent=2, ensure_ascii=False)
    yield f"Answers {status}:\n\n```json\n{example}\n```"
