"""What each role may do. One table, read by the guards, the documentation and the audit alike."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from roundsman.access.roles import Role


class Permission(StrEnum):
    """One thing that can be allowed, named `area:action`."""

    ME_READ = "me:read"
    """See one's own user, roles and profiles."""
    CUSTOMERS_CREATE = "customers:create"
    """Register a customer who stands at the door or on the phone (assisted onboarding)."""
    USERS_READ = "users:read"
    """Find any user by any identifier and see his roles and profiles."""
    REVIEWS_READ = "reviews:read"
    """See what an import left to humans, with the people side by side."""
    REVIEWS_DECIDE = "reviews:decide"
    """Say who is who, which joins people or keeps them apart, and take such an answer back."""


class Changes(StrEnum):
    """What a permission lets one change, so that nobody changes it here while the existing application manages it."""

    NOTHING = "nothing"
    """It reads, or changes only what Roundsman alone knows of."""
    PEOPLE = "people"
    """Users, profiles, roles, passwords: Roundsman's from cutover on."""
    OPERATIONS = "operations"
    """Orders and what follows from them: Roundsman's from the second switch on."""


OWN_ONLY: Final = frozenset({Permission.ME_READ})
"""Permissions that reach only what belongs to the one who asks."""

_GRANTED: Final[dict[Role, frozenset[Permission]]] = {
    Role.CUSTOMER: frozenset({Permission.ME_READ}),
    Role.DELIVERY_BOY: frozenset({Permission.ME_READ, Permission.CUSTOMERS_CREATE}),
    Role.SUPPLIER: frozenset({Permission.ME_READ}),
    Role.MARKETING_STAFF: frozenset({Permission.ME_READ, Permission.CUSTOMERS_CREATE}),
    # Made from the enum, so that no permission can be added that admin lacks.
    Role.ADMIN: frozenset(Permission),
}


_CHANGES: Final[dict[Permission, Changes]] = {
    Permission.ME_READ: Changes.NOTHING,
    Permission.CUSTOMERS_CREATE: Changes.PEOPLE,
    Permission.USERS_READ: Changes.NOTHING,
    Permission.REVIEWS_READ: Changes.NOTHING,
    # Answers are how an import is brought to its end, before cutover and after it.
    Permission.REVIEWS_DECIDE: Changes.NOTHING,
}


def changes_of(permission: Permission) -> Changes:
    """What the permission lets one change. A permission that does not say so stops the program when a route uses it."""
    return _CHANGES[permission]


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that the roles allow together."""
    return frozenset[Permission]().union(*(_GRANTED[role] for role in roles))


def roles_with(permission: Permission) -> frozenset[Role]:
    """The roles that have the permission."""
    return frozenset(role for role, granted in _GRANTED.items() if permission in granted)
