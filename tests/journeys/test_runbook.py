"""The runbook, done by the letter: every command it names, in its order, by users who may do no more than it says."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import takewhile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from roundsman.database.connection import Client, with_database
from roundsman.migration.generator.generating import World, generate
from roundsman.migration.generator.loading import load_folder
from tests.imports import Database, contents
from tests.project.test_documentation import COMMANDS
from tests.runbook import Administration, Command, File, steps_of, unexpected
from tests.servers import free_port
from tests.warm_start import run_warm

pytestmark = pytest.mark.whole

RUNBOOK = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text("utf-8")
STEPS = list(steps_of(RUNBOOK))
WORLD = World("market", 0.05, 1, date(2026, 11, 1), people_only=False)

# What an owner puts in for the words in capitals: what an earlier command printed.
PLACEHOLDERS = {
    "DIGEST": re.compile(r"roundsman migrate apply --plan (\w+)"),
    "RUN": re.compile(r"Applied as run (\w+)"),
    "REVIEW": re.compile(r"^([0-9a-f]{24})  ", re.MULTILINE),
    "DOCUMENT": re.compile(r'"collection": "(?P<collection>\w+)", "source_id": "(?P<id>\w+)"'),
}


@dataclass(slots=True)
class Owner:
    """Somebody in a folder of his own, who types what the runbook says."""

    folder: Path
    names: Mapping[str, str]
    environment: Mapping[str, str]
    printed: dict[str, str] = field(default_factory=dict)

    def real(self, text: str) -> str:
        """Put real servers, databases and earlier results in."""
        for shown, real in self.names.items():
            text = text.replace(shown, real)
        return re.sub(r"\b[A-Z]{3,}\b", lambda word: self.printed.get(word[0], word[0]), text)

    def shown(self, text: str) -> str:
        """What is printed, with the runbook's servers and databases."""
        for shown, real in sorted(self.names.items(), key=lambda name: -len(name[1])):
            text = text.replace(real, shown)
        text = text.replace(self.environment["ROUNDSMAN_DATABASE_NAME"], "roundsman")
        return text.replace(str(self.folder), "/srv/roundsman")

    def do(self, command: Command) -> str:
        """Run a command as a shell would; gives what it printed, to both streams. Fails on another exit code than shown."""
        code, printed = self._run_shell(command) if command.ended_by_hand else self._run(command)
        for word, pattern in PLACEHOLDERS.items():
            if found := pattern.search(printed):
                self.printed[word] = ":".join(found.groups())
        assert code in ({0, 130} if command.ended_by_hand else {command.code}), printed
        return self.shown(printed)

    def _run(self, command: Command) -> tuple[int, str]:
        settings, (program, *arguments) = _words(self.real(command.line))
        if program != "roundsman":
            return self._run_shell(command)
        done = run_warm(
            arguments,
            directory=self.folder,
            environment={**os.environ, **self.environment, **settings},
            standard_input=command.typed,
            timeout=900,
            together=True,
        )
        return done.returncode, done.stdout

    def _run_shell(self, command: Command) -> tuple[int, str]:
        with subprocess.Popen(
            ["/bin/sh", "-c", f"exec env {self.real(command.line)}"],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout
            first = process.stdout.readline() if command.ended_by_hand else ""
            if command.ended_by_hand:
                process.send_signal(signal.SIGINT)
            printed = first + process.communicate(command.typed, timeout=900)[0]
        return process.returncode, printed


def _words(line: str) -> tuple[dict[str, str], list[str]]:
    """What a shell makes of a line without pipes: settings for this command, and its words."""
    words = shlex.split(line)
    settings = dict(word.split("=", 1) for word in takewhile(lambda word: re.match("[A-Z_]+=", word), words))
    return settings, words[len(settings) :]


@pytest.fixture
async def owner(tmp_path: Path, mongod_uri: str, fresh_database: Database, source_database: Database) -> Owner:
    """An owner with a business, at a machine with the command `roundsman`."""
    generate(tmp_path / "world", WORLD)
    await load_folder(tmp_path / "world", with_database(mongod_uri, source_database.name))
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "roundsman").write_text(f'#!/bin/sh\nexec {sys.executable} -m roundsman "$@"\n')
    (programs / "roundsman").chmod(0o755)
    folder = tmp_path / "folder"
    folder.mkdir()
    address = urlsplit(mongod_uri).netloc.rpartition("@")[2]
    name = fresh_database.name
    return Owner(
        folder,
        {
            "db.example/shop": f"{address}/{source_database.name}",
            "own.example/?replicaSet=rs0&authSource=roundsman": f"{address}/?replicaSet=roundsman&authSource={name}",
            "own.example": address,
            "roundsman_rehearsal": f"{name}_rehearsal",
        },
        {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "ROUNDSMAN_PORT": str(free_port()),
            "ROUNDSMAN_DATABASE_NAME": name,
        },
    )


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (["field  count", "-----  --", "phone     12", "lost 0"], None),
        (["field  count", "…", "lost 0"], None),
        (["…", "ph…", "…"], None),
        (["…", "phone     12"], "printed, not shown: lost 0"),
        (["field  count", "phone     12", "lost 0"], "shown, not printed: phone     12"),
        (["…", "lost some"], "shown, not printed: lost some"),
    ],
)
def test_output_that_is_not_as_shown_would_be_noticed(shown: list[str], said: str | None) -> None:
    assert unexpected(shown, "field  count\n-----  -----\nphone      7\n\nlost 0\n") == said


def test_no_step_of_a_migration_is_missing_and_no_command_is_only_mentioned() -> None:
    done = {name for step in STEPS if isinstance(step, Command) for name in COMMANDS if f"{name} " in f"{step.line} "}
    prose = re.sub(r"^```.*?^```", "", RUNBOOK, flags=re.MULTILINE | re.DOTALL)

    mentioned = {
        name for code in re.findall(r"`(roundsman [^`]+)`", prose) for name in COMMANDS if f"{name} " in f"{code} "
    }

    assert mentioned <= done
    assert {name for name in COMMANDS if name.startswith("roundsman migrate ")} <= done


async def test_everything_in_the_runbook_is_as_it_says(
    owner: Owner, client: Client, fresh_database: Database, source_database: Database
) -> None:
    databases = {
        "shop": source_database.name,
        "roundsman": fresh_database.name,
        "roundsman_rehearsal": f"{fresh_database.name}_rehearsal",
    }
    wrong = []
    untouched = await contents(source_database)
    for step in STEPS:
        match step:
            case File(name, content):
                (owner.folder / name).write_text(owner.real(content))
            case Administration(database, command):
                roles = [{**one, "db": databases[one["db"]]} for one in command.get("roles", ())]
                await client[databases[database]].command({**command, **({"roles": roles} if roles else {})})
            case Command():
                printed = owner.do(step)
                if said := unexpected(step.output, printed):
                    wrong.append(f"$ {step.line}\n{said}")
    assert "\n".join(wrong) == ""
    assert await contents(source_database) == untouched
    assert {fresh_database.name, databases["roundsman_rehearsal"]}.isdisjoint(await client.list_database_names())
