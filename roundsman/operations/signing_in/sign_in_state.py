"""How signing in stands for a user: whether he has a password that counts, what has failed, and what holds him back."""

from dataclasses import dataclass
from datetime import datetime

from roundsman.auth.credential_storage import find_credential
from roundsman.auth.credentials import Credential
from roundsman.auth.reservations import FailedRow
from roundsman.auth.second_factors import has_second_factor, second_factor_paused_until
from roundsman.database.transaction import Tx
from roundsman.identity.users import User
from roundsman.operations.signing_in.slowing_down import failed_sign_ins_of


@dataclass(frozen=True, slots=True)
class SignInState:
    """His password if he has one, what failed in a row, his authenticator, and until when no code of it counts."""

    credential: Credential | None
    failed: FailedRow
    has_authenticator: bool
    authenticator_paused_until: datetime | None

    @property
    def password_disabled_at(self) -> datetime | None:
        """Since when his password proves nothing; None where it does, or he has none."""
        return None if self.credential is None else self.credential.disabled_at


async def sign_in_state_of(tx: Tx, user: User, *, now: datetime) -> SignInState:
    """Read how signing in stands for a user."""
    return SignInState(
        await find_credential(tx, user.id),
        await failed_sign_ins_of(tx, user, now=now),
        await has_second_factor(tx, user.id),
        await second_factor_paused_until(tx, user.id, now=now),
    )
