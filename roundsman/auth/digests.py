"""Digests of codes and tokens (pure): what is stored instead of a secret, so that who reads the database has nothing to use.

A code of six digits could be found by trying all of them, were it hashed alone. So everything is keyed with the secret
key, which is not in the database, and bound to what it is for.
"""

import hashlib
import hmac


def digest_of(key: bytes, purpose: str, value: str) -> bytes:
    """Give the HMAC-SHA256 of a value; the same value for another purpose has another digest."""
    return hmac.new(derived_key(key, purpose), value.encode(), hashlib.sha256).digest()


def derived_key(key: bytes, purpose: str) -> bytes:
    """Make 32 bytes for one purpose from the secret key, so that no two uses share a key."""
    return hmac.new(key, b"roundsman:" + purpose.encode(), hashlib.sha256).digest()
