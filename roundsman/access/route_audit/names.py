"""What names give away: who is meant by a parameter, what guards, and what has to be open."""

import re
from typing import Final

_USER: Final = re.compile(
    r"^_?(current_?|active_?|logged_in_?|auth\w*_|the_)?(user|admin|principal|identity|account|member|staff|me|caller"
    r"|claims|payload|token_data|viewer)(_?(info|data|dict|doc))?$",
    re.IGNORECASE,
)
_GUARD: Final = re.compile(
    r"(^|_)(auth(?!ors?(_|$))\w*|require\w*|verify\w*|guard\w*|ensure\w*|protect\w*|permission\w*|login\w*|only"
    r"|admin|has_role)(_|$)|(current|active|logged_?in)_?(user|admin|principal)",
    re.IGNORECASE,
)
_CHECK: Final = re.compile(
    r"^_?(require|check|verify|ensure|assert|validate|authori[sz]e)(_\w+)?_(role|roles|admin|permissions?|access|token|auth"
    r"|staff|user)(_|$)|^_?authori[sz]e$",
    re.IGNORECASE,
)
_ENTRY: Final = re.compile(
    r"(^|/)(log_?in|log_?out|sign_?in|sign_?up|register|token|forgot_?\w*|reset_password|refresh_token|health\w*|ping"
    r"|ready|readyz|live|livez|version|favicon\.ico|jwks\.json)$"
    r"|(^|/)(otp|health|webhooks?|callback)/[^/]+$|(^|/)(auth|password|token|session)s?/(reset|refresh|verify|callback)$"
)
_TOKEN: Final = re.compile(
    r"(^|_)(access_?token|api_?key|x_api_key|secret|authorization|auth_header|token)$", re.IGNORECASE
)
_ROLE_NAME: Final = re.compile(r"(^|_)roles?(_|$)|user_type|^allowed$|^required$", re.IGNORECASE)


def is_role_name(name: str) -> bool:
    """Whether what a guard was made with, or takes, is named for roles."""
    return bool(_ROLE_NAME.search(name))


def is_user_like(name: str | None) -> bool:
    """Whether something is named for the one who asks."""
    return bool(name and _USER.match(name))


def is_guard_like(name: str) -> bool:
    """Whether something is named for guarding."""
    return bool(_GUARD.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)))


def is_check_like(name: str) -> bool:
    """Whether a function is named for refusing those who may not."""
    return bool(_CHECK.search(name))


def is_token_like(name: str) -> bool:
    """Whether something is named for what proves who one is; constants are what it is compared to."""
    return bool(_TOKEN.search(name.replace("-", "_"))) and not name.isupper()


def is_entry(path: str) -> bool:
    """Whether a path is that of signing in, health and the like, which have to be open."""
    parts = [part for part in path.split("/") if part and not part.startswith("{")]
    return bool(_ENTRY.search("/".join(parts[-2:]).replace("-", "_").lower()))
