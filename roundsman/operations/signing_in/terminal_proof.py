"""Proving who one is at the command line, where there is no session: everything that signing in would ask for, each time."""

from dataclasses import dataclass, field
from datetime import datetime

from roundsman.access.assurance import AssuranceRules
from roundsman.access.roles import Role
from roundsman.audit_log.entries import Actor
from roundsman.auth.hashing import PasswordHashing
from roundsman.auth.second_factors import Authenticators, has_second_factor, use_code
from roundsman.database.transaction import Tx
from roundsman.errors import NotPermitted
from roundsman.identity.lookup import find_user
from roundsman.identity.users import UserStatus
from roundsman.ids import UserId
from roundsman.operations.signing_in.stepping_up import prove_password

COMMAND_LINE = "command line"
"""What the audit log says instead of a network address."""


class NoAdmin(NotPermitted):
    """Who is named is no admin who may sign in."""

    code = "no_admin"


@dataclass(frozen=True, slots=True)
class Typed:
    """Who somebody says he is, by phone, e-mail or id, with his password and the code of his authenticator if he has one."""

    who: str
    password: str = field(repr=False)
    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class TerminalProof:
    """What proofs are checked with, and how sure they have to be."""

    hashing: PasswordHashing
    authenticators: Authenticators
    assurance: AssuranceRules


async def prove_admin(tx: Tx, typed: Typed, *, by: TerminalProof, now: datetime) -> UserId:
    """Find the admin who is at the keyboard. Not to be called in a transaction.

    Raises NoAdmin, WrongPassword, NoSecondFactor, WrongCode, TooOften, TooManyWrongCodes, UnknownIdentifier.
    """
    user = await find_user(tx, typed.who)
    if Role.ADMIN not in user.effective_roles or user.status is not UserStatus.ACTIVE:
        raise NoAdmin("Only an admin does that: name one with --as PHONE or --as EMAIL")
    await prove_password(tx, user.id, typed.password, hashing=by.hashing, now=now)
    if by.assurance.staff_needs_second_factor or await has_second_factor(tx, user.id):
        await use_code(tx, user.id, typed.code or "", by=by.authenticators, now=now)
    return user.id


def at_terminal(user_id: UserId) -> Actor:
    """Name an admin at the command line as the one who acts."""
    return Actor(str(user_id), address=COMMAND_LINE)
