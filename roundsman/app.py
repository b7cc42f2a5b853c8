"""The application that answers requests, put together: routes, guards, errors, headers, and what they work with."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, Depends, FastAPI
from pymongo.errors import ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError, WTimeoutError

from roundsman.api import (
    activation,
    auth,
    codes,
    contacts,
    customers,
    deliveries,
    delivery,
    delivery_boys,
    delivery_terms,
    documents,
    facts,
    health,
    kept_facts,
    messages,
    orders,
    own_supplies,
    passwords,
    payments,
    payouts,
    personal_data,
    products,
    purchase_orders,
    reviews,
    second_factor,
    sessions,
    staff_users,
    standing,
    subscriptions,
    suppliers,
    users,
)
from roundsman.auth.hashing import PasswordHashing
from roundsman.auth.keys import load_secret_key
from roundsman.auth.limits import Limit
from roundsman.auth.refresh import RefreshTokens
from roundsman.auth.tokens import TokenAuthority
from roundsman.console import activation as activation_pages
from roundsman.console import audit_log as audit_log_pages
from roundsman.console import migration_jobs, overview, password_reset, reference_page, route_audit, static_files
from roundsman.console.pages import PAGES
from roundsman.console.rendering import problem_page
from roundsman.database.data_directory import data_directory_errors, private_directory
from roundsman.migration.closing import finish_erasures
from roundsman.notifications.dispatch import sending
from roundsman.operations.signing_in.password_setting import PasswordSetting
from roundsman.operations.signing_in.session_opening import SessionKeeping
from roundsman.operations.signing_in.sign_in import PasswordSignIn
from roundsman.operations.signing_in.slowing_down import Slowing
from roundsman.runtime import (
    Runtime,
    argon2_cost,
    open_answering_runtime,
    password_policy,
    session_policy,
    sign_in_throttle,
    signing_keys,
)
from roundsman.settings import load_settings
from roundsman.web.documentation import DocumentedApp
from roundsman.web.errors import install_error_handlers
from roundsman.web.forwarded import ClientBehindProxies, trusted_networks
from roundsman.web.middleware import BodyLimit, LastNet, RequestId, SecurityHeaders
from roundsman.web.recent_principals import RecentPrincipals
from roundsman.web.route_inventory import refuse_unguarded
from roundsman.web.services import Services
from roundsman.web.whole_database import RecentlyWhole, only_whole_database

_ISSUER: Final = "roundsman"
_API: Final = "/api/v1"
_LARGEST_BODY_BYTES: Final = 65_536
_OUTAGES: Final = (ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError, WTimeoutError)

RuntimeOpener = Callable[[], AbstractAsyncContextManager[Runtime]]


def create_app(opener: RuntimeOpener | None = None) -> FastAPI:
    """Make the application; it works with what `opener` opens while it runs, by default as the settings say.

    Raises UnguardedRoutes, with their names, when a route says neither who may pass nor why everybody may.
    """
    app = DocumentedApp(
        title="Roundsman",
        version=version("roundsman"),
        description="One identity for customers, delivery boys, suppliers and staff of a doorstep-delivery business.",
        lifespan=_lifespan(opener or _runtime_of_settings),
        # The document is served by a guarded route of ours; FastAPI's page for it would load scripts from a CDN.
        openapi_url=None,
    )
    for router in _routers():
        app.include_router(router, prefix=_API, dependencies=[Depends(only_whole_database)])
    for router in (health.router, documents.api_router):
        app.include_router(router, prefix=_API)
    app.include_router(documents.well_known_router)
    for router in (overview.router, password_reset.router, *PAGES):
        app.include_router(router, dependencies=[Depends(only_whole_database)])
    app.include_router(reference_page.router)
    app.mount("/static", static_files.mount)
    install_error_handlers(app, outages=_OUTAGES, page=problem_page)
    app.add_middleware(BodyLimit, most_bytes=_LARGEST_BODY_BYTES)
    # The last one added is the outermost.
    for middleware in (LastNet, SecurityHeaders, RequestId, ClientBehindProxies):
        app.add_middleware(middleware)
    refuse_unguarded(app)
    return app


def _routers() -> tuple[APIRouter, ...]:
    """All that is below the path of the API and works with the database."""
    return (
        auth.router,
        codes.router,
        passwords.router,
        customers.router,
        contacts.router,
        products.router,
        orders.router,
        orders.of_customers,
        payments.router,
        payments.of_customers,
        payments.of_orders,
        subscriptions.router,
        subscriptions.of_customers,
        deliveries.router,
        delivery.router,
        delivery_boys.router,
        delivery_terms.rates,
        delivery_terms.stops,
        delivery_terms.of_customers,
        delivery_terms.of_delivery_boys,
        payouts.router,
        payouts.adjustments,
        own_supplies.router,
        purchase_orders.router,
        suppliers.router,
        suppliers.of_users,
        sessions.router,
        sessions.of_users,
        standing.router,
        second_factor.router,
        personal_data.router,
        users.router,
        staff_users.router,
        reviews.router,
        facts.router,
        activation.router,
        kept_facts.router,
        messages.router,
    )


def _lifespan(opener: RuntimeOpener) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opener() as runtime:
            # Without the database it starts all the same, and the next start finishes what was broken off.
            with suppress(*_OUTAGES):
                await finish_erasures(runtime.tx)
            settings = runtime.settings
            hashing = PasswordHashing(
                workers=settings.hashing_threads, queue=settings.hashing_queue, cost=argon2_cost(settings)
            )
            app.state.trusted_proxies = trusted_networks(settings.trusted_proxies)
            app.state.services = _services(runtime, hashing)
            app.state.recently_whole = RecentlyWhole()
            app.state.recent_overview = overview.RecentOverview()
            app.state.recent_log_standing = audit_log_pages.RecentStanding()
            app.state.movements = activation_pages.movements()
            app.state.route_auditing = route_audit.RouteAuditing()
            app.state.migration_jobs = migration_jobs.MigrationJobs(runtime)
            # A worker sends too, but a single process must bring a code within a second.
            try:
                async with sending(runtime.dispatcher):
                    yield
            finally:
                await app.state.movements.end()
                await app.state.migration_jobs.close()
                await app.state.route_auditing.close()
                hashing.close()

    return lifespan


def _runtime_of_settings() -> AbstractAsyncContextManager[Runtime]:
    return open_answering_runtime(load_settings())


def _services(runtime: Runtime, hashing: PasswordHashing) -> Services:
    slowing = Slowing(sign_in_throttle(runtime.settings))
    return Services(
        runtime,
        _password_sign_in(runtime, hashing, slowing),
        _password_setting(runtime, hashing, slowing),
        recent_principals=RecentPrincipals(
            timedelta(seconds=runtime.settings.session_trust_seconds), policy=session_policy(runtime.settings)
        ),
    )


def _password_sign_in(runtime: Runtime, hashing: PasswordHashing, slowing: Slowing) -> PasswordSignIn:
    settings = runtime.settings
    keys = private_directory(settings.data_dir, "keys")
    tokens = TokenAuthority(signing_keys(settings), issuer=_ISSUER, audience=_ISSUER)
    with data_directory_errors(settings.data_dir):
        refreshing = RefreshTokens(load_secret_key(keys))
    keeping = SessionKeeping(
        tokens,
        refreshing,
        timedelta(seconds=settings.refresh_grace_seconds),
        session_policy(settings),
        runtime.activation,
    )
    return PasswordSignIn(hashing, keeping, settings.refuse_default_passwords, slowing)


def _password_setting(runtime: Runtime, hashing: PasswordHashing, slowing: Slowing) -> PasswordSetting:
    settings = runtime.settings
    return PasswordSetting(
        hashing,
        runtime.secret_key,
        policy=password_policy(settings),
        assurance=runtime.assurance,
        slowing=slowing,
        link=f"{settings.public_url.rstrip('/')}{password_reset.PATH}?token=",
        link_lifetime=timedelta(minutes=settings.password_reset_minutes),
        messages=runtime.proving.policy,
        resets=Limit("password_reset", settings.password_resets_per_day, timedelta(days=1)),
    )
