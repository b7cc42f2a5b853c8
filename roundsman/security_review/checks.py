"""What is checked: each check, how grave it is when it fails, how it is mended and who asks for it; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from roundsman.access.route_audit.findings import Level


class Check(StrEnum):
    """What is checked."""

    PASSWORD_HASHES = "password_hashes"  # noqa: S105  the name of a check
    DEFAULT_PASSWORDS = "default_passwords"
    SECRETS = "secrets"
    COMMITTED_SECRETS = "committed_secrets"
    STAFF_SECOND_FACTOR = "staff_second_factor"
    MESSAGE_GATEWAY = "message_gateway"
    PUBLIC_ADDRESS = "public_address"
    TOKEN_CLAIMS = "token_claims"  # noqa: S105  the name of a check
    FORGED_TOKEN = "forged_token"  # noqa: S105  the name of a check
    ENDED_ACCESS = "ended_access"
    CODE_SETTINGS = "code_settings"
    CODE_REPLAY = "code_replay"
    CODE_GUESSING = "code_guessing"
    CODE_FLOOD = "code_flood"
    PASSWORD_GUESSING = "password_guessing"  # noqa: S105  the name of a check
    ADDRESS_LIMITS = "address_limits"
    SECURITY_HEADERS = "security_headers"
    COOKIES = "cookies"
    CORS = "cors"
    INJECTION = "injection"
    SERVER_ERRORS = "server_errors"
    MASS_ASSIGNMENT = "mass_assignment"
    LEAKS = "leaks"
    SCHEMA = "schema"
    AUDIT_CHAIN = "audit_chain"

    @property
    def level(self) -> Level:
        """How grave it is when it does not hold."""
        return _ABOUT[self].level

    @property
    def mend(self) -> str:
        """What to do when it does not hold."""
        return _ABOUT[self].mend

    @property
    def source(self) -> str:
        """Who asks for it."""
        return _ABOUT[self].source


@dataclass(frozen=True, slots=True)
class _About:
    level: Level
    mend: str
    source: str


_CODE_CHANGED: Final = "The code of Roundsman was changed: run its tests, and go back to a version in which this holds."
_ABOUT: Final[dict[Check, _About]] = {
    Check.PASSWORD_HASHES: _About(
        Level.ACTION,
        "Wrap unsalted hashes with `roundsman passwords wrap`; the first sign-in of each owner replaces them by argon2id.",
        "OWASP Password Storage; OWASP ASVS 5.0, 11.4.2",
    ),
    Check.DEFAULT_PASSWORDS: _About(
        Level.BLOCKER, "Set ROUNDSMAN_REFUSE_DEFAULT_PASSWORDS to true.", "OWASP ASVS 5.0, 6.3.2"
    ),
    Check.SECRETS: _About(
        Level.BLOCKER,
        "Replace what is named by something random: `roundsman keys rotate --emergency` for the key that signs, "
        "`openssl rand -hex 24` for a password of the database.",
        "OWASP ASVS 5.0, 11.5.1; NIST SP 800-63B-4, 3.2.10",
    ),
    Check.COMMITTED_SECRETS: _About(
        Level.BLOCKER,
        "Take the files out of the repository, and rotate every secret in them: its history keeps them.",
        "OWASP ASVS 5.0, 13.3.1",
    ),
    Check.STAFF_SECOND_FACTOR: _About(Level.ACTION, "Set ROUNDSMAN_STAFF_TOTP to required.", "OWASP ASVS 5.0, 6.3.3"),
    Check.MESSAGE_GATEWAY: _About(
        Level.INFO,
        "Set ROUNDSMAN_MESSAGE_GATEWAY and ROUNDSMAN_EMAIL_GATEWAY before people really sign in.",
        "OWASP ASVS 5.0, 6.6.1",
    ),
    Check.PUBLIC_ADDRESS: _About(
        Level.INFO, "Set ROUNDSMAN_PUBLIC_URL to the https address that people use.", "OWASP ASVS 5.0, 12.2.1"
    ),
    Check.TOKEN_CLAIMS: _About(
        Level.ACTION,
        "Lower ROUNDSMAN_ACCESS_TOKEN_MINUTES and ROUNDSMAN_ACCESS_TOKEN_STAFF_MINUTES.",
        "RFC 9068, 2.2; RFC 9700, 4.14; OWASP ASVS 5.0, 9.2.1",
    ),
    Check.FORGED_TOKEN: _About(Level.BLOCKER, _CODE_CHANGED, "RFC 8725; OWASP ASVS 5.0, 9.1.1 to 9.2.3"),
    Check.ENDED_ACCESS: _About(Level.BLOCKER, _CODE_CHANGED, "OWASP ASVS 5.0, 7.4.1 and 7.4.2"),
    Check.CODE_SETTINGS: _About(
        Level.ACTION, "Set ROUNDSMAN_OTP_* back to their defaults.", "NIST SP 800-63B-4, 3.1.3.2; OWASP ASVS 5.0, 6.6.2"
    ),
    Check.CODE_REPLAY: _About(Level.BLOCKER, _CODE_CHANGED, "OWASP ASVS 5.0, 6.5.1"),
    Check.CODE_GUESSING: _About(Level.BLOCKER, _CODE_CHANGED, "OWASP ASVS 5.0, 6.6.3"),
    Check.CODE_FLOOD: _About(
        Level.ACTION, "Set ROUNDSMAN_OTP_RESEND_SECONDS back to its default.", "OWASP ASVS 5.0, 2.4.1"
    ),
    Check.PASSWORD_GUESSING: _About(
        Level.BLOCKER, "Set ROUNDSMAN_SIGN_IN_* back to their defaults.", "OWASP ASVS 5.0, 6.3.1"
    ),
    Check.ADDRESS_LIMITS: _About(
        Level.ACTION,
        "Lower ROUNDSMAN_SIGN_IN_FAILURES_PER_ADDRESS and ROUNDSMAN_OTP_PER_ADDRESS_HOUR, unless so many really share one.",
        "OWASP ASVS 5.0, 2.4.1 and 6.3.1",
    ),
    Check.SECURITY_HEADERS: _About(Level.ACTION, _CODE_CHANGED, "OWASP ASVS 5.0, 3.4; OWASP HTTP Headers"),
    Check.COOKIES: _About(Level.ACTION, _CODE_CHANGED, "OWASP ASVS 5.0, 3.3"),
    Check.CORS: _About(
        Level.BLOCKER, "Name the origins that may read answers, and never every one.", "OWASP ASVS 5.0, 3.4.2"
    ),
    Check.INJECTION: _About(
        Level.BLOCKER, "Build the filter of the route from typed values.", "OWASP ASVS 5.0, 1.2; OWASP Top 10 A03"
    ),
    Check.SERVER_ERRORS: _About(
        Level.ACTION, "Refuse with 422 what the route cannot read; the log says where it broke.", "OWASP ASVS 5.0, 16.5"
    ),
    Check.MASS_ASSIGNMENT: _About(
        Level.BLOCKER, "Let the model of the request refuse unknown fields.", "OWASP ASVS 5.0, 15.3.3"
    ),
    Check.LEAKS: _About(Level.BLOCKER, "Take it out of the model of the answer.", "OWASP ASVS 5.0, 15.3.1"),
    Check.SCHEMA: _About(
        Level.ACTION, "Run `roundsman db check`, then `roundsman db upgrade`.", "OWASP ASVS 5.0, 2.2.1"
    ),
    Check.AUDIT_CHAIN: _About(
        Level.BLOCKER,
        "Run `roundsman audit-log verify`, which names the rows; find out who reached the database.",
        "OWASP ASVS 5.0, 16.4.2",
    ),
}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check: what was tried, what was answered or counted, and whether it holds."""

    check: Check
    tried: str
    evidence: str
    holds: bool


def findings_in(results: Iterable[Result]) -> tuple[Result, ...]:
    """What does not hold, the gravest first."""
    return tuple(sorted((one for one in results if not one.holds), key=lambda one: one.check.level.rank))


def worst_in(results: Iterable[Result]) -> Level | None:
    """The gravest level of what does not hold; None if all does."""
    return min((one.check.level for one in findings_in(results)), key=lambda level: level.rank, default=None)
