"""The roles of the business. Admin has every permission by construction; see `permissions`."""

from enum import StrEnum


class Role(StrEnum):
    """What a user is to the business; one user may be several."""

    CUSTOMER = "customer"
    DELIVERY_BOY = "delivery_boy"
    SUPPLIER = "supplier"
    MARKETING_STAFF = "marketing_staff"
    ADMIN = "admin"


STAFF_ROLES = frozenset({Role.MARKETING_STAFF, Role.ADMIN})
PARTNER_ROLES = frozenset({Role.DELIVERY_BOY, Role.SUPPLIER})
