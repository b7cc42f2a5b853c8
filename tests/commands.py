"""Running the real command `roundsman` in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.warm_start import run_warm

_PROGRAM = (sys.executable, "-m", "roundsman")
_PATIENCE_SECONDS = 900


@dataclass(frozen=True, slots=True)
class RoundsmanCommand:
    """`roundsman` in a working directory, with settings as environment variables; none come from outside."""

    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, standard_input: str = "") -> subprocess.CompletedProcess[str]:
        """Run it to its end; check the exit code yourself."""
        if any(name.startswith("PYTHON") for name in self.environment):
            # What Python itself reads when it begins means nothing to a copy of one that has begun.
            return self._run_afresh(arguments, standard_input)
        return run_warm(
            arguments,
            directory=self.directory,
            environment={**os.environ, **self.environment},
            standard_input=standard_input,
            timeout=_PATIENCE_SECONDS,
        )

    def _run_afresh(self, arguments: Sequence[str], standard_input: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*_PROGRAM, *arguments],
            cwd=self.directory,
            env={**os.environ, **self.environment},
            input=standard_input,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start it and come back at once; use it in a `with` and end it yourself."""
        return subprocess.Popen(
            [*_PROGRAM, *arguments],
            cwd=self.directory,
            env={**os.environ, **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def with_settings(self, **environment: str) -> "RoundsmanCommand":
        """The same command with further settings: `with_settings(ROUNDSMAN_PORT="9000")`."""
        return RoundsmanCommand(self.directory, {**self.environment, **environment})
