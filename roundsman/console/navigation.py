"""Which pages there are for whom (pure): those of the office in three groups, and a portal for each kind of person."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from roundsman.access.permissions import Permission, permissions_of
from roundsman.access.roles import Role


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page that stands in the navigation: the key of its name among the strings, where it is, what it needs."""

    name: str
    path: str
    permission: Permission


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """Pages under one heading."""

    name: str
    links: tuple[PageLink, ...]


OFFICE: Final = (
    LinkGroup(
        "nav.customers",
        (
            PageLink("nav.activation", "/activation", Permission.ACTIVATION_READ),
            PageLink("nav.customer_list", "/customers", Permission.ACTIVATION_READ),
        ),
    ),
    LinkGroup(
        "nav.partners",
        (
            PageLink("nav.delivery_boys", "/delivery-boys", Permission.DELIVERY_BOYS_READ),
            PageLink("nav.payouts", "/payouts", Permission.DELIVERY_BOYS_READ),
            PageLink("nav.suppliers", "/suppliers", Permission.SUPPLIERS_READ),
            PageLink("nav.purchase_orders", "/purchase-orders", Permission.SUPPLIERS_READ),
        ),
    ),
    LinkGroup(
        "nav.system",
        (
            PageLink("nav.users", "/users", Permission.USERS_READ),
            PageLink("nav.roles", "/roles", Permission.USERS_READ),
            PageLink("nav.migration", "/migration", Permission.REVIEWS_READ),
            PageLink("nav.security", "/security", Permission.SYSTEM_READ),
            PageLink("nav.audit_log", "/audit-log", Permission.SYSTEM_READ),
            PageLink("nav.health", "/health", Permission.SYSTEM_READ),
        ),
    ),
)
PORTALS: Final = (
    LinkGroup(
        "nav.round",
        (
            PageLink("nav.today", "/round", Permission.ME_ROUND),
            PageLink("nav.earnings", "/earnings", Permission.ME_EARNINGS),
        ),
    ),
    LinkGroup(
        "nav.supplies",
        (
            PageLink("nav.to_supply", "/supplies", Permission.ME_SUPPLIES),
            PageLink("nav.prices", "/supplies/prices", Permission.ME_SUPPLIES),
            PageLink("nav.statement", "/supplies/statement", Permission.ME_SUPPLIES),
        ),
    ),
    LinkGroup(
        "nav.deliveries",
        (
            PageLink("nav.next_delivery", "/my", Permission.ME_PURCHASES),
            PageLink("nav.order", "/my/order", Permission.ME_ORDER),
            PageLink("nav.orders", "/my/orders", Permission.ME_PURCHASES),
        ),
    ),
)
ACCOUNT: Final = PageLink("nav.account", "/account", Permission.ME_READ)
_GROUPS_OF: Final = {
    Role.CUSTOMER: "nav.deliveries",
    Role.DELIVERY_BOY: "nav.round",
    Role.SUPPLIER: "nav.supplies",
}


def groups_for(roles: Collection[Role]) -> tuple[LinkGroup, ...]:
    """The pages that these roles may see, without empty groups; a portal only for who has its role himself."""
    own = [group for group in PORTALS if any(_GROUPS_OF.get(role) == group.name for role in roles)]
    return tuple(_allowed([*OFFICE, *own], permissions_of(roles)))


def home_of(roles: Collection[Role]) -> str:
    """The page on which somebody with these roles begins."""
    groups = groups_for(roles)
    return groups[0].links[0].path if groups else ACCOUNT.path


def current_of(groups: Iterable[LinkGroup], path: str) -> str | None:
    """The navigation's page to which an address belongs: the longest that begins it."""
    paths = [link.path for group in groups for link in group.links]
    above = [one for one in [*paths, ACCOUNT.path] if path == one or path.startswith(f"{one}/")]
    return max(above, key=len, default=None)


def _allowed(groups: Iterable[LinkGroup], permissions: Collection[Permission]) -> Iterable[LinkGroup]:
    for group in groups:
        links = tuple(link for link in group.links if link.permission in permissions)
        if links:
            yield LinkGroup(group.name, links)
