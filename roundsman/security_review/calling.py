"""Asking an application that runs in this process, without a network between; every answer is kept."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlencode

from starlette.types import ASGIApp, Message

_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `body` is sent as JSON, `form` as a browser sends it; every pair of `query` is sent as it stands."""

    method: str
    path: str
    body: object = None
    query: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    address: str | None = None

    def __str__(self) -> str:
        """What a person finds it by."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered; header names are in lower case."""

    asked: Asked
    status: int
    headers: tuple[tuple[str, str], ...]
    text: str

    @property
    def said(self) -> Any:  # noqa: ANN401  an answer may be anything
        """The JSON of the answer; an empty object where it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return {}

    def header(self, name: str) -> str | None:
        """The value of a header, the last one if there are several."""
        return dict(self.headers).get(name)

    def __str__(self) -> str:
        """The status, and the code of a refusal."""
        said = self.said
        code = said.get("code") if isinstance(said, dict) else None
        return f"{self.status} {code}" if code else str(self.status)


class Caller:
    """Asks from another address each time, unless the request names one, so that no limit is met that is not tried."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._addresses = 0
        self.answers: list[Answer] = []

    async def ask(self, asked: Asked) -> Answer:
        """Ask, and wait for the whole answer."""
        status, headers, parts = 0, [], []
        ended, given = asyncio.Event(), False

        async def receive() -> Message:
            nonlocal given
            if given:
                await ended.wait()
                return {"type": "http.disconnect"}
            given = True
            return {"type": "http.request", "body": _content(asked), "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], message.get("headers", [])
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                if not message.get("more_body"):
                    ended.set()

        await self._app(self._scope(asked), receive, send)
        shown = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)
        answer = Answer(asked, status, shown, b"".join(parts).decode("utf-8", "replace"))
        self.answers.append(answer)
        return answer

    def _scope(self, asked: Asked) -> dict[str, Any]:
        self._addresses += 1
        number = self._addresses
        address = asked.address or f"198.18.{number // 250 % 256}.{number % 250 + 1}"
        headers = {"Host": "roundsman.test", **asked.headers}
        if asked.form is not None or asked.body is not None:
            headers["Content-Type"] = _JSON if asked.form is None else _FORM
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": asked.method,
            "scheme": "https",
            "path": unquote(asked.path),
            "raw_path": asked.path.encode(),
            "query_string": urlencode(asked.query, errors="surrogatepass").encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
            "client": (address, 50_000),
            "server": ("roundsman.test", 443),
        }


def _content(asked: Asked) -> bytes:
    if asked.form is not None:
        return urlencode(asked.form, errors="surrogatepass").encode()
    return b"" if asked.body is None else json.dumps(asked.body).encode()
