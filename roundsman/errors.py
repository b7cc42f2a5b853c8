"""The families of errors a caller can handle differently.

A concrete error stands beside the function that raises it and derives from one family. Each carries a stable `code`
and a message that is safe to show. `web/errors.py` maps families to HTTP statuses, `cli/output.py` to exit codes.
"""

from typing import ClassVar


class RoundsmanError(Exception):
    """Anything Roundsman refuses or cannot do; `code` is stable, the message is for people."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(RoundsmanError):
    """What was given is malformed."""

    code: ClassVar[str] = "invalid_input"


class NotAuthenticated(RoundsmanError):
    """Nobody proved who he is."""

    code: ClassVar[str] = "not_authenticated"


class NotPermitted(RoundsmanError):
    """Known, but not allowed."""

    code: ClassVar[str] = "not_permitted"


class NotFound(RoundsmanError):
    """There is no such thing, or none the asker may know of."""

    code: ClassVar[str] = "not_found"


class Conflict(RoundsmanError):
    """It would contradict what is already stored."""

    code: ClassVar[str] = "conflict"


class Interrupted(Conflict):
    """It was told to end before it was done, and did so in order; doing it again goes on."""

    code: ClassVar[str] = "interrupted"


class RateLimited(RoundsmanError):
    """Too many attempts; `retry_after_seconds` says when to come back."""

    code: ClassVar[str] = "rate_limited"

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(RoundsmanError):
    """Something outside (database, sender) does not answer; trying again may help."""

    code: ClassVar[str] = "unavailable"


class IntegrityBroken(RoundsmanError):
    """Stored data contradicts itself: a bug or a hand in the database."""

    code: ClassVar[str] = "integrity_broken"
