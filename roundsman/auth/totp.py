"""Time-based one-time passwords as RFC 6238 has them (pure): HMAC-SHA-1, steps of 30 seconds, six digits.

It is what every authenticator app does without being asked for anything else. A code counts in its own step and in the
one before and after, because clocks differ; and no code counts that is not newer than the last one that did, so that
whoever looks over a shoulder cannot use it again.
"""

import base64
import hmac
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote

_STEP_SECONDS: Final = 30
_DIGITS: Final = 6
_SECRET_BYTES: Final = 20
_DRIFT_STEPS: Final = 1
# 80 bits that people can type: without 0, 1, 8 and 9 nothing can be mistaken for a letter.
_RECOVERY_BYTES: Final = 10
_GROUP: Final = 4


def new_secret() -> bytes:
    """Make a secret of the size RFC 4226 recommends."""
    return secrets.token_bytes(_SECRET_BYTES)


def step_of(now: datetime) -> int:
    """Number the step of 30 seconds in which a moment lies."""
    return int(now.timestamp()) // _STEP_SECONDS


def code_at(secret: bytes, step: int, *, digits: int = _DIGITS) -> str:
    """Give the code of a step (RFC 4226, 5.3)."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, code: str, *, newer_than: int, now: datetime) -> int | None:
    """Find the step whose code this is, among those that may count now; None if there is none."""
    typed = "".join(code.split()).encode("utf-8", "surrogatepass")
    present = step_of(now)
    steps = range(max(present - _DRIFT_STEPS, newer_than + 1), present + _DRIFT_STEPS + 1)
    # All are compared, so that how long it takes does not tell which one it was.
    fitting = [step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), typed)]
    return fitting[0] if fitting else None


def secret_text(secret: bytes) -> str:
    """Write a secret as people type it into an authenticator app."""
    return base64.b32encode(secret).decode()


def enrolment_uri(secret: bytes, *, issuer: str, account: str) -> str:
    """Give what an authenticator app reads from a QR code."""
    label = quote(f"{issuer}:{account}", safe="")
    return (
        f"otpauth://totp/{label}?secret={secret_text(secret)}&issuer={quote(issuer, safe='')}"
        f"&algorithm=SHA1&digits={_DIGITS}&period={_STEP_SECONDS}"
    )


def new_recovery_codes(count: int) -> tuple[str, ...]:
    """Make codes for whoever loses his phone: 'abcd-efgh-ijkl-mnop'."""
    return tuple(
        _grouped(base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()) for _ in range(count)
    )


def recovery_code_as_made(typed: str) -> str:
    """Read a recovery code as it was made, whatever its case and wherever its hyphens."""
    letters = "".join(character for character in typed.lower() if character.isalnum())
    return _grouped(letters)


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))
