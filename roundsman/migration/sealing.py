"""Sealing the verbatim copies of source documents, which hold old password digests (pure).

AES-SIV (RFC 5297) is deterministic: the same document under the same key is the same sealed bytes, so that applying a
plan twice, or resuming it, ends in the same database. A copy too large for one document is kept in parts.
"""

import hashlib
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from roundsman.errors import IntegrityBroken

PART_BYTES = 8 * 1024 * 1024


class CopyDamaged(IntegrityBroken):
    """A verbatim copy cannot be opened with this key, or is not what was sealed."""

    code = "copy_damaged"


class Seal:
    """Seals and opens copies; each is bound to the key of its document, so that copies cannot be swapped."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._cipher = AESSIV(key)

    def __reduce__(self) -> tuple[type["Seal"], tuple[bytes]]:
        """Go to another process of this program, where copies are opened too."""
        return (Seal, (self._key,))

    def close(self, document_key: str, plain: bytes) -> tuple[bytes, ...]:
        """The copy in one or more sealed parts, in order."""
        parts = [plain[start : start + PART_BYTES] for start in range(0, len(plain), PART_BYTES)] or [b""]
        return tuple(
            self._cipher.encrypt(part, [document_key.encode(), number.to_bytes(4, "big")])
            for number, part in enumerate(parts)
        )

    def open(self, document_key: str, parts: Sequence[bytes], *, digest: bytes) -> bytes:
        """The bytes that were sealed. Raises CopyDamaged, also where the parts are not those of one copy."""
        associated = document_key.encode()
        try:
            opened = [
                self._cipher.decrypt(part, [associated, number.to_bytes(4, "big")]) for number, part in enumerate(parts)
            ]
        except (InvalidTag, ValueError) as error:
            raise CopyDamaged(f"the copy of {document_key} cannot be opened: another key, or damaged") from error
        plain = b"".join(opened)
        if sha256(plain) != digest:
            raise CopyDamaged(f"the copy of {document_key} is not what was taken")
        return plain


def sha256(plain: bytes) -> bytes:
    """The digest by which a copy is compared with its source."""
    return hashlib.sha256(plain).digest()
