"""The keys of authentication: made at first use, each kept in one file that only its owner can read."""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from roundsman.database.key_file import load_or_create_key
from roundsman.errors import InvalidInput

SIGNING_KEY_FILE: Final = "signing.key"
_DIGEST_KEY_FILE: Final = "secret.key"
_DIGEST_KEY_BYTES: Final = 32
# 64 bits more than the order of the curve, so that taking the remainder favours no key (FIPS 186-5, A.2.1).
SEED_BYTES: Final = 40
_ORDER_OF_P256: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# Of 32 random bytes some 30 differ; fewer than 16 come about by hand, not by chance.
_FEWEST_DIFFERENT_BYTES: Final = 16


class WeakSecret(InvalidInput):
    """A secret is too short, or somebody thought of it, so that others can think of it too."""

    code = "weak_secret"


def require_strong(secret: bytes, *, size: int, name: str) -> bytes:
    """Return the secret if it may be random; raises WeakSecret for one that is short, a text, or a repetition."""
    if len(secret) != size:
        raise WeakSecret(f"{name} has {len(secret)} bytes instead of {size}.")
    if len(set(secret)) < _FEWEST_DIFFERENT_BYTES or (secret.isascii() and secret.decode().isprintable()):
        raise WeakSecret(f"{name} is not random: replace it by one that was made at random, as Roundsman does itself.")
    return secret


def load_signing_key(folder: Path) -> ECKey:
    """Return the P-256 key whose secret lies in the folder, making the secret where there is none yet."""
    path = folder / SIGNING_KEY_FILE
    seed = load_or_create_key(path, size=SEED_BYTES)
    return signing_key_from(require_strong(seed, size=SEED_BYTES, name=f"The key in {path}"))


def signing_key_from(seed: bytes) -> ECKey:
    """Return the key that a seed of random bytes stands for; the same seed is always the same key."""
    secret = int.from_bytes(seed) % (_ORDER_OF_P256 - 1) + 1
    return ECKey.import_key(ec.derive_private_key(secret, ec.SECP256R1()))


def load_secret_key(folder: Path) -> bytes:
    """Return the key under which codes and tokens are kept as digests, making it where there is none yet."""
    path = folder / _DIGEST_KEY_FILE
    key = load_or_create_key(path, size=_DIGEST_KEY_BYTES)
    return require_strong(key, size=_DIGEST_KEY_BYTES, name=f"The key in {path}")
