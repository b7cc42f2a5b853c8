"""Source profiles: what the collections, fields and words of an existing application mean.

A profile is a TOML file. Each collection is of one kind; the kind says which meanings its fields may have. Nothing else
in the program knows a name of the existing application's data.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from pathlib import Path as FilePath
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from roundsman.access.roles import Role
from roundsman.customers.customers import CustomerStatus
from roundsman.delivery.delivery_boys import DeliveryBoyStatus
from roundsman.errors import InvalidInput
from roundsman.orders.deliveries import DeliveryStatus
from roundsman.orders.orders import OrderStatus, OrderType
from roundsman.orders.payments import PaymentStatus
from roundsman.subscriptions.subscriptions import RuleKind, SubscriptionStatus
from roundsman.suppliers.purchase_orders import PurchaseOrderStatus


class ProfileInvalid(InvalidInput):
    """The profile cannot be used; the message names the place."""

    code = "profile_invalid"


class Kind(StrEnum):
    """What a collection holds: people (the first four), what comes along with them, or traces of their activity."""

    USER = "user"
    CUSTOMER = "customer"
    DELIVERY_BOY = "delivery_boy"
    SUPPLIER = "supplier"
    PRODUCT = "product"
    ADDRESS = "address"
    ORDER = "order"
    DELIVERY = "delivery"
    PAYMENT = "payment"
    SUBSCRIPTION = "subscription"
    PURCHASE_ORDER = "purchase_order"
    ACTIVITY = "activity"


PEOPLE = (Kind.USER, Kind.DELIVERY_BOY, Kind.SUPPLIER, Kind.CUSTOMER)
"""In the order in which they are read and written: a customer names his delivery boy."""
OF_CUSTOMERS = (Kind.ORDER, Kind.DELIVERY, Kind.PAYMENT, Kind.SUBSCRIPTION)
"""What happens to customers: whose each is follows them."""
OPERATIONS = (*OF_CUSTOMERS, Kind.PURCHASE_ORDER)
"""What the second switch hands over: from then on nothing of these kinds is taken from a source."""
ATTACHED = (Kind.PRODUCT, Kind.ADDRESS, *OPERATIONS)
IN_USE = (*OPERATIONS, Kind.ACTIVITY, Kind.ADDRESS)
"""What tells who is in use: an owner named there is no unused account."""

_PERSON = {"app_id", "name", "last_name", "phone", "email", "is_active"}
_PERSON |= {"created_at", "last_sign_in_at", "phone_verified_at"}
_PERSON |= {f"link_{kind}" for kind in PEOPLE}
MEANINGS: Mapping[Kind, frozenset[str]] = {
    Kind.USER: frozenset(_PERSON | {"role", "password"}),
    Kind.CUSTOMER: frozenset(_PERSON | {"address", "area", "note", "status", "created_by", "delivery_boy"}),
    Kind.DELIVERY_BOY: frozenset(
        _PERSON
        | {"area", "areas", "status", "earnings_total", "earnings_month"}
        | {"earnings", "earning_order", "earning_amount", "earning_at"}
    ),
    Kind.SUPPLIER: frozenset(_PERSON | {"address", "payment_terms", "gstin"}),
    Kind.PRODUCT: frozenset({"app_id", "name", "unit", "price", "is_active", "supplier", "created_at"}),
    Kind.ADDRESS: frozenset({"app_id", "owner", "label", "text", "is_default"}),
    Kind.ORDER: frozenset(
        {"app_id", "owner", "placed_at", "for_date", "delivered_at", "cancelled_at", "status", "total", "lines"}
        | {"line_product", "line_name", "line_quantity", "line_price", "address_id", "address", "delivery_boy"}
        | {"order_type"}
    ),
    Kind.DELIVERY: frozenset({"app_id", "owner", "order", "delivery_boy", "for_date", "shift", "at", "status"}),
    Kind.PAYMENT: frozenset({"app_id", "owner", "order", "amount", "method", "at", "status"}),
    Kind.SUBSCRIPTION: frozenset(
        {"app_id", "owner", "product", "at", "status", "is_active", "start", "end", "rule", "quantity", "weekdays"}
        | {"pauses", "pause_first", "pause_last", "exact", "exact_day", "exact_quantity"}
        | {"stop", "begins_itself", "only_weekdays", "paused_from", "paused_until", "pause_days"}
    ),
    Kind.PURCHASE_ORDER: frozenset(
        {"app_id", "owner", "at", "for_date", "status", "total", "lines"}
        | {"line_product", "line_name", "line_quantity", "line_price", "line_unit"}
    ),
    Kind.ACTIVITY: frozenset({"owner", "at"}),
}

WRITTEN_BACK = frozenset({"user", "activation_status"})
"""What may be written back to a customer's document: the id of his user, and how far he is in the activation pipeline."""

_WORDS: Mapping[str, type[StrEnum]] = {
    "role": Role,
    "customer_status": CustomerStatus,
    "delivery_boy_status": DeliveryBoyStatus,
    "order_status": OrderStatus,
    "order_type": OrderType,
    "delivery_status": DeliveryStatus,
    "payment_status": PaymentStatus,
    "subscription_status": SubscriptionStatus,
    "subscription_rule": RuleKind,
    "purchase_order_status": PurchaseOrderStatus,
}

_MENTIONING: Mapping[Kind, tuple[str, ...]] = {Kind.DELIVERY: ("owner", "delivery_boy")}

# A number would be a place in a list, a leading dollar an operator.
_WRITABLE_NAME = re.compile(r"(?!\d+$)[^$\0][^\0]*")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CollectionProfile:
    """One collection: its kind, and for each meaning the paths where it may stand, split at the dots.

    `write_back` says where what Roundsman decided may be written, if its owner asks for it; else nothing ever is.
    """

    name: str
    kind: Kind
    fields: Mapping[str, tuple[Path, ...]]
    needs_profile: bool = False
    write_back: Mapping[str, Path] = field(default_factory=dict)

    def paths(self, meaning: str) -> tuple[Path, ...]:
        """Where the meaning stands, in order of preference; empty if the collection does not have it."""
        return self.fields.get(meaning, ())

    def mentions(self) -> tuple[Path, ...]:
        """Where people stand who are in use, as the document shows: its owner, and who brought a delivery."""
        return tuple(path for meaning in _MENTIONING.get(self.kind, ("owner",)) for path in self.paths(meaning))


@dataclass(frozen=True, slots=True)
class SourceProfile:
    """Everything the migration must be told about one application's data. Collections stand in reading order."""

    name: str
    version: int
    timezone: ZoneInfo
    own_phones: frozenset[str]
    synthetic_emails: tuple[re.Pattern[str], ...]
    words: Mapping[str, Mapping[str, str]]
    collections: tuple[CollectionProfile, ...]

    def of_kind(self, *kinds: Kind) -> tuple[CollectionProfile, ...]:
        """The collections of these kinds, in the order of the kinds, then of the file."""
        return tuple(collection for kind in kinds for collection in self.collections if collection.kind is kind)

    def word(self, vocabulary: str, raw: object) -> str | None:
        """Our word for the application's, found in its exact spelling; None if the profile does not know it.

        A boolean (`isAdmin`) is the word true or false.
        """
        if isinstance(raw, bool):
            return self.words[vocabulary].get("true" if raw else "false")
        # A bson Code is a str that cannot be hashed.
        return self.words[vocabulary].get(str(raw)) if isinstance(raw, str) else None


def is_built_in(name: str) -> bool:
    """Whether a profile of that name comes with the program, so that nobody has to say in which file it is."""
    return (resources.files("roundsman.migration") / "profiles" / f"{name}.toml").is_file()


def builtin_profile(name: str) -> SourceProfile:
    """The profile of that name which comes with the program. Raises ProfileInvalid naming the known ones."""
    folder = resources.files("roundsman.migration") / "profiles"
    known = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    if name not in known:
        raise ProfileInvalid(f"there is no built-in profile {name!r}; there are: {', '.join(known)}")
    return parse_profile((folder / f"{name}.toml").read_text("utf-8"))


def profile_from_file(file: FilePath) -> SourceProfile:
    """The profile in a file. Raises ProfileInvalid."""
    try:
        return parse_profile(file.read_text("utf-8"))
    except OSError as error:
        raise ProfileInvalid(f"the profile {file} cannot be read: {error.strerror}") from error


def parse_profile(text: str) -> SourceProfile:
    """Read a profile from TOML. Raises ProfileInvalid naming what is wrong and where."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileInvalid(f"the profile is not valid TOML: {error}") from error
    try:
        return SourceProfile(
            name=str(data["name"]),
            version=int(data["version"]),
            timezone=ZoneInfo(data["timezone"]),
            own_phones=frozenset(data.get("own_phones", ())),
            synthetic_emails=tuple(re.compile(pattern) for pattern in data.get("synthetic_emails", ())),
            words={vocabulary: _words(data, vocabulary) for vocabulary in _WORDS},
            collections=tuple(_collection(name, entry) for name, entry in data["collections"].items()),
        )
    except (ZoneInfoNotFoundError, re.error, TypeError, ValueError) as error:
        raise ProfileInvalid(f"the profile cannot be used: {error}") from error
    except KeyError as error:  # after the time zone's, which is one of these
        raise ProfileInvalid(f"the profile lacks {error.args[0]!r}") from error


def _words(data: Mapping[str, Any], vocabulary: str) -> Mapping[str, str]:
    words = data.get("words", {}).get(vocabulary, {})
    for word, ours in words.items():
        if ours not in set(_WORDS[vocabulary]):
            raise ProfileInvalid(f"words.{vocabulary}.{word}: {ours!r} is no {vocabulary} here")
    return {str(word): str(ours) for word, ours in words.items()}


def _collection(name: str, entry: Mapping[str, Any]) -> CollectionProfile:
    kind = Kind(entry["kind"])
    unknown = set(entry["fields"]) - MEANINGS[kind]
    if unknown:
        raise ProfileInvalid(f"collections.{name}: a {kind} has no {', '.join(sorted(unknown))}")
    fields = {meaning: _paths(paths) for meaning, paths in entry["fields"].items()}
    needs_profile = bool(entry.get("needs_profile", kind is Kind.ORDER))
    return CollectionProfile(name, kind, fields, needs_profile, _write_back(name, kind, entry))


def _write_back(name: str, kind: Kind, entry: Mapping[str, Any]) -> Mapping[str, Path]:
    declared = {meaning: tuple(str(path).split(".")) for meaning, path in entry.get("write_back", {}).items()}
    if declared and kind is not Kind.CUSTOMER:
        raise ProfileInvalid(f"collections.{name}: only to customers anything is written back")
    if unknown := declared.keys() - WRITTEN_BACK:
        raise ProfileInvalid(f"collections.{name}: {', '.join(sorted(unknown))} is never written back")
    for path in declared.values():
        if not all(map(_WRITABLE_NAME.fullmatch, path)) or path[0] == "_id":
            raise ProfileInvalid(f"collections.{name}: {'.'.join(path)!r} is no field that can be written")
    # Undoing takes away what a nested path made, and must not find another value in it.
    if len({path[0] for path in declared.values()}) < len(declared):
        raise ProfileInvalid(f"collections.{name}: two values cannot be written to one field")
    return declared


def _paths(paths: str | list[str]) -> tuple[Path, ...]:
    return tuple(tuple(path.split(".")) for path in ([paths] if isinstance(paths, str) else paths))
