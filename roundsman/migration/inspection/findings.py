"""What an inspection says: findings, each of a known code with its level and one sentence about what it means.

Counts are of cases: documents, or phones and the like that several documents share. Examples are keys of documents
(`collection:source id`), never a phone, a name or a hash, so that a report may be sent around.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from roundsman.migration.profile import Kind

_MOST_EXAMPLES: Final = 5
_MOST_KEYS_OF_A_CASE: Final = 4

Case = tuple[str, ...]
"""The keys of the documents that one example is about."""


class Level(StrEnum):
    """How much a finding matters: the import cannot be trusted; the owner should look; good to know."""

    BLOCKER = "blocker"
    ACTION = "action"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, how often, and where for example; `subject` parts what has the same code."""

    code: str
    subject: str
    level: Level
    count: int
    examples: tuple[Case, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class CollectionSummary:
    """A collection of the source or of the profile; `kind` is None if the profile does not know it."""

    name: str
    kind: Kind | None
    documents: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many phones and e-mail addresses are found under both kinds."""

    one: Kind
    other: Kind
    phones: int
    emails: int


Counts = Mapping[str, Mapping[str, int]]
"""For each field (`collection.field`) how often something is found in it."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything an inspection found; findings stand gravest first."""

    source: str
    profile: str
    collections: tuple[CollectionSummary, ...]
    findings: tuple[Finding, ...]
    overlaps: tuple[Overlap, ...]
    words: Counts
    """Roles and statuses as they are written."""
    forms: Counts
    """What phones, e-mails and passwords turned out to be."""
    spellings: Counts
    """How phones are written, with 9 for every digit and a for every letter."""

    def worst(self) -> Level | None:
        """The level of the gravest finding."""
        return min((finding.level for finding in self.findings), key=lambda level: level.rank, default=None)


_CATALOGUE: Final[Mapping[str, tuple[Level, str]]] = {
    "people_missing": (
        Level.BLOCKER,
        "No collection in which the profile expects people holds a document: it is another source or another profile.",
    ),
    "collection_does_not_fit": (
        Level.BLOCKER,
        "No document has a name, phone or e-mail where the profile expects one; the import would make nameless people.",
    ),
    "collection_missing": (Level.INFO, "The profile knows the collection and the source does not have it."),
    "collection_unknown": (Level.INFO, "The profile does not know the collection; the import does not take it."),
    "document_large": (Level.INFO, "The document is larger than 8 MB; its verbatim copy is kept in parts."),
    "field_type": (
        Level.ACTION,
        (
            "A field has a type that the profile's meaning of it does not expect; the import reads it if it can and leaves "
            "it out if not, and the verbatim copy keeps it."
        ),
    ),
    "time_unreadable": (
        Level.ACTION,
        "A time cannot be read; the import goes by the next field that tells it, else by the time in the `_id`.",
    ),
    "amount_unreadable": (
        Level.ACTION,
        "An amount cannot be read; of an order the sum of its lines is taken, anything else counts as none.",
    ),
    "order_paid_again": (
        Level.ACTION,
        (
            "The existing application paid the delivery boy more than once for an order. The import takes what it counted as "
            "it is; an adjustment takes back what was too much."
        ),
    ),
    "earnings_below_month": (
        Level.ACTION,
        "What the delivery boy earned in all is below what he earned in the month; both are taken as they are written.",
    ),
    "amount_negative": (Level.ACTION, "An amount is negative; the import takes it as it is written."),
    "phone_letters": (Level.ACTION, "The phone has letters in it; it neither matches nor signs in."),
    "phone_too_short": (Level.ACTION, "The phone has too few digits; it neither matches nor signs in."),
    "phone_too_long": (Level.ACTION, "The phone has too many digits; it neither matches nor signs in."),
    "phone_multiple": (Level.ACTION, "Several numbers stand in one field; which one is his cannot be known: none is."),
    "phone_invalid": (Level.ACTION, "The phone is no number that is in use; it neither matches nor signs in."),
    "phone_placeholder": (
        Level.ACTION,
        "The phone was typed where one was missing, or is the firm's own; it neither matches nor signs in.",
    ),
    "phone_fixed_line": (Level.INFO, "The phone is a landline: kept as a contact, it neither matches nor signs in."),
    "phone_foreign": (
        Level.INFO,
        "The phone is of another country: kept as a contact, it neither matches nor signs in.",
    ),
    "phone_empty": (Level.INFO, "There is no phone; whatever else identifies the person is used."),
    "phone_crowded": (
        Level.ACTION,
        "A phone stands with more than five different names; it stays a contact and neither matches nor signs in.",
    ),
    "phone_of_several_users": (
        Level.ACTION,
        "Several accounts have one phone; those of one name are merged, the others wait for somebody to decide.",
    ),
    "phone_of_different_users": (
        Level.ACTION,
        (
            "Of these, the phones whose accounts have different names: nothing is merged, one of them keeps the phone for "
            "signing in, and somebody decides."
        ),
    ),
    "phone_names_differ": (
        Level.ACTION,
        (
            "A phone stands with different names in these two kinds of records (a family, or a number with a new owner); "
            "nobody is joined by it, and somebody decides."
        ),
    ),
    "phone_of_several_customers": (
        Level.INFO,
        "Several customer records have one phone: a family, or one customer with several addresses.",
    ),
    "email_invalid": (Level.ACTION, "The e-mail is no address; it neither matches nor signs in."),
    "email_synthetic": (Level.INFO, "The application invented the e-mail; it neither matches nor signs in."),
    "email_role": (Level.INFO, "The e-mail is a mailbox of several people; it never joins two records."),
    "email_empty": (Level.INFO, "There is no e-mail; whatever else identifies the person is used."),
    "email_of_several_users": (
        Level.ACTION,
        "Several accounts have one e-mail; only one of them can sign in with it, and somebody decides about the others.",
    ),
    "email_spelled_differently": (
        Level.ACTION,
        (
            "Of these, the e-mails that differ only in upper and lower case or in spaces: the application took them for "
            "different people, and here they are one address."
        ),
    ),
    "name_missing": (Level.ACTION, "There is no name; only a link or an id joins the record to another one."),
    "link_null": (Level.INFO, "The link is there and empty; it counts as none."),
    "link_wrong_type": (Level.ACTION, "The link is no id at all; it counts as none."),
    "link_dangling": (Level.ACTION, "The link leads to a record that is not there; it counts as none."),
    "link_ambiguous": (Level.ACTION, "Several records carry the id that the link names; it counts as none."),
    "link_contradicting": (
        Level.ACTION,
        "Two records disagree about who belongs to whom; they are not joined, and somebody decides.",
    ),
    "id_repeated": (
        Level.ACTION,
        "Several documents of one collection carry one id; looking it up names all the people behind it.",
    ),
    "id_names_differ": (
        Level.ACTION,
        (
            "Records of different collections and different names carry one id; a long id is put before somebody, a short "
            "one joins nobody."
        ),
    ),
    "customer_without_user": (
        Level.INFO,
        "No account belongs to the customer by link, id, phone or e-mail; the import makes a user for him.",
    ),
    "delivery_boy_without_user": (
        Level.INFO,
        "No account belongs to the delivery boy by link, id, phone or e-mail; the import makes a user for him.",
    ),
    "supplier_without_user": (
        Level.INFO,
        "No account belongs to the supplier by link, id, phone or e-mail; the import makes a user for him.",
    ),
    "user_without_profile": (
        Level.INFO,
        (
            "No record of a customer, delivery boy or supplier belongs to the account; it is kept, and archived only if "
            "nothing ever named it."
        ),
    ),
    "role_unknown": (Level.ACTION, "The profile does not know the role; it grants nothing."),
    "role_other_case": (
        Level.ACTION,
        "The role is written in another case than the profile's, or with spaces; it grants nothing.",
    ),
    "role_absent": (Level.INFO, "The account has no role; it gets those of the records it is joined with."),
    "status_unknown": (
        Level.ACTION,
        "The profile does not know the status; a person counts by his `is_active`, an order as pending.",
    ),
    "password_sha256": (
        Level.ACTION,
        "The password is kept as unsalted SHA-256, which is soon guessed; it is taken and renewed at the first sign-in.",
    ),
    "password_unknown": (
        Level.ACTION,
        (
            "The password is in no form that can be verified, perhaps even readable; it is not taken, and its owner proves "
            "himself by phone."
        ),
    ),
    "password_bcrypt": (Level.INFO, "The password is kept as bcrypt; it is taken and renewed at the first sign-in."),
    "password_none": (Level.INFO, "The account has no password; its owner proves himself by phone."),
    "order_owner_unknown": (Level.ACTION, "Nobody carries the id of the order's customer; it is taken as nobody's."),
    "address_owner_unknown": (Level.ACTION, "Nobody carries the id of the address's owner; it is taken as nobody's."),
    "activity_owner_unknown": (Level.INFO, "Nobody carries the ids that the document names; it speaks for nobody."),
}
_ORDER: Final = {code: place for place, code in enumerate(_CATALOGUE)}


@dataclass(slots=True)
class Tally:
    """Counts cases by code and subject, and keeps the first few as examples."""

    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _examples: dict[tuple[str, str], list[Case]] = field(default_factory=dict)

    def add(self, code: str, *keys: str, subject: str = "", count: int = 1) -> None:
        """Count one case, or so many of the same documents; `keys` are those it is about."""
        place = (code, subject)
        self._counts[place] += count
        examples = self._examples.setdefault(place, [])
        if len(examples) < _MOST_EXAMPLES:
            examples.append(keys[:_MOST_KEYS_OF_A_CASE])

    def findings(self) -> tuple[Finding, ...]:
        """Everything counted, gravest first."""
        places = sorted(self._counts, key=lambda place: (_CATALOGUE[place[0]][0].rank, _ORDER[place[0]], place[1]))
        return tuple(
            Finding(
                code=code,
                subject=subject,
                level=_CATALOGUE[code][0],
                count=self._counts[code, subject],
                examples=tuple(self._examples[code, subject]),
                meaning=_CATALOGUE[code][1],
            )
            for code, subject in places
        )
