"""The composition root: from settings to everything the entry points hand to operations."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from roundsman.access.assurance import AssuranceRules
from roundsman.activation.policies import counting_policy, settle_policy
from roundsman.activation.policy import ActivationPolicy, ImpossiblePolicy
from roundsman.auth.digests import derived_key
from roundsman.auth.factor_seal import FactorSeal
from roundsman.auth.key_ring import keys_from, keys_in
from roundsman.auth.keys import load_secret_key
from roundsman.auth.lifetimes import SessionLife, SessionPolicy
from roundsman.auth.limits import Limit
from roundsman.auth.otp import OtpPolicy
from roundsman.auth.password_policy import PasswordPolicy
from roundsman.auth.passwords import Argon2Cost
from roundsman.auth.second_factors import Authenticators, FactorRules
from roundsman.auth.throttle import Backoff, SignInThrottle
from roundsman.auth.tokens import SigningKeys
from roundsman.clock import Clock, utc_now
from roundsman.database.connection import Client, database_errors, open_client
from roundsman.database.data_directory import data_directory_errors, private_directory
from roundsman.database.embedded import embedded_server
from roundsman.database.key_file import load_or_create_key
from roundsman.database.transaction import Tx
from roundsman.database.upgrade import ensure_schema
from roundsman.notifications.dispatch import Dispatcher
from roundsman.notifications.gateway import AppriseSender, ChannelSenders
from roundsman.notifications.messages import Channel
from roundsman.notifications.sender import FileSender, Sender
from roundsman.operations.signing_in.proving import Proving
from roundsman.session_settings import SessionSpan
from roundsman.settings import Settings, environment_of

_SEALING_KEY_BYTES = 64
LONG_WORK_SECONDS: Final = 60.0
"""How long work that nobody waits for waits for a database whose primary has stepped down."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a running Roundsman is made of.

    `sealing_key` encrypts the verbatim copies of source documents; of `secret_key` the keys are made under which codes
    and tokens are kept as digests; `sender` brings messages to people; `activation` says when customers are inactive: as
    the settings of what runs on said last, so those here may be others.
    """

    settings: Settings
    client: Client
    tx: Tx
    clock: Clock
    sealing_key: bytes
    secret_key: bytes
    sender: Sender
    activation: ActivationPolicy

    @property
    def outbox_key(self) -> bytes:
        """The key that seals the secrets in waiting messages."""
        return derived_key(self.secret_key, "outbox")

    @property
    def proving(self) -> Proving:
        """What codes are sent and compared with."""
        return Proving(self.secret_key, otp_policy(self.settings))

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process beside this one that works on the same database and source."""
        return environment_of(self.settings)

    @property
    def dispatcher(self) -> Dispatcher:
        """What sends the messages that wait."""
        return Dispatcher(self.tx, self.sender, self.outbox_key, self.clock)

    @property
    def assurance(self) -> AssuranceRules:
        """How surely people have to prove who they are."""
        return AssuranceRules(
            staff_needs_second_factor=self.settings.staff_totp == "required",
            fresh_for=timedelta(minutes=self.settings.step_up_minutes),
        )

    @property
    def authenticators(self) -> Authenticators:
        """What second factors are set up and used with."""
        settings = self.settings
        rules = FactorRules(
            most_failures=settings.totp_most_failures,
            pause=timedelta(minutes=settings.totp_pause_minutes),
            recovery_codes=settings.totp_recovery_codes,
        )
        return Authenticators(FactorSeal(self.secret_key), rules)


@asynccontextmanager
async def open_runtime(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    patience_seconds: float = 8.0,
    operation_seconds: float | None = None,
) -> AsyncIterator[Runtime]:
    """Reach the database (starting one if the settings name none), bring it to this version's schema, load the keys.

    `patience_seconds` is how long an operation waits for a primary: more than eight is for work that nobody waits for.
    `operation_seconds` is what each may take in all, where somebody waits for an answer.
    Leaving it closes everything. Raises errors of the families Unavailable, InvalidInput, Conflict and
    IntegrityBroken, each with one sentence that says what to do.
    """
    sealing_key, secret_key = _load_keys(settings)
    sender = _sender(settings)
    wanted = activation_policy(settings)
    async with open_database(
        settings, patience_seconds=patience_seconds, operation_seconds=operation_seconds
    ) as client:
        tx = Tx(client[settings.database_name])
        await ensure_schema(tx.database)
        activation = await counting_policy(tx, wanted, now=clock())
        yield Runtime(settings, client, tx, clock, sealing_key, secret_key, sender, activation)


def open_answering_runtime(settings: Settings) -> AbstractAsyncContextManager[Runtime]:
    """Open the runtime for whoever answers requests: a database that hangs is given up in the time the settings say."""
    return _open_settling(settings, operation_seconds=settings.database_patience_seconds)


def open_working_runtime(settings: Settings) -> AbstractAsyncContextManager[Runtime]:
    """Open the runtime for the worker, for whom nobody waits."""
    return _open_settling(settings, patience_seconds=LONG_WORK_SECONDS)


@asynccontextmanager
async def _open_settling(
    settings: Settings, *, patience_seconds: float = 8.0, operation_seconds: float | None = None
) -> AsyncIterator[Runtime]:
    """Open the runtime for what runs on: from now on its settings say when customers are inactive."""
    async with open_runtime(
        settings, patience_seconds=patience_seconds, operation_seconds=operation_seconds
    ) as runtime:
        activation = await settle_policy(runtime.tx, activation_policy(settings), now=runtime.clock())
        yield replace(runtime, activation=activation)


@asynccontextmanager
async def open_database(
    settings: Settings, *, patience_seconds: float = 8.0, operation_seconds: float | None = None
) -> AsyncIterator[Client]:
    """Reach the server the settings name, or else Roundsman's own, and close the connection on leaving.

    The body's own trouble with the server comes out as one sentence too.
    """
    async with (
        server_uri(settings) as uri,
        await open_client(uri, patience_seconds=patience_seconds, operation_seconds=operation_seconds) as client,
    ):
        with database_errors(uri):
            yield client


@asynccontextmanager
async def server_uri(settings: Settings) -> AsyncIterator[str]:
    """The connection string of the server the settings name, or of Roundsman's own, which runs meanwhile."""
    if settings.mongodb_uri is not None:
        yield settings.mongodb_uri
        return
    async with embedded_server(settings.data_dir, cache_gb=settings.database_cache_gb) as uri:
        yield uri


def signing_keys(settings: Settings) -> Callable[[], SigningKeys]:
    """Give what returns the keys of access tokens as they are whenever it is called: those of the settings, or of the folder.

    Raises WeakSecret, KeyFileDamaged, UnreadableSigningKeys or DataDirectoryUnusable.
    """
    if settings.signing_keys is not None:
        given = keys_from(settings.signing_keys.get_secret_value())
        return lambda: given
    folder = private_directory(settings.data_dir, "keys")
    with data_directory_errors(settings.data_dir):
        return keys_in(folder)


def _load_keys(settings: Settings) -> tuple[bytes, bytes]:
    keys = private_directory(settings.data_dir, "keys")
    with data_directory_errors(settings.data_dir):
        return load_or_create_key(keys / "source-documents.key", size=_SEALING_KEY_BYTES), load_secret_key(keys)


def activation_policy(settings: Settings) -> ActivationPolicy:
    """After how long, and from how many orders on, a customer's status changes. Raises ImpossiblePolicy."""
    inactive, churn = timedelta(days=settings.inactive_after_days), timedelta(days=settings.churn_after_days)
    try:
        return ActivationPolicy(inactive, churn, settings.engaged_orders)
    except ImpossiblePolicy as error:
        hint = "set ROUNDSMAN_CHURN_AFTER_DAYS to more than ROUNDSMAN_INACTIVE_AFTER_DAYS"
        raise ImpossiblePolicy(f"{error.message}; {hint}") from None


def otp_policy(settings: Settings) -> OtpPolicy:
    """How codes are made, sent and tried."""
    hour, day = timedelta(hours=1), timedelta(days=1)
    address_window = timedelta(minutes=settings.otp_failures_per_address_minutes)
    return OtpPolicy(
        digits=settings.otp_digits,
        staff_digits=settings.otp_staff_digits,
        lifetime=timedelta(minutes=settings.otp_minutes),
        tries=settings.otp_tries,
        resend=tuple(timedelta(seconds=seconds) for seconds in settings.otp_resend_seconds),
        proof_lifetime=timedelta(minutes=settings.otp_proof_minutes),
        silence=timedelta(days=settings.recycled_after_days),
        prefix_omits=settings.otp_prefix_omits_digits,
        per_contact=(
            Limit("otp_contact_hour", settings.otp_per_contact_hour, hour),
            Limit("otp_contact_day", settings.otp_per_contact_day, day),
        ),
        per_address=(
            Limit("otp_address_hour", settings.otp_per_address_hour, hour),
            Limit("otp_address_day", settings.otp_per_address_day, day),
        ),
        per_prefix=Limit("otp_prefix_hour", settings.otp_per_prefix_hour, hour),
        budget=Limit("otp_budget_hour", settings.otp_budget_hour, hour),
        failures_per_contact=Limit("otp_failures_contact", settings.otp_failures_per_contact_day, day),
        failures_per_address=Limit("otp_failures_address", settings.otp_failures_per_address, address_window),
        failures_in_all=Limit("otp_failures", settings.otp_failures_in_all_hour, hour),
    )


def _sender(settings: Settings) -> Sender:
    file = FileSender(settings.data_dir.resolve())
    urls = {Channel.SMS: settings.message_gateway, Channel.EMAIL: settings.email_gateway}
    return ChannelSenders({channel: AppriseSender(url) if url else file for channel, url in urls.items()})


def sign_in_throttle(settings: Settings) -> SignInThrottle:
    """How failed sign-ins slow further ones down."""
    window = timedelta(seconds=settings.sign_in_window_seconds)
    backoff = Backoff(
        free=settings.sign_in_free_failures,
        first=timedelta(seconds=settings.sign_in_first_wait_seconds),
        longest=timedelta(seconds=settings.sign_in_longest_wait_seconds),
        until_disabled=settings.sign_in_failures_until_disabled,
    )
    return SignInThrottle(
        backoff,
        per_address=Limit("sign_in_address", settings.sign_in_failures_per_address, window),
        in_all=Limit("sign_in_all", settings.sign_in_failures_in_all, window),
        remembered=timedelta(days=settings.sign_in_failures_remembered_days),
        familiar=timedelta(days=settings.sign_in_familiar_days),
        patience=timedelta(seconds=settings.sign_in_patience_seconds),
    )


def session_policy(settings: Settings) -> SessionPolicy:
    """How long sessions and access tokens last."""
    return SessionPolicy(
        customer=_life(settings.session_customer),
        delivery_boy=_life(settings.session_delivery_boy),
        supplier=_life(settings.session_supplier),
        staff=_life(settings.session_staff),
        token=timedelta(minutes=settings.access_token_minutes),
        staff_token=timedelta(minutes=settings.access_token_staff_minutes),
    )


def _life(span: SessionSpan) -> SessionLife:
    return SessionLife(span.idle, span.total, span.most)


def argon2_cost(settings: Settings) -> Argon2Cost:
    """What computing a password costs."""
    return Argon2Cost(settings.argon2_memory_kib, settings.argon2_passes, settings.argon2_lanes)


def password_policy(settings: Settings) -> PasswordPolicy:
    """Which passwords may be set."""
    return PasswordPolicy(
        settings.password_shortest,
        settings.password_shortest_with_second_factor,
        settings.password_longest,
        tuple(word.strip() for word in settings.brand_words.split(",") if word.strip()),
    )
