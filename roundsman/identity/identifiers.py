"""The keys under which users are found: `phone:+91…`, `email:a@b.in`, `alias:` and any id they had before."""

import unicodedata
from typing import ClassVar, Final, NewType

from roundsman.errors import InvalidInput
from roundsman.identity.emails import read_email
from roundsman.identity.phones import read_phone

IdentifierKey = NewType("IdentifierKey", str)

_LONGEST: Final = 254


class MalformedIdentifier(InvalidInput):
    """The text cannot be an identifier of anybody: empty, too long, or with control characters."""

    code: ClassVar[str] = "malformed_identifier"


def phone_key(e164: str) -> IdentifierKey:
    """The key of a phone in E.164."""
    return IdentifierKey(f"phone:{e164}")


def email_key(address: str) -> IdentifierKey:
    """The key of a normalised e-mail address."""
    return IdentifierKey(f"email:{address}")


def alias_key(old_id: str) -> IdentifierKey:
    """The key of an id that a record had before, exactly as it was."""
    return IdentifierKey(f"alias:{old_id}")


def identifier_candidates(text: str) -> tuple[IdentifierKey, ...]:
    """Every key under which what somebody typed may be stored, the likeliest first.

    Any text may be an old id, so the alias always comes last. A phone or an e-mail is tried if it can be read at all:
    whether it may sign anybody in was decided when it was stored.

    Raises:
        MalformedIdentifier: the text is empty, longer than 254 characters, or has control characters.
    """
    text = text.strip()
    _refuse_malformed(text)
    phone, email = read_phone(text), read_email(text)
    keys = [phone_key(phone.e164)] if phone.e164 is not None else []
    if email.address is not None:
        keys.append(email_key(email.address))
    return (*keys, alias_key(text))


def _refuse_malformed(text: str) -> None:
    if not text:
        raise MalformedIdentifier("An identifier is needed: a phone, an e-mail address or an id.")
    if len(text) > _LONGEST:
        raise MalformedIdentifier(f"An identifier has at most {_LONGEST} characters.")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise MalformedIdentifier("An identifier has no control characters.")
