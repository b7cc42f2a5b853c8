"""Proofs: that somebody has a phone or an e-mail, for one purpose, a short time and one use.

Kept as rows that are used up within the transaction of what they are for: what fails leaves the proof as it was.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from roundsman.auth.digests import digest_of
from roundsman.auth.otp import Purpose
from roundsman.database.collections import PROOFS
from roundsman.database.transaction import Tx
from roundsman.errors import NotAuthenticated

_TOKEN_BYTES: Final = 32


class ProofInvalid(NotAuthenticated):
    """Nothing was proved with this, or not for this, or it was used, or it is too old."""

    code = "proof_invalid"

    def __init__(self) -> None:
        super().__init__("This proof counts no more. Ask for a new code.")


@dataclass(frozen=True, slots=True)
class Proof:
    """Somebody has what the identifier key names, and asked for it for this purpose."""

    key: str
    purpose: Purpose


async def keep_proof(tx: Tx, proof: Proof, *, secret_key: bytes, lifetime: timedelta, now: datetime) -> str:
    """Keep a proof for a later request; gives the token that stands for it."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    document = {
        "_id": digest_of(secret_key, "proof", token),
        "key": proof.key,
        "purpose": proof.purpose.value,
        "expires_at": now + lifetime,
    }
    await tx.database[PROOFS].insert_one(document, session=tx.session)
    return token


async def find_proof(tx: Tx, token: str, purpose: Purpose, *, secret_key: bytes, now: datetime) -> Proof | None:
    """Read a proof that counts for the purpose, and leave it."""
    criteria = {"_id": digest_of(secret_key, "proof", token), "purpose": purpose.value, "expires_at": {"$gt": now}}
    document = await tx.database[PROOFS].find_one(criteria, session=tx.session)
    return None if document is None else Proof(document["key"], purpose)


async def use_proof(tx: Tx, token: str, purpose: Purpose, *, secret_key: bytes, now: datetime) -> Proof:
    """Use a proof up, within the transaction of what it is for. Raises ProofInvalid."""
    document = await tx.database[PROOFS].find_one_and_delete(
        {"_id": digest_of(secret_key, "proof", token), "purpose": purpose.value, "expires_at": {"$gt": now}},
        session=tx.session,
    )
    if document is None:
        raise ProofInvalid
    return Proof(document["key"], purpose)
