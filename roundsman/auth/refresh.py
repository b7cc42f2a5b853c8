"""Refresh tokens (pure): opaque texts that keep a session alive, each good for one use.

A token names its session, carries 256 random bits, and ends with a seal of the secret key. The seal tells a token that
was given out, however long ago, from one that somebody made up: only the first, used again, is a sign of theft, so
nobody ends another's session by guessing. What is stored is a digest.

A successor is computed from its predecessor, the secret key and a salt of 256 random bits that is stored while it may be
asked for again. So every use within the grace period gets the same successor, and neither the database nor an old token
alone leads to it.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

from bson import ObjectId

from roundsman.auth.digests import derived_key, digest_of
from roundsman.errors import NotAuthenticated
from roundsman.ids import SessionId

_PREFIX: Final = "rdm_"
_ID_BYTES: Final = 12
_SECRET_BYTES: Final = 32
_SEAL_BYTES: Final = 16
_LENGTH: Final = len(_PREFIX) + (_ID_BYTES + _SECRET_BYTES + _SEAL_BYTES) * 4 // 3


class InvalidRefreshToken(NotAuthenticated):
    """The text is no refresh token that was given out here."""

    code = "invalid_refresh_token"

    def __init__(self) -> None:
        super().__init__("The refresh token is not valid. Sign in again.")


@dataclass(frozen=True, slots=True)
class Rotation:
    """One use of a token: its digest, the salt that makes the successor, and the successor's digest."""

    digest: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    next_digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefreshTokens:
    """Makes and reads the refresh tokens of one Roundsman."""

    key: bytes = field(repr=False)

    def first(self, session_id: SessionId) -> str:
        """Make the first token of a session."""
        return self._token(session_id, secrets.token_bytes(_SECRET_BYTES))

    def read(self, token: str) -> SessionId:
        """Say which session a token is for; raises InvalidRefreshToken for what was never given out."""
        session_id, secret = _parse(token)
        if not hmac.compare_digest(token, self._token(session_id, secret)):
            raise InvalidRefreshToken
        return session_id

    def successor(self, token: str, *, salt: bytes) -> str:
        """Make the token that comes after this one: the same salt always gives the same."""
        session_id, secret = _parse(token)
        key = derived_key(self.key, "refresh token: successor")
        return self._token(session_id, hmac.digest(key, session_id.binary + secret + salt, hashlib.sha256))

    def use(self, token: str) -> Rotation:
        """Make a rotation with a salt of its own."""
        salt = secrets.token_bytes(_SECRET_BYTES)
        return Rotation(self.digest(token), salt, self.digest(self.successor(token, salt=salt)))

    def digest(self, token: str) -> bytes:
        """Give what is stored instead of a token."""
        return digest_of(self.key, "refresh token", token)

    def _token(self, session_id: SessionId, secret: bytes) -> str:
        named = session_id.binary + secret
        seal = hmac.digest(derived_key(self.key, "refresh token: seal"), named, hashlib.sha256)[:_SEAL_BYTES]
        return _PREFIX + base64.urlsafe_b64encode(named + seal).decode()


def _parse(token: str) -> tuple[SessionId, bytes]:
    if len(token) != _LENGTH or not token.startswith(_PREFIX) or not token.isascii():
        raise InvalidRefreshToken
    try:
        content = base64.b64decode(token.removeprefix(_PREFIX), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise InvalidRefreshToken from error
    if len(content) != _ID_BYTES + _SECRET_BYTES + _SEAL_BYTES:
        raise InvalidRefreshToken
    return SessionId(ObjectId(content[:_ID_BYTES])), content[_ID_BYTES : _ID_BYTES + _SECRET_BYTES]
