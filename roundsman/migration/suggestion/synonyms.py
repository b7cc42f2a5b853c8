"""What applications call the things that a profile has a word for, the likeliest first (pure).

Values beat names: a field is taken for a phone because it holds phones. Names decide where values say nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from roundsman.migration.profile import Kind
from roundsman.migration.suggestion.facts import Trait

NOUNS: Final[Mapping[Kind, Sequence[str]]] = {
    Kind.DELIVERY_BOY: (
        *("delivery boy", "delivery man", "delivery person", "delivery partner", "delivery agent", "delivery staff"),
        *("driver", "rider", "courier", "deliverer"),
    ),
    Kind.SUPPLIER: ("supplier", "vendor", "seller", "farmer", "wholesaler"),
    Kind.CUSTOMER: ("customer", "client", "buyer", "consumer", "shopper", "subscriber", "household", "patron"),
    Kind.USER: ("user", "account", "login", "member"),
    Kind.ORDER: ("order", "sale", "purchase"),
    Kind.PRODUCT: ("product", "item", "sku", "article"),
    Kind.ADDRESS: ("address",),
}
"""What collections of a kind are called, and what fields that lead there."""

OWN_IDS: Final = ("id", "uuid", "guid", "uid", "code", "number", "external id", "legacy id")
STAFF: Final = frozenset({"admin", "marketing_staff"})
"""Roles that give rights over other people's data: no spelling but our own is taken for one of them."""

BY_SOMEBODY: Final = ("by", "marketing", "agent", "salesman", "sale", "manager", "approver", "operator", "creator")
"""In the names of fields that tell who did something, or looks after somebody: another person than the record's own."""
BY_THE_OWNER: Final = ("ordered by", "placed by", "bought by", "purchased by", "paid by")
RELATED: Final = ("parent", "referrer", "referred", "friend", "spouse", "guardian", "sponsor", "assigned")
NEED_A_PROFILE: Final = ("subscription", "membership", "standing order")
ADDRESS_PARTS: Final = (
    *("full address", "address line 1", "line 1", "address 1", "street", "street address", "address", "house"),
    *("address line 2", "line 2", "address 2", "landmark", "locality", "area", "city", "town", "district", "state"),
    *("pin code", "postal code", "postcode", "zip", "zip code", "country"),
)
_NAMES: Final = ("name", "full name", "display name", "contact name", "contact person", "person name")
FIRST_NAMES: Final = ("first name", "given name", "forename", "fname", "name first", "first")
LAST_NAMES: Final = ("last name", "surname", "family name", "lname", "name last", "last")
_CREATED: Final = (
    "created at",
    "created",
    "creation date",
    "created on",
    "date created",
    "created date",
    "create time",
)
_JOINED: Final = (
    "registered at",
    "signup date",
    "sign up date",
    "joined at",
    "date joined",
    "join date",
    "customer since",
    "start date",
)
_TRIAL: Final = ("trial start date", "trial started at", "trial start")
LINES: Final = ("item", "order item", "line", "line item", "order line", "product", "cart item", "cart", "detail")
PRICES: Final = ("price", "unit price", "rate", "selling price", "item price", "sale price", "mrp", "default price")
TOTALS: Final = ("total", "total amount", "grand total", "total price", "order total", "amount", "net amount", "bill")


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a meaning is recognised. `by_value`: its values are so peculiar that no name is needed."""

    name: str
    names: Sequence[str]
    traits: Sequence[Trait]
    by_value: bool = False
    several: bool = False
    """Fields that fill each other's gaps are all taken."""


_PHONE = Meaning(
    "phone",
    ("phone", "mobile", "phone number", "mobile number", "contact number", "cell", "telephone", "whatsapp", "contact"),
    (Trait.PHONE, Trait.DIGITS),
    by_value=True,
)
_EMAIL = Meaning("email", ("email", "email address", "email id", "mail", "e mail"), (Trait.EMAIL,), by_value=True)
_PASSWORD = Meaning(
    "password",
    ("password", "password hash", "hashed password", "pwd", "pass", "passwd", "pass hash", "password digest", "hash"),
    (Trait.BCRYPT, Trait.SHA256),
    by_value=True,
    several=True,
)
_NAME = Meaning("name", (*_NAMES, *FIRST_NAMES), (Trait.TEXT,))
_ACTIVE = Meaning("is_active", ("is active", "active", "enabled", "is enabled", "available"), (Trait.BOOLEAN,))
_CREATED_AT = Meaning("created_at", (*_CREATED, *_JOINED, *_TRIAL), (Trait.MOMENT,), several=True)
_STATUS = Meaning("status", ("status", "customer status", "account status"), (Trait.TEXT,))
_AREA = Meaning("area", ("area", "zone", "locality", "area assigned", "area name", "region", "route"), (Trait.TEXT,))
_PERSON: Final = (
    _PHONE,
    _EMAIL,
    _NAME,
    Meaning("last_name", LAST_NAMES, (Trait.TEXT,)),
    _ACTIVE,
    _CREATED_AT,
    Meaning(
        "last_sign_in_at",
        ("last login", "last login at", "last sign in", "last sign in at", "last signed in", "last logged in"),
        (Trait.MOMENT,),
    ),
    Meaning("phone_verified_at", ("phone verified at", "mobile verified at"), (Trait.MOMENT,)),
)
_ADDRESS = Meaning(
    "address",
    ("address", "full address", "delivery address", "shipping address", "street address", "home address", "street"),
    (Trait.TEXT,),
)
MEANINGS: Final[Mapping[Kind, Sequence[Meaning]]] = {
    Kind.USER: (
        _PASSWORD,
        *_PERSON,
        Meaning("role", ("role", "user role", "user type", "account type", "type"), (Trait.TEXT,)),
    ),
    Kind.CUSTOMER: (*_PERSON, _ADDRESS, _AREA, _STATUS),
    Kind.DELIVERY_BOY: (
        *_PERSON,
        _AREA,
        Meaning("areas", ("areas", "assigned areas", "zones", "service areas", "localities"), (Trait.LIST,)),
        _STATUS,
        Meaning("earnings_total", ("total earnings", "earnings total", "lifetime earnings"), (Trait.NUMBER,)),
        Meaning("earnings_month", ("month earnings", "earnings month", "this month earnings"), (Trait.NUMBER,)),
    ),
    Kind.SUPPLIER: (
        Meaning(
            "gstin", ("gstin", "gst number", "gst", "gst no", "tax id"), (Trait.GSTIN,), by_value=True, several=True
        ),
        *_PERSON,
        _ADDRESS,
        Meaning("payment_terms", ("payment terms", "terms", "credit terms", "payment term"), (Trait.TEXT,)),
    ),
    Kind.PRODUCT: (
        Meaning("name", ("name", "title", "product name", "item name", "label"), (Trait.TEXT,)),
        Meaning("unit", ("unit", "uom", "pack size", "measure", "unit of measure"), (Trait.TEXT,)),
        Meaning("price", ("default price", *PRICES), (Trait.NUMBER,), several=True),
        _ACTIVE,
        _CREATED_AT,
    ),
    Kind.ADDRESS: (
        Meaning("label", ("label", "type", "address type", "tag", "title", "nickname"), (Trait.TEXT,)),
        Meaning("is_default", ("is default", "default", "is primary", "primary"), (Trait.BOOLEAN,)),
    ),
    Kind.ORDER: (
        Meaning(
            "for_date",
            ("delivery date", "for date", "scheduled for", "deliver on", "scheduled date", "slot date"),
            (Trait.MOMENT,),
        ),
        Meaning("delivered_at", ("delivered at", "delivered on", "delivery time"), (Trait.MOMENT,)),
        Meaning("cancelled_at", ("cancelled at", "canceled at", "cancelled on"), (Trait.MOMENT,)),
        Meaning(
            "placed_at",
            (*_CREATED, "placed at", "order date", "ordered at", "sale date", "purchase date", "date"),
            (Trait.MOMENT,),
        ),
        Meaning("status", ("status", "order status", "state", "delivery status"), (Trait.TEXT,)),
        Meaning("order_type", ("order type",), (Trait.TEXT,)),
        Meaning("total", TOTALS, (Trait.NUMBER,)),
        Meaning("address", ("address", "delivery address", "shipping address", "ship to"), (Trait.TEXT,)),
    ),
    Kind.ACTIVITY: (
        Meaning(
            "at",
            (*_CREATED, "date", "at", "timestamp", "time", "start date", "delivered at"),
            (Trait.MOMENT,),
            several=True,
        ),
    ),
}
LINE_MEANINGS: Final = (
    Meaning("line_name", ("product name", "name", "title", "item name", "item", "product"), (Trait.TEXT,)),
    Meaning("line_quantity", ("quantity", "qty", "count", "units", "amount"), (Trait.NUMBER,)),
    Meaning("line_price", ("price", "unit price", "rate", "selling price", "item price", "cost"), (Trait.NUMBER,)),
)
WANTED: Final[Mapping[Kind, Sequence[str]]] = {
    Kind.USER: ("name", "phone", "email", "password", "role"),
    Kind.CUSTOMER: ("name", "phone", "email", "address", "link_user"),
    Kind.DELIVERY_BOY: ("name", "phone", "link_user"),
    Kind.SUPPLIER: ("name", "phone", "link_user"),
    Kind.PRODUCT: ("name", "price"),
    Kind.ADDRESS: ("owner", "text"),
    Kind.ORDER: ("owner", "placed_at", "lines"),
    Kind.ACTIVITY: ("owner",),
}
"""What somebody should look for where nothing was found."""

SAID_BY_BOOLEANS: Final[Mapping[str, tuple[Sequence[str], str]]] = {
    "role": (("is admin", "admin"), "admin"),
    "status": (("is delivered", "delivered", "is fulfilled"), "delivered"),
}
"""Booleans that say a role or status, and what it means where they are true."""

WORDS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "role": {
        "customer": ("customer", "user", "client", "buyer", "shopper", "consumer", "member"),
        "delivery_boy": (
            "delivery boy",
            "delivery",
            "driver",
            "rider",
            "courier",
            "delivery partner",
            "delivery agent",
        ),
        "supplier": ("supplier", "vendor", "seller", "farmer"),
        "marketing_staff": ("marketing staff", "marketing"),
        "admin": ("admin", "administrator", "super admin", "superadmin", "owner"),
    },
    "customer_status": {
        "trial": ("trial", "on trial"),
        "active": ("active", "enabled"),
        "paused": ("paused", "on hold", "suspended", "vacation"),
        "stopped": ("stopped", "inactive", "churned", "cancelled", "closed", "disabled", "left"),
    },
    "delivery_boy_status": {
        "active": ("active", "available", "on duty", "enabled"),
        "left": ("inactive", "left", "resigned", "terminated", "disabled"),
        "on_leave": ("on leave", "leave", "off duty"),
        "suspended": ("suspended", "blocked"),
    },
    "order_status": {
        "pending": ("pending", "confirmed", "placed", "new", "created", "processing", "accepted", "paid", "packed"),
        "out_for_delivery": ("out for delivery", "shipped", "dispatched", "in transit", "on the way"),
        "delivered": ("delivered", "partially delivered", "completed", "complete", "fulfilled"),
        "not_delivered": ("not delivered", "undelivered", "failed", "returned"),
        "cancelled": ("cancelled", "canceled", "rejected", "void"),
    },
    "order_type": {
        "one_time": ("one time", "single", "once"),
        "subscription": ("subscription", "recurring", "standing"),
    },
}
"""The application's words for each of ours."""
