"""Setting and changing one's own password, while signed in."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from roundsman.access.assurance import AssuranceRules, StepUpNeeded, is_fresh
from roundsman.access.principal import Principal
from roundsman.access.roles import STAFF_ROLES
from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.credential_storage import find_credential, set_password
from roundsman.auth.credentials import counting_hash
from roundsman.auth.digests import derived_key
from roundsman.auth.hashing import PasswordHashing
from roundsman.auth.limits import Limit
from roundsman.auth.otp import OtpPolicy
from roundsman.auth.password_policy import PasswordPolicy, UnacceptablePassword, require_acceptable
from roundsman.auth.reset_links import forget_resets
from roundsman.auth.second_factors import has_second_factor
from roundsman.auth.sessions import end_those, list_live_sessions
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import NotAuthenticated, NotPermitted
from roundsman.identity.lookup import get_user, identifiers_of_user
from roundsman.identity.mode import require_people_managed_here
from roundsman.identity.users import User
from roundsman.notifications.messages import Channel, Message, Template
from roundsman.notifications.outbox import put
from roundsman.operations.signing_in.slowing_down import Slowing, claimed_account, slowed_down
from roundsman.operations.signing_in.stepping_up import WrongPassword

_DAY: Final = timedelta(days=1)


class OldPasswordNeeded(NotPermitted):
    """Who has a password names it to change it; who forgot it resets it by a link or a code."""

    code = "old_password_needed"

    def __init__(self) -> None:
        super().__init__(
            "Name your old password. If you have forgotten it, reset it: POST /api/v1/auth/password/forgotten sends a link, "
            "and POST /api/v1/auth/otp/request with the purpose `reset` a code."
        )


@dataclass(frozen=True, slots=True)
class PasswordSetting:
    """What passwords are set with. `link` is where a reset token is put at the end of.

    Links are messages that cost money like codes, so an address, and all together, get no more of both than `messages` say.
    """

    hashing: PasswordHashing
    secret_key: bytes = field(repr=False)
    policy: PasswordPolicy = field(default_factory=PasswordPolicy)
    assurance: AssuranceRules = field(default_factory=AssuranceRules)
    slowing: Slowing = field(default_factory=Slowing)
    link: str = "http://127.0.0.1:8000/password/reset?token="
    link_lifetime: timedelta = timedelta(minutes=30)
    resets: Limit = Limit("password_reset", 5, _DAY)  # noqa: RUF009  frozen
    brand: str = "Roundsman"
    messages: OtpPolicy = field(default_factory=OtpPolicy)

    @property
    def outbox_key(self) -> bytes:
        """The key that seals links in waiting messages."""
        return derived_key(self.secret_key, "outbox")


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The new password, and the old one if there is one. Never shown."""

    new: str = field(repr=False)
    old: str | None = field(default=None, repr=False)


async def change_password(
    tx: Tx, principal: Principal, change: PasswordChange, *, by: PasswordSetting, actor: Actor, now: datetime
) -> None:
    """Set the user's password; his other sessions end, this one stays.

    Raises OldPasswordNeeded, StepUpNeeded, WrongPassword, TooOften, UnacceptablePassword, HashingBusy or
    PeopleManagedElsewhere.
    """
    user = await get_user(tx, principal.user_id)
    if change.old is not None:
        await _require_old(tx, user, change.old, by=by, actor=actor, now=now)
    elif await find_credential(tx, user.id) is not None:
        raise OldPasswordNeeded
    elif not is_fresh(principal, by.assurance, now=now):
        raise StepUpNeeded
    password_hash = await new_hash(tx, user, change.new, by=by)

    async def work(tx: Tx) -> None:
        await require_people_managed_here(tx)
        await store_password(tx, user, password_hash, action="password.changed", actor=actor, by=by, now=now)
        live = await list_live_sessions(tx, user.id, version=user.session_version, now=now)
        await end_those(tx, [session for session in live if session.id != principal.session_id])

    await in_transaction(tx, work)


async def new_hash(tx: Tx, user: User, password: str, *, by: PasswordSetting) -> str:
    """Hash a password that the user may have. Raises UnacceptablePassword or HashingBusy."""
    names = [identifier.key.partition(":")[2] for identifier in await identifiers_of_user(tx, user.id)]
    is_staff = not STAFF_ROLES.isdisjoint(user.effective_roles)
    needs_second = (is_staff and by.assurance.staff_needs_second_factor) or await has_second_factor(tx, user.id)
    require_acceptable(password, policy=by.policy, known=[user.name, *names], with_second_factor=needs_second)
    await _refuse_initial(tx, user, password, hashing=by.hashing)
    return await by.hashing.hash(password)


async def store_password(
    tx: Tx, user: User, password_hash: str, *, action: str, actor: Actor, by: PasswordSetting, now: datetime
) -> None:
    """Within a transaction: set the password, end all links, and tell the log and the user."""
    await set_password(tx, user.id, password_hash, now=now)
    await forget_resets(tx, user.id)
    await record(tx, AuditEntry(now, actor, action, f"user:{user.id}"))
    contact = await contact_of(tx, user)
    if contact is not None:
        name = f"password-changed:{user.id}:{now:%Y%m%dT%H%M%S%f}"
        values = {"brand": by.brand}
        await put(tx, Message(name, contact[0], contact[1], Template.PASSWORD_CHANGED, values), now=now)


async def contact_of(tx: Tx, user: User) -> tuple[Channel, str] | None:
    """Where messages reach the user: his e-mail, else his phone."""
    found: dict[str, str] = {}
    for identifier in await identifiers_of_user(tx, user.id):
        kind, _, to = identifier.key.partition(":")
        found.setdefault(kind, to)
    if "email" in found:
        return Channel.EMAIL, found["email"]
    return (Channel.SMS, found["phone"]) if "phone" in found else None


async def _refuse_initial(tx: Tx, user: User, password: str, *, hashing: PasswordHashing) -> None:
    """An initial password was shown to somebody else, so it cannot become a lasting one (OWASP ASVS 5.0, 6.4.1)."""
    credential = await find_credential(tx, user.id)
    is_initial = credential is not None and credential.counts_until is not None
    if credential is not None and is_initial and await hashing.verify(password, credential.password_hash):
        raise UnacceptablePassword("This is the password you were given. Take one of your own.")


async def _require_old(tx: Tx, user: User, password: str, *, by: PasswordSetting, actor: Actor, now: datetime) -> None:
    claimed = claimed_account(user, str(user.id), address=actor.address)
    try:
        async with slowed_down(tx, claimed, by.slowing, now=now):
            await _require_fit(tx, user, password, hashing=by.hashing, now=now)
    except _DoesNotFit as error:
        raise WrongPassword from error


async def _require_fit(tx: Tx, user: User, password: str, *, hashing: PasswordHashing, now: datetime) -> None:
    if not await hashing.verify(password, counting_hash(await find_credential(tx, user.id), now=now)):
        raise _DoesNotFit("The password does not fit")


class _DoesNotFit(NotAuthenticated):
    """Counts as a failure; whoever asks is signed in, so it becomes no 401."""
