"""Password fields as the existing application's writers left them, with digests made beforehand: bcrypt is slow."""

import hashlib
from base64 import b64encode
from random import Random

from roundsman.migration.generator.chance import happens, pick
from roundsman.migration.generator.folder import Document
from roundsman.migration.generator.moments import DAY, bson_date

# The application's known defaults, at the cost its own code uses.
BCRYPT_OF_DEFAULTS = {
    "customer123": "$2b$12$KtJjSg.kpvU35P/kEpB4/eicFHoDUjW70xAB2NXvwopPfZEvEqfl6",
    "delivery123": "$2b$12$oyHMb/P7yQKZTbNmmYbBg.hpBH0PU8ptY.LO6y6LKdzlxa1ssjJ7O",
    "earlybird2025": "$2b$12$OHvWuWQ0uYDCU53kAidg8O8cZdpJZYxf8Iey65D.6TKtBFIqvjLr2",
    "admin123": "$2b$12$owEGXmg/DAE7L6v1DEjJ7OmoBai3sYzMPqTBaTEScetPVZXK7YIeC",
    "marketing123": "$2b$12$VCnRwxeJRKhwM.goRWvX3.pkouS63HqxDeI/M6epmfT3JDsxHdiOm",
}
# Passwords people chose themselves, at a cost that lets tests sign in quickly.
BCRYPT_OF_CHOSEN = {
    "monsoon-chai-41": "$2b$04$AGK5vED5j3J.be5XsXCiBenGx6jKP73fG3O35oXP0n0IG.3GBr.6S",
    "lotus-tank-77": "$2b$04$/vp1gl72I/hLxS61ib9la.T1SA3fXMRBLQtHQCu62UE.cXl.WBm7y",
    "coconut-82": "$2b$04$/zbi76kT8ACo9xp7ByK8eu478aoPNkEWEKSw8UbJwunWCEVKJnBVm",
}
_KINDS = {"chosen": 40, "default": 20, "old": 30, "upgraded": 5, "encoded": 2, "absent": 2, "null": 1}
_CHOSEN_HASHES = tuple(BCRYPT_OF_CHOSEN.values())


def sha256_hex(password: str) -> str:
    """The unsalted digest the older scripts stored."""
    return hashlib.sha256(password.encode()).hexdigest()


def fields(rng: Random, at: int, default: str, *, modern: bool) -> Document:
    """The password fields of one users document; `modern` writers use `password_hash`, the others `password`."""
    name = "password_hash" if modern else "password"
    bcrypt = BCRYPT_OF_DEFAULTS[default]
    match pick(rng, _KINDS):
        case "chosen":
            return {name: rng.choice(_CHOSEN_HASHES)}
        case "default":
            return {name: bcrypt}
        case "old":
            return _old_digest(rng, default)
        case "upgraded":
            upgraded = {"password_hash_upgraded_at": bson_date(at + DAY), "password_migration_method": "login"}
            return {"password": sha256_hex(default), "password_hash": bcrypt, **upgraded}
        case kind:
            return _nothing_usable(kind, name, default)


def _old_digest(rng: Random, default: str) -> Document:
    digest = sha256_hex(default if happens(rng, 0.5) else f"own-{rng.randrange(10_000)}")
    document: Document = {"password": digest.upper() if happens(rng, 0.15) else digest}
    if happens(rng, 0.1):
        document["password_hash_needs_upgrade"] = True
    return document


def _nothing_usable(kind: str, name: str, default: str) -> Document:
    if kind == "encoded":
        return {"password": b64encode(default.encode()).decode()}
    return {name: None} if kind == "null" else {}
