"""What somebody may sign in with: a mobile or an e-mail that can be read without a doubt, each in its one spelling.

A contact of a profile needs none of this; it is kept even where it proves nothing.
"""

from typing import Final

from roundsman.errors import InvalidInput
from roundsman.identity.emails import read_email
from roundsman.identity.identifiers import email_key, phone_key
from roundsman.identity.phones import PhoneReason, read_phone
from roundsman.identity.users import Identifier
from roundsman.ids import UserId

_FAULTS: Final = {
    PhoneReason.EMPTY: "no number was given",
    PhoneReason.LETTERS: "it contains letters",
    PhoneReason.TOO_SHORT: "it has too few digits",
    PhoneReason.TOO_LONG: "it has too many digits",
    PhoneReason.MULTIPLE: "it holds more than one number",
    PhoneReason.PLACEHOLDER: "it is a made-up number",
    PhoneReason.FIXED_LINE: "it is a landline, which gets no code by SMS",
    PhoneReason.FOREIGN: "it is a number of another country",
    PhoneReason.INVALID: "no such number exists",
}


class UnusablePhone(InvalidInput):
    """Nobody can sign in with the phone."""

    code = "unusable_phone"


class UnusableEmail(InvalidInput):
    """Nobody can sign in with the e-mail."""

    code = "unusable_email"


def login_phone(text: str) -> str:
    """Read a mobile in any spelling as E.164. Raises UnusablePhone, which says what is wrong with it."""
    phone = read_phone(text)
    if phone.e164 is None or not phone.is_key:
        raise UnusablePhone(f"This phone cannot be used to sign in: {_FAULTS[phone.reason]}")
    return phone.e164


def login_email(text: str) -> str:
    """Read an e-mail address in its one spelling. Raises UnusableEmail."""
    email = read_email(text)
    if email.address is None or not email.is_login:
        raise UnusableEmail("This is not an e-mail address of a person")
    return email.address


def login_identifiers(user_id: UserId, *, phone: str | None, email: str | None) -> tuple[Identifier, ...]:
    """Make the identifiers of a user from what `login_phone` and `login_email` gave."""
    keys = [phone_key(phone)] if phone is not None else []
    if email is not None:
        keys.append(email_key(email))
    return tuple(Identifier(key, (user_id,)) for key in keys)
