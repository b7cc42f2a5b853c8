"""What every request works with, put together once when the application starts."""

from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from roundsman.auth.tokens import TokenAuthority
from roundsman.operations.signing_in.code_sign_in import CodeSignIn
from roundsman.operations.signing_in.password_setting import PasswordSetting
from roundsman.operations.signing_in.proving import Proving
from roundsman.operations.signing_in.sign_in import PasswordSignIn
from roundsman.runtime import Runtime
from roundsman.web.recent_principals import RecentPrincipals


@dataclass(frozen=True, slots=True)
class Services:
    """The runtime, and what only those who answer requests need."""

    runtime: Runtime
    password_sign_in: PasswordSignIn
    password_setting: PasswordSetting
    recent_principals: RecentPrincipals = field(default_factory=RecentPrincipals)

    @property
    def proving(self) -> Proving:
        """What codes are sent and compared with."""
        return self.runtime.proving

    @property
    def code_sign_in(self) -> CodeSignIn:
        """What signing in by code works with."""
        return CodeSignIn(self.proving, self.password_sign_in.sessions)

    @property
    def tokens(self) -> TokenAuthority:
        """Who makes and reads access tokens."""
        return self.password_sign_in.sessions.tokens


def services_of(connection: HTTPConnection) -> Services:
    """Return the services of the application that answers this connection."""
    services: Services = connection.app.state.services
    return services


def client_address(connection: HTTPConnection) -> str | None:
    """Return the network address the request came from, for the audit log."""
    return None if connection.client is None else connection.client.host


def client_device(connection: HTTPConnection) -> str | None:
    """Return what the client's browser or app calls itself, for people to recognise a sign-in by."""
    return connection.headers.get("user-agent")
