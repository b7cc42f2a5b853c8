"""The hidden token of our forms (pure): who sends a form must have been given the page, in this very session.

It is an HMAC of the session, so nothing is stored; each page shows it under another mask, so that answers of different
length under compression tell nothing about it (BREACH).
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Final

from roundsman.auth.digests import derived_key
from roundsman.ids import SessionId

_BYTES: Final = 32


def form_token(secret_key: bytes, session_id: SessionId) -> str:
    """Make the token of a session under a new mask."""
    mask = secrets.token_bytes(_BYTES)
    return base64.urlsafe_b64encode(mask + _masked(_expected(secret_key, session_id), mask)).decode()


def is_form_token(text: str, secret_key: bytes, session_id: SessionId) -> bool:
    """Whether this is the token of the session, under whatever mask."""
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    named = _masked(raw[_BYTES:], raw[:_BYTES]) if len(raw) == 2 * _BYTES else b""
    return hmac.compare_digest(named, _expected(secret_key, session_id))


def _expected(secret_key: bytes, session_id: SessionId) -> bytes:
    return hmac.digest(derived_key(secret_key, "form token"), session_id.binary, hashlib.sha256)


def _masked(value: bytes, mask: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(value, mask, strict=True))
