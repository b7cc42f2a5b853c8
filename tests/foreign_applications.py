"""Audits public FastAPI applications, each in a virtual environment of its own, and compares what was found with what they say.

    python -m tests.foreign_applications [FOLDER]

The folder keeps the environments for the next time. Exit code 1 where a route was missed or invented.
"""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_FOLDER: Final = Path(".foreign")
_FINDINGS: Final = 1
_SAYS: Final = """
import importlib, json, os, sys
answer = os.dup(1)
os.dup2(2, 1)
from fastapi import FastAPI, routing
from fastapi.openapi.utils import get_openapi
from starlette.routing import Mount, WebSocketRoute

module, _, attribute = sys.argv[1].partition(":")
app = getattr(importlib.import_module(module), attribute.removesuffix("()"))
app = app() if attribute.endswith("()") else app

def ways_in(app, prefix):
    contexts = getattr(routing, "iter_route_contexts", None)
    for one in contexts(app.routes) if contexts else app.routes:
        route, path = getattr(one, "original_route", one), prefix + (getattr(one, "path_format", None) or one.path)
        if isinstance(route, Mount):
            yield ["MOUNT", path]
            if isinstance(route.app, FastAPI):
                yield from ways_in(route.app, path.removesuffix("/{path}"))
        elif "WebSocket" in type(route).__name__:
            yield ["WEBSOCKET", path]
        elif not getattr(one, "include_in_schema", True):
            yield from (["hidden " + method, path] for method in one.methods)
    # Folders served by `app.frontend()`.
    yield from (["OTHER", "*"] for _ in getattr(app.router, "_low_priority_routes", ()))
    # Not `app.openapi()`: some put another document in its place.
    for path, operations in get_openapi(title="", version="", routes=app.routes)["paths"].items():
        yield from ([method.upper(), prefix + path] for method in operations)

os.write(answer, json.dumps(sorted(ways_in(app, ""))).encode())
os._exit(0)
"""


@dataclass(frozen=True, slots=True)
class Application:
    """A public application: how it is installed, where it is, and what it needs in an older version than its own pins say."""

    requirement: str
    target: str
    besides: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called."""
        return self.requirement.partition("==")[0]


APPLICATIONS: Final = (
    Application("prefect==3.8.8", "prefect.server.api.server:create_app()", ("fastapi==0.150.0",)),
    Application("titiler.application==2.4.0", "titiler.application.main:app"),
    Application("nicegui==3.18.0", "nicegui:app"),
)


def main() -> None:
    """Audit all of them, and print what came out."""
    folder = (Path(sys.argv[1]) if len(sys.argv) > 1 else _FOLDER).resolve()
    print("| application | ways in | of them | findings | missed | invented |\n|---|--:|---|---|--:|--:|")
    wrong = [one.name for one in APPLICATIONS if not _agrees(one, folder / one.name)]
    sys.exit(f"not as they say: {', '.join(wrong)}" if wrong else 0)


def _agrees(application: Application, folder: Path) -> bool:
    python = _installed(application, folder)
    audit = _audited(application, python, folder)
    there, found = _told_by(application, python, folder), _ways_in(audit)
    missed, invented = there - found, found - there
    kinds = Counter(_kind(method) for method, _ in found)
    graded = Counter(one["level"] for one in audit["findings"])
    columns = (application.requirement, len(found), _counted(kinds), _counted(graded), len(missed), len(invented))
    print(f"| {' | '.join(map(str, columns))} |", flush=True)
    for word, ways in (("missed", missed), ("invented", invented)):
        for method, path in sorted(ways):
            print(f"{word}: {method} {path}", file=sys.stderr)
    return not missed and not invented


def _installed(application: Application, folder: Path) -> Path:
    """The Python of its environment, which is made once."""
    python, done = folder / "bin" / "python", folder / application.requirement
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "-q", application.requirement, *application.besides], check=True
        )
        done.touch()
    return python


def _audited(application: Application, python: Path, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "roundsman", "access", "audit", "--json", "--app", application.target]
    done = subprocess.run(
        [*command, "--python", str(python), "--cwd", str(folder)], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode not in {0, _FINDINGS}:
        sys.exit(f"the audit of {application.name} ended with {done.returncode}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _told_by(application: Application, python: Path, folder: Path) -> set[tuple[str, str]]:
    """What the application itself says: its OpenAPI document, hidden routes, websockets and mounts."""
    command = [str(python), "-c", _SAYS, application.target]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    return {(method, path) for method, path in json.loads(done.stdout)}


def _ways_in(audit: dict[str, Any]) -> set[tuple[str, str]]:
    """What the audit found, in the same words."""
    found = set()
    for one in audit["routes"]:
        hidden = "" if one["documented"] else "hidden "
        plain = [f"{hidden}{method}" for method in one["methods"]] if one["kind"] == "http" else [one["kind"].upper()]
        found |= {(method, one["path"]) for method in plain}
    return found


def _kind(method: str) -> str:
    return "hidden" if method.startswith("hidden") else method if method in {"MOUNT", "WEBSOCKET"} else "documented"


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name.lower()}" for name, count in sorted(counts.items())) or "none"


if __name__ == "__main__":
    main()
