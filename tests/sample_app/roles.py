from enum import StrEnum


class Role(StrEnum):
    CUSTOMER = "customer"
    VIEWER = "viewer"
    STAFF = "staff"
    ADMIN = "admin"


class Permission(StrEnum):
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    ORDERS_SHRED = "orders:shred"


GRANTED = {
    Role.CUSTOMER: {Permission.ORDERS_READ},
    Role.VIEWER: {Permission.ORDERS_READ},
    Role.STAFF: {Permission.ORDERS_READ, Permission.ORDERS_WRITE},
    Role.ADMIN: {Permission.ORDERS_READ, Permission.ORDERS_WRITE},
}
