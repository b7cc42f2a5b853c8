"""Messages as values, and what they say (pure). A message has a template and values; texts stand here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Channel(StrEnum):
    """How a message reaches somebody."""

    SMS = "sms"
    EMAIL = "email"


class Template(StrEnum):
    """What a message says."""

    CODE = "code"
    """A code that proves who has the phone or e-mail; the only one that carries a secret of six or eight digits."""
    RESET_LINK = "reset_link"
    CONTACT_CHANGED = "contact_changed"
    SESSION_STOLEN = "session_stolen"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  the name of a template
    WELCOME = "welcome"
    FIRST_ORDER = "first_order"
    WE_MISS_YOU = "we_miss_you"
    WELCOME_BACK = "welcome_back"


ACTIVATION_TEMPLATES: Final = (Template.WELCOME, Template.FIRST_ORDER, Template.WE_MISS_YOU, Template.WELCOME_BACK)
"""What the owner may have said to customers as they come and go; each is off until he switches it on."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person.

    `key` names it: putting the same key twice is one message. `secret` is a value that is sealed (`notifications.sealing`)
    and fills `{secret}`; it is forgotten once the message is sent. After `useful_until` it is not sent any more.
    """

    key: str
    channel: Channel
    to: str
    template: Template
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    secret: bytes | None = field(default=None, repr=False)
    useful_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as it is handed to a sender. Never logged: it may hold a code."""

    channel: Channel
    to: str
    subject: str
    text: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    dlt_template: str = ""
    """The id under which its text is registered in India, where it is."""


_SUBJECTS: Final[Mapping[Template, str]] = {
    Template.CODE: "Your code",
    Template.RESET_LINK: "Set a new password",
    Template.CONTACT_CHANGED: "Your phone or e-mail was changed",
    Template.SESSION_STOLEN: "You were signed out",
    Template.PASSWORD_CHANGED: "Your password was changed",
    Template.WELCOME: "Welcome",
    Template.FIRST_ORDER: "Your first order",
    Template.WE_MISS_YOU: "We miss you",
    Template.WELCOME_BACK: "Welcome back",
}
_TEXTS: Final[Mapping[Template, str]] = {
    Template.CODE: "{secret} is your code for {brand}. It counts for {minutes} minutes. Give it to nobody, not even to us.",
    Template.RESET_LINK: "Set a new password for {brand} within {minutes} minutes: {secret}",
    Template.CONTACT_CHANGED: "Your {kind} at {brand} was changed. If that was not you, call the office at once.",
    Template.SESSION_STOLEN: "A sign-in of yours at {brand} was used from two places, so it was ended. Sign in again.",
    Template.PASSWORD_CHANGED: "Your password at {brand} was changed. If that was not you, call the office at once.",
    Template.WELCOME: "Welcome to {brand}. We bring what you order to your door every morning.",
    Template.FIRST_ORDER: "Thank you for your first order at {brand}. It is on its way to you.",
    Template.WE_MISS_YOU: "We miss you at {brand}. Order again whenever you like; we still know your door.",
    Template.WELCOME_BACK: "Welcome back to {brand}. It is good to deliver to you again.",
}
_ALWAYS: Final = {"brand": "Roundsman", "kind": "phone or e-mail", "minutes": "a few", "dlt_template": ""}


def rendered(message: Message, *, secret: str | None) -> Rendered:
    """Fill in what the message says; `secret` is its unsealed secret."""
    values = {**_ALWAYS, **message.values, "secret": secret or ""}
    text = _TEXTS[message.template].format_map(values)
    code = secret if message.template is Template.CODE else None
    return Rendered(message.channel, message.to, _SUBJECTS[message.template], text, code, values["dlt_template"])
