"""What each role may do. One table, read by the guards, the documentation and the audit alike."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from roundsman.access.roles import Role


class Permission(StrEnum):
    """One thing that can be allowed, named `area:action`."""

    ME_READ = "me:read"
    """See one's own user, roles and profiles."""
    ME_FORMER = "me:former"
    """See by which ids the existing application knows oneself; it asks this for everybody it lets in."""
    ME_PROVE = "me:prove"
    """Prove again who one is, and set up an authenticator."""
    ME_CHANGE = "me:change"
    """Change one's own phone and e-mail."""
    ME_PASSWORD = "me:password"  # noqa: S105  the name of a permission
    """Set or change one's own password."""
    ME_MESSAGES = "me:messages"
    """Say whether one wants messages about orders and about coming back."""
    ME_EXPORT = "me:export"
    """Get everything that is stored about oneself."""
    ME_CLOSE = "me:close"
    """Close one's own account, which erases everything personal."""
    ME_PURCHASES = "me:purchases"
    """See one's own orders, payments and subscriptions."""
    ME_ORDER = "me:order"
    """Order something for oneself, and cancel that."""
    ME_PAUSE = "me:pause"
    """Pause one's own subscriptions, and go on with them."""
    ME_RATE = "me:rate"
    """Say how a delivery to oneself was."""
    ME_ROUND = "me:round"
    """See what one has to bring to whom today."""
    ME_DELIVER = "me:deliver"
    """Tell what became of the deliveries of one's own round."""
    ME_EARNINGS = "me:earnings"
    """See what one earned with deliveries, and what of it was paid."""
    ME_SUPPLIES = "me:supplies"
    """See what is one's own as a supplier: profile, products, prices, purchase orders and dues."""
    ME_SUPPLY = "me:supply"
    """Answer one's own purchase orders as a supplier, and propose prices."""
    CATALOG_READ = "catalog:read"
    """See what is sold, and for how much."""
    SESSIONS_MANAGE = "sessions:manage"
    """See where one is signed in, and sign out here or there."""
    CUSTOMERS_CREATE = "customers:create"
    """Register a customer who stands at the door or on the phone (assisted onboarding)."""
    CONTACTS_RECORD = "contacts:record"
    """Tell that one has spoken with a customer."""
    CONTACTS_REVEAL = "contacts:reveal"
    """See phones and e-mails of customers in full that pages mask, one customer at a time; the audit log keeps it."""
    USERS_REVEAL = "users:reveal"
    """The same of any user."""
    CATALOG_PRICES = "catalog:prices"
    """See all prices of any product, those of before and those to come, sold or not."""
    CATALOG_MANAGE = "catalog:manage"
    """Take products into the catalogue and out of it, and set their prices."""
    PURCHASES_READ = "purchases:read"
    """See the orders, payments and subscriptions of any customer."""
    ORDERS_MANAGE = "orders:manage"
    """Order for any customer, cancel an order, and say whether it was delivered."""
    DELIVERY_BOYS_READ = "delivery_boys:read"
    """See all delivery boys with their rounds, earnings and payouts."""
    DELIVERY_BOYS_CREATE = "delivery_boys:create"
    """Register delivery boys, change their profiles, and say whether they can be given deliveries."""
    DELIVERIES_ASSIGN = "deliveries:assign"
    """Say who delivers to whom, and take back that something was delivered."""
    RATES_SET = "rates:set"
    """Say what deliveries bring from when on."""
    EARNINGS_ADJUST = "earnings:adjust"
    """Propose to add to somebody's earnings or to take from them, and decide about another's proposal."""
    CASH_TAKE = "cash:take"
    """Take the money that a delivery boy was paid at doors, and say how much it was after all."""
    PAYOUTS_DRAFT = "payouts:draft"
    """Draft payouts, and say that one was paid or came to nothing."""
    PAYOUTS_APPROVE = "payouts:approve"
    """Say that a payout may be paid."""
    PAYMENTS_RECORD = "payments:record"
    """Tell of payments of any customer, and of money that went back to him."""
    SUBSCRIPTIONS_MANAGE = "subscriptions:manage"
    """Pause the subscriptions of any customer, and go on with them."""
    SUPPLIERS_READ = "suppliers:read"
    """See suppliers, their purchase orders, dues and proposed prices, and what is needed for a day."""
    SUPPLIERS_ONBOARD = "suppliers:onboard"
    """Take on a supplier, with his account, and change his profile."""
    SUPPLIERS_BUY = "suppliers:buy"
    """Say which supplier brings what, make and send purchase orders, and tell what came."""
    SUPPLIERS_PRICE = "suppliers:price"
    """Accept and reject the prices that suppliers propose."""
    SUPPLIERS_PAY = "suppliers:pay"
    """Tell of payments to suppliers and of their credit notes, and reverse what was told wrongly."""
    USERS_READ = "users:read"
    """Find any user by any identifier and see his roles and profiles."""
    USERS_EXPORT = "users:export"
    """Get everything that is stored about another, on his behalf."""
    AUTHENTICATORS_FORGET = "authenticators:forget"
    """Let somebody who lost his authenticator and its recovery codes enrol anew."""
    USERS_SESSIONS = "users:sessions"
    """See where a user is signed in, and sign him out."""
    USERS_DISABLE = "users:disable"
    """Shut a user out, and let him in again."""
    ACTIVATION_READ = "activation:read"
    """See how far customers have come, with their names and phones."""
    ROLES_GRANT = "roles:grant"
    """Give a user a role, and take it from him."""
    REVIEWS_READ = "reviews:read"
    """See what an import left to humans, with the people side by side."""
    REVIEWS_DECIDE = "reviews:decide"
    """Say who is who, which joins people or keeps them apart, and take such an answer back."""
    FACTS_TELL = "facts:tell"
    """Tell what happened to customers, as another system does (an integration account), and see what came to nothing."""
    MESSAGES_SET = "messages:set"
    """See which messages customers get when they come and go, and switch them on and off."""
    SYSTEM_READ = "system:read"
    """See how the program is: its health, what the security review says, and the audit log."""
    MIGRATION_RUN = "migration:run"
    """Plan an import and carry it out, prove it, and take it back."""


class Changes(StrEnum):
    """What a permission lets one change, so that nobody changes it here while the existing application manages it."""

    NOTHING = "nothing"
    """It reads, or changes only what Roundsman alone knows of."""
    PEOPLE = "people"
    """Users, profiles, roles, passwords: Roundsman's from cutover on."""
    OPERATIONS = "operations"
    """Orders and what follows from them: Roundsman's from the second switch on."""


_OF_EVERYBODY: Final = frozenset(
    {
        Permission.ME_READ,
        Permission.ME_FORMER,
        Permission.ME_PROVE,
        Permission.ME_CHANGE,
        Permission.ME_PASSWORD,
        Permission.ME_MESSAGES,
        Permission.ME_EXPORT,
        Permission.ME_CLOSE,
        Permission.SESSIONS_MANAGE,
        Permission.CATALOG_READ,
    }
)

_OF_CUSTOMERS: Final = frozenset(
    {Permission.ME_PURCHASES, Permission.ME_ORDER, Permission.ME_PAUSE, Permission.ME_RATE}
)
_OF_DELIVERY_BOYS: Final = frozenset({Permission.ME_ROUND, Permission.ME_DELIVER, Permission.ME_EARNINGS})

_OF_SUPPLIERS: Final = frozenset({Permission.ME_SUPPLIES, Permission.ME_SUPPLY})

OWN_ONLY: Final = (_OF_EVERYBODY | _OF_CUSTOMERS | _OF_DELIVERY_BOYS | _OF_SUPPLIERS) - {Permission.CATALOG_READ}
"""Permissions that reach only what belongs to the one who asks."""

MAY_TRUST_RECENT: Final = frozenset({Permission.ME_READ})
"""Permissions for which session and roles may have been read up to two seconds ago; for all others they are read anew.

Money, roles and whatever else is hard to take back must never be added.
"""

_GRANTED: Final[dict[Role, frozenset[Permission]]] = {
    Role.CUSTOMER: _OF_EVERYBODY | _OF_CUSTOMERS,
    Role.DELIVERY_BOY: _OF_EVERYBODY | _OF_DELIVERY_BOYS | {Permission.CUSTOMERS_CREATE},
    Role.SUPPLIER: _OF_EVERYBODY | _OF_SUPPLIERS,
    Role.MARKETING_STAFF: _OF_EVERYBODY
    | {Permission.CUSTOMERS_CREATE, Permission.CONTACTS_RECORD, Permission.CONTACTS_REVEAL, Permission.ACTIVATION_READ},
    # Made from the enum, so that no permission can be added that admin lacks.
    Role.ADMIN: frozenset(Permission),
}


_CHANGES: Final[dict[Permission, Changes]] = {
    Permission.ME_READ: Changes.NOTHING,
    Permission.ME_FORMER: Changes.NOTHING,
    # Sessions and authenticators are Roundsman's own.
    Permission.ME_PROVE: Changes.NOTHING,
    Permission.ME_CHANGE: Changes.PEOPLE,
    Permission.ME_PASSWORD: Changes.PEOPLE,
    Permission.ME_MESSAGES: Changes.NOTHING,
    Permission.ME_EXPORT: Changes.NOTHING,
    Permission.ME_CLOSE: Changes.PEOPLE,
    Permission.ME_PURCHASES: Changes.NOTHING,
    Permission.CATALOG_READ: Changes.NOTHING,
    Permission.CATALOG_PRICES: Changes.NOTHING,
    Permission.CATALOG_MANAGE: Changes.OPERATIONS,
    Permission.ME_ORDER: Changes.OPERATIONS,
    Permission.ME_PAUSE: Changes.OPERATIONS,
    Permission.ME_RATE: Changes.OPERATIONS,
    Permission.ME_ROUND: Changes.NOTHING,
    Permission.ME_DELIVER: Changes.OPERATIONS,
    Permission.ME_EARNINGS: Changes.NOTHING,
    Permission.DELIVERY_BOYS_READ: Changes.NOTHING,
    Permission.DELIVERY_BOYS_CREATE: Changes.PEOPLE,
    Permission.DELIVERIES_ASSIGN: Changes.OPERATIONS,
    Permission.RATES_SET: Changes.OPERATIONS,
    Permission.EARNINGS_ADJUST: Changes.OPERATIONS,
    Permission.CASH_TAKE: Changes.OPERATIONS,
    Permission.PAYOUTS_DRAFT: Changes.OPERATIONS,
    Permission.PAYOUTS_APPROVE: Changes.OPERATIONS,
    Permission.ME_SUPPLIES: Changes.NOTHING,
    Permission.ME_SUPPLY: Changes.OPERATIONS,
    Permission.USERS_EXPORT: Changes.NOTHING,
    Permission.AUTHENTICATORS_FORGET: Changes.NOTHING,
    Permission.SESSIONS_MANAGE: Changes.NOTHING,
    Permission.CUSTOMERS_CREATE: Changes.PEOPLE,
    # The existing application knows nothing of them.
    Permission.CONTACTS_RECORD: Changes.NOTHING,
    Permission.CONTACTS_REVEAL: Changes.NOTHING,
    Permission.USERS_REVEAL: Changes.NOTHING,
    Permission.PURCHASES_READ: Changes.NOTHING,
    Permission.ORDERS_MANAGE: Changes.OPERATIONS,
    Permission.PAYMENTS_RECORD: Changes.OPERATIONS,
    Permission.SUBSCRIPTIONS_MANAGE: Changes.OPERATIONS,
    Permission.SUPPLIERS_READ: Changes.NOTHING,
    Permission.SUPPLIERS_ONBOARD: Changes.PEOPLE,
    Permission.SUPPLIERS_BUY: Changes.OPERATIONS,
    Permission.SUPPLIERS_PRICE: Changes.OPERATIONS,
    Permission.SUPPLIERS_PAY: Changes.OPERATIONS,
    Permission.USERS_READ: Changes.NOTHING,
    Permission.ACTIVATION_READ: Changes.NOTHING,
    Permission.USERS_SESSIONS: Changes.NOTHING,
    Permission.USERS_DISABLE: Changes.PEOPLE,
    Permission.ROLES_GRANT: Changes.PEOPLE,
    Permission.REVIEWS_READ: Changes.NOTHING,
    # Answers are how an import is brought to its end, before cutover and after it.
    Permission.REVIEWS_DECIDE: Changes.NOTHING,
    # Where another system has the orders, its facts are all that is known of them.
    Permission.FACTS_TELL: Changes.NOTHING,
    Permission.MESSAGES_SET: Changes.NOTHING,
    Permission.SYSTEM_READ: Changes.NOTHING,
    # How people and orders come to be managed here at all.
    Permission.MIGRATION_RUN: Changes.NOTHING,
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
