"""The keys of authentication: made at first use, each kept in one file that only its owner can read."""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from roundsman.database.key_file import load_or_create_key

_FILE_NAME: Final = "signing.key"
_DIGEST_KEY_FILE: Final = "secret.key"
_DIGEST_KEY_BYTES: Final = 32
# 64 bits more than the order of the curve, so that taking the remainder favours no key (FIPS 186-5, A.2.1).
_SEED_BYTES: Final = 40
_ORDER_OF_P256: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def load_signing_key(folder: Path) -> ECKey:
    """Return the P-256 key whose secret lies in the folder, making the secret where there is none yet."""
    return signing_key_from(load_or_create_key(folder / _FILE_NAME, size=_SEED_BYTES))


def signing_key_from(seed: bytes) -> ECKey:
    """Return the key that a seed of random bytes stands for; the same seed is always the same key."""
    secret = int.from_bytes(seed) % (_ORDER_OF_P256 - 1) + 1
    return ECKey.import_key(ec.derive_private_key(secret, ec.SECP256R1()))


def load_secret_key(folder: Path) -> bytes:
    """Return the key under which codes and tokens are kept as digests, making it where there is none yet."""
    return load_or_create_key(folder / _DIGEST_KEY_FILE, size=_DIGEST_KEY_BYTES)
