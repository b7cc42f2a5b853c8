"""Secrets in waiting messages, sealed (AES-GCM): a dump of the database shows no code and no link."""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from roundsman.errors import IntegrityBroken

_NONCE_BYTES: Final = 12


class SecretUnreadable(IntegrityBroken):
    """A sealed secret was made with another key, or for another message."""

    code = "secret_unreadable"


def seal_secret(key: bytes, message_key: str, secret: str) -> bytes:
    """Seal a secret for one message; `key` has 32 bytes."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret.encode(), message_key.encode())


def unseal_secret(key: bytes, message_key: str, sealed: bytes) -> str:
    """Read a sealed secret. Raises SecretUnreadable."""
    nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, text, message_key.encode()).decode()
    except InvalidTag as error:
        raise SecretUnreadable(
            "A message was sealed with another key; restore the key file it was made with"
        ) from error
