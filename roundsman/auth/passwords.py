"""Password hashes: which forms are known, whether a password fits, whether a hash is due for renewal.

A stored hash says by its beginning what it is:

- `$argon2id$...`: what Roundsman makes, with the parameters of spec identity (OWASP: 19 MiB, 2 passes, 1 lane);
- `$2a$`, `$2b$`, `$2y$`: bcrypt of an existing application, cost 4 to 15; bcrypt reads the first 72 bytes only;
- `{SHA256}` and 64 lower-case hex digits: unsalted SHA-256 of an existing application;
- `{ARGON2ID-SHA256}$argon2id$...`: such digits, wrapped in argon2id by `roundsman passwords wrap` (spec identity).

All but the first verify once and are then renewed. Everything else (plain text, base64, unknown) is never taken over:
its owner proves himself by OTP. A hash whose costs are out of bounds verifies nothing, so that no document can make
the server work for minutes. Trying a password on an unsalted SHA-256 costs as much as on a wrapped one, so that the time
does not tell which accounts are still to be wrapped.
"""

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Final

import bcrypt
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

_ARGON2ID_MOST_MEMORY_KIB: Final = 131_072
_ARGON2ID_MOST_PASSES: Final = 10
_ARGON2ID_MOST_LANES: Final = 4

_BCRYPT = re.compile(r"\$2[aby]\$(?:0[4-9]|1[0-5])\$[./A-Za-z0-9]{53}")
_BCRYPT_MOST_BYTES: Final = 72

_SHA256_HEX = re.compile(r"[0-9a-fA-F]{64}")

# SHA-256 of the passwords that the existing application's own seed scripts gave to everybody (plan, facts of the
# existing data). As digests, because whoever reads this file need not learn five working passwords from it.
_KNOWN_DEFAULTS: Final = frozenset(
    {
        "240be518fabd2724ddb6f04eeb1da5967448d7e831c08c8fa822809f74c720a9",
        "7d50137f0395e9a47a5daf16959dd68abef6370d3b837ec3be4fe9d869db46a3",
        "b041c0aeb35bb0fa4aa668ca5a920b590196fdaf9a00eb852c9b7f4d123cc6d6",
        "bcdba7b1eb0d0590f62804bb728256a8767a09c0343d63dcc74bbbb43d192322",
        "d8541cd85756b64db7fa4d90d99ecd014e0ef76a1759afb343837e67a5bef29c",
    }
)


class HashForm(Enum):
    """What a stored hash is; the value is the tag that it begins with, and no tag begins with another."""

    ARGON2ID = "$argon2id$"
    BCRYPT = "$2"
    SHA256 = "{SHA256}"
    WRAPPED_SHA256 = "{ARGON2ID-SHA256}"


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """What computing a hash of our own costs."""

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1


DEFAULT_COST: Final = Argon2Cost()
"""OWASP's, as in spec identity."""


def dummy_hash(cost: Argon2Cost = DEFAULT_COST) -> str:
    """Give a well-formed hash that no password is known for: verifying against it costs what a real one costs."""
    costs = f"m={cost.memory_kib},t={cost.passes},p={cost.lanes}"
    return f"$argon2id$v=19${costs}$1dmV3au8HmVLDsOhicm2lA$YhgLur3/Is4t9VrjaQU3NZRIjFPDzX8nc+fU/3zXkkA"


def hash_password(password: str, cost: Argon2Cost = DEFAULT_COST) -> str:
    """Hash a new password with argon2id and a fresh salt, in its composed form (NFC)."""
    return _hasher(cost).hash(_as_bytes(_composed(password)))


def imported_hash(raw: object) -> str | None:
    """Return the stored form of what an existing application holds as a password hash.

    None for whatever is not bcrypt within the bounds or a SHA-256 in hex: its owner sets a new password by OTP.
    """
    text = raw.decode("ascii", "replace") if isinstance(raw, bytes) else raw
    if not isinstance(text, str):
        return None
    if _BCRYPT.fullmatch(text):
        return text
    if _SHA256_HEX.fullmatch(text):
        return HashForm.SHA256.value + text.lower()
    return None


def form_of(stored: str) -> HashForm | None:
    """Say what a stored hash is by its tag; None for every form that is not known."""
    return next((form for form in HashForm if stored.startswith(form.value)), None)


def wrap(stored: str, cost: Argon2Cost = DEFAULT_COST) -> str:
    """Hash an unsalted SHA-256 once more, with argon2id and a fresh salt; other forms are given back as they are.

    The same password fits before and after.
    """
    if form_of(stored) is not HashForm.SHA256:
        return stored
    digits = stored.removeprefix(HashForm.SHA256.value)
    return HashForm.WRAPPED_SHA256.value + _hasher(cost).hash(_as_bytes(digits))


def verify(password: str, stored: str, cost: Argon2Cost = DEFAULT_COST) -> bool:
    """Say whether the password is the one behind the stored hash; False for every form that is not known.

    `cost` is that of our own hashes, which an unsalted SHA-256 costs too.
    """
    secret = _as_bytes(password)
    match form_of(stored):
        case HashForm.ARGON2ID:
            return _verify_argon2id(_as_bytes(_composed(password)), stored)
        case HashForm.BCRYPT:
            return bool(_BCRYPT.fullmatch(stored)) and _verify_bcrypt(secret, stored)
        case HashForm.SHA256:
            return _verify_sha256(secret, stored.removeprefix(HashForm.SHA256.value), cost)
        case HashForm.WRAPPED_SHA256:
            return _verify_argon2id(_sha256_digits(secret), stored.removeprefix(HashForm.WRAPPED_SHA256.value))
        case None:
            return False


def needs_rehash(stored: str, cost: Argon2Cost = DEFAULT_COST) -> bool:
    """Say whether a hash that just verified should be replaced by one with today's parameters."""
    return form_of(stored) is not HashForm.ARGON2ID or _hasher(cost).check_needs_rehash(stored)


def is_known_default(password: str) -> bool:
    """Say whether this is one of the passwords the existing application handed out to everybody."""
    return hashlib.sha256(_as_bytes(password)).hexdigest() in _KNOWN_DEFAULTS


def known_default_hashes() -> tuple[str, ...]:
    """Give those passwords as an unsalted hash of them is stored."""
    return tuple(sorted(HashForm.SHA256.value + digits for digits in _KNOWN_DEFAULTS))


@cache
def _hasher(cost: Argon2Cost) -> PasswordHasher:
    return PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes, type=Type.ID)


def _composed(password: str) -> str:
    """An é is one thing, whichever keyboard made it. Imported hashes are of what was typed, so only ours are of this."""
    return unicodedata.normalize("NFC", password)


def _as_bytes(password: str) -> bytes:
    # A lone surrogate is no text, but it must be a wrong password, not a crash.
    return password.encode("utf-8", "surrogatepass")


def _sha256_digits(secret: bytes) -> bytes:
    return hashlib.sha256(secret).hexdigest().encode("ascii")


def _verify_sha256(secret: bytes, digits: str, cost: Argon2Cost) -> bool:
    _verify_argon2id(secret, dummy_hash(cost))  # What it costs is the point.
    return hmac.compare_digest(_sha256_digits(secret), _as_bytes(digits))


def _verify_argon2id(secret: bytes, stored: str) -> bool:
    try:
        costs = extract_parameters(stored)
        within_bounds = (
            costs.memory_cost <= _ARGON2ID_MOST_MEMORY_KIB
            and costs.time_cost <= _ARGON2ID_MOST_PASSES
            and costs.parallelism <= _ARGON2ID_MOST_LANES
        )
        return within_bounds and _hasher(DEFAULT_COST).verify(stored, secret)
    except (InvalidHashError, VerificationError):
        return False


def _verify_bcrypt(secret: bytes, stored: str) -> bool:
    try:
        return bcrypt.checkpw(secret[:_BCRYPT_MOST_BYTES], stored.encode("ascii"))
    except ValueError:
        # The salt has the right letters but encodes no 16 bytes.
        return False
