"""How something that was begun on the page of the migration stands or ended, in words (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from roundsman.migration.jobs import Job, JobKind

_BEGUN: Final[Mapping[JobKind, str]] = {
    JobKind.PLAN: "A plan is being made",
    JobKind.APPLY: "A plan is being applied and proved",
    JobKind.VERIFY: "The import is being proved",
    JobKind.UNDO: "A run is being taken back",
}
_DONE: Final[Mapping[JobKind, str]] = {
    JobKind.PLAN: "The plan is made. Look at it below, and apply it.",
    JobKind.APPLY: "The plan is applied, and the import is proved.",
    JobKind.VERIFY: "The import is proved.",
    JobKind.UNDO: "The run is taken back.",
}
_CODES: Final[Mapping[int, str]] = {
    1: "something is wrong",
    2: "something was named wrongly, or is out of reach",
    3: "a database could not be reached",
    4: "it does not fit what is there now",
    5: "what it is about is not there",
    6: "it is not allowed",
    7: "it has to wait",
    8: "something stored is damaged",
    130: "it was stopped",
}
"""What the exit codes mean that `cli.output` gives."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job stands: `kind` is good, wait or bad."""

    kind: str
    words: str
    detail: str


def ending_of(job: Job) -> Ending:
    """Say how the job stands or ended, and what to do where it did not end well."""
    if job.is_running:
        return Ending("wait", f"{_BEGUN[job.kind]}.", "This page shows when it has ended.")
    if job.outcome is None:
        return Ending(
            "bad",
            f"{_BEGUN[job.kind]}: so it was, when the server stopped.",
            "Nobody saw how it ended. What was written is shown below; begin it again, and it goes on from there.",
        )
    code, trouble = job.outcome.exit_code, job.outcome.trouble
    if code == 0:
        return Ending("good", _DONE[job.kind], "")
    if code is None:
        return Ending("bad", "It did not come to its end.", trouble)
    said = _CODES.get(code, "it was ended by the system" if code < 0 else "it failed")
    return Ending("bad", f"It did not end well: {said} (exit code {code}).", trouble)
