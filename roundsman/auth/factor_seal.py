"""What second factors are stored under (pure): the authenticator's secret sealed, recovery codes as digests.

Both keys come from the one key file of secrets, so that neither a copy of the database nor a backup without keys lets
anybody make codes. Everything is bound to its user: what is moved to another one does not open there.
"""

import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from roundsman.auth.digests import derived_key
from roundsman.errors import IntegrityBroken
from roundsman.ids import UserId

_SEALING: Final = "second factor: secret"
_RECOVERY: Final = "second factor: recovery code"


class FactorDamaged(IntegrityBroken):
    """A stored secret cannot be opened: another key file, or a hand in the database."""

    code = "factor_damaged"


class FactorSeal:
    """Seals authenticator secrets and digests recovery codes, under keys derived from one secret."""

    def __init__(self, secret_key: bytes) -> None:
        self._cipher = AESSIV(derived_key(secret_key, _SEALING))
        self._recovery_key = derived_key(secret_key, _RECOVERY)

    def close(self, user_id: UserId, secret: bytes) -> bytes:
        """Seal the secret of a user."""
        return self._cipher.encrypt(secret, [user_id.binary])

    def open(self, user_id: UserId, sealed: bytes) -> bytes:
        """Open it again. Raises FactorDamaged."""
        try:
            return self._cipher.decrypt(sealed, [user_id.binary])
        except (InvalidTag, ValueError) as error:
            raise FactorDamaged(
                "An authenticator's secret cannot be opened with this key file: restore the key file that it was made with."
            ) from error

    def recovery_digest(self, user_id: UserId, code: str) -> bytes:
        """What is stored of a recovery code, as `totp.recovery_code_as_made` reads it."""
        return hmac.digest(self._recovery_key, user_id.binary + code.encode("utf-8", "surrogatepass"), "sha256")
