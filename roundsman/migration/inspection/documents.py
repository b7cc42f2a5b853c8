"""What is noted of each document by itself: its size, the types and contents of its fields, the words it uses."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

from bson import Decimal128

from roundsman.migration.earned import counters_of, paid_again
from roundsman.migration.full_names import full_name
from roundsman.migration.inspection.findings import Counts, Tally
from roundsman.migration.inspection.values import (
    ABSENT,
    AMOUNTS,
    ITEM,
    TIMES,
    is_expected,
    password_form,
    shown_word,
    spelling,
    type_name,
    written_at,
)
from roundsman.migration.profile import CollectionProfile, Kind, Path, SourceProfile
from roundsman.migration.reading import moment, paise, source_id_text, text, value_at, values_at
from roundsman.migration.records import read_contact
from roundsman.migration.sources.port import SourceDocument
from roundsman.money import rupees_text

_LARGE_BYTES: Final = 8_000_000
_MOST_DIFFERENT: Final = 50
_REST: Final = "(others)"
_VOCABULARY: Final[Mapping[Kind, str]] = {
    Kind.CUSTOMER: "customer_status",
    Kind.DELIVERY_BOY: "delivery_boy_status",
    Kind.ORDER: "order_status",
    Kind.DELIVERY: "delivery_status",
    Kind.PAYMENT: "payment_status",
    Kind.SUBSCRIPTION: "subscription_status",
    Kind.PURCHASE_ORDER: "purchase_order_status",
}
_LISTS: Final[Mapping[str, frozenset[str]]] = {
    "lines": frozenset({"line_product", "line_name", "line_quantity", "line_price", "line_unit"}),
    "pauses": frozenset({"pause_first", "pause_last"}),
    "exact": frozenset({"exact_day", "exact_quantity"}),
    "earnings": frozenset({"earning_order", "earning_amount", "earning_at"}),
}
_IN_LISTS: Final = frozenset().union(*_LISTS.values())


class DocumentInspection:
    """Notes documents one after another; what it keeps does not grow with their number."""

    def __init__(self, profile: SourceProfile, tally: Tally) -> None:
        self._profile = profile
        self._tally = tally
        self._said_by_booleans = {
            "role" if vocabulary == "role" else "status"
            for vocabulary, words in profile.words.items()
            if not words.keys().isdisjoint(("true", "false"))
        }
        self._words: dict[str, Counter[str]] = defaultdict(Counter)
        self._forms: dict[str, Counter[str]] = defaultdict(Counter)
        self._spellings: dict[str, Counter[str]] = defaultdict(Counter)
        self._fitting: Counter[str] = Counter()
        self._paid_again = 0

    def note(self, document: SourceDocument, collection: CollectionProfile) -> None:
        """Note what any document of a profiled collection shows."""
        key = document_key(document, collection)
        if len(document.bson) > _LARGE_BYTES:
            self._tally.add("document_large", key, subject=collection.name)
        for meaning, path, value in _written(document.fields, collection):
            self._note_value(key, f"{collection.name}.{'.'.join(path)}", meaning, value)
        if "status" in collection.fields and collection.kind in _VOCABULARY:
            self._note_status(document, collection, key)

    def note_person(self, document: SourceDocument, collection: CollectionProfile) -> None:
        """Note what a document of a people collection shows besides."""
        key, fields = document_key(document, collection), document.fields
        contact = read_contact(fields, collection, self._profile)
        name = full_name(fields, collection)
        for meaning, reason in (("phone", contact.phone.reason.value), ("email", contact.email.reason.value)):
            if meaning in collection.fields:
                self._forms[f"{collection.name}.{meaning}"][reason] += 1
                if reason != "ok":
                    self._tally.add(f"{meaning}_{reason}", key, subject=collection.name)
        if (phone := value_at(fields, collection.paths("phone"))) is not None:
            _count(self._spellings[f"{collection.name}.phone"], spelling(phone))
        if name is None:
            self._tally.add("name_missing", key, subject=collection.name)
        if name or contact.phone_text or contact.email_text:
            self._fitting[collection.name] += 1
        if "role" in collection.fields:
            self._note_role(document, collection, key)
        if "password" in collection.fields:
            self._note_password(document, collection, key)
        if "earnings_total" in collection.fields:
            self._note_earnings(document, collection, key)

    def fits(self, collection: CollectionProfile) -> bool:
        """Whether any document of the collection had a name, a phone or an e-mail where the profile expects it."""
        return self._fitting[collection.name] > 0

    def words(self) -> Counts:
        """The roles and statuses met."""
        return _plain(self._words)

    def forms(self) -> Counts:
        """What phones, e-mails and passwords turned out to be."""
        return _plain(self._forms)

    def spellings(self) -> Counts:
        """The ways in which phones are written."""
        return _plain(self._spellings)

    def _note_value(self, key: str, place: str, meaning: str, value: Any) -> None:  # noqa: ANN401 - any BSON value
        is_link, found = meaning.startswith("link_"), type_name(value)
        if value is None or (is_link and value == ""):
            if is_link:
                self._tally.add("link_null", key, subject=place)
            return
        if not is_expected(meaning, found) and not (found == "bool" and meaning in self._said_by_booleans):
            self._tally.add("link_wrong_type" if is_link else "field_type", key, subject=f"{place}: {found}")
        if meaning in TIMES and value != "" and moment(value, self._profile.timezone) is None:
            self._tally.add("time_unreadable", key, subject=place)
        if meaning in AMOUNTS and value != "":
            self._note_amount(key, place, value)

    def _note_amount(self, key: str, place: str, value: Any) -> None:  # noqa: ANN401 - any BSON value
        amount = paise(value) if isinstance(value, str | int | float | Decimal128) else None
        if amount is None:
            self._tally.add("amount_unreadable", key, subject=place)
        elif amount < 0:
            self._tally.add("amount_negative", key, subject=place)

    def _note_status(self, document: SourceDocument, collection: CollectionProfile, key: str) -> None:
        value = value_at(document.fields, collection.paths("status"))
        written, place = text(value), f"{collection.name}.status"
        _count(self._words[place], shown_word(value))
        if written and self._profile.word(_VOCABULARY[collection.kind], written.lower()) is None:
            self._tally.add("status_unknown", key, subject=f"{place}: {self._subject(place, value)}")

    def _note_role(self, document: SourceDocument, collection: CollectionProfile, key: str) -> None:
        value, place = value_at(document.fields, collection.paths("role")), f"{collection.name}.role"
        _count(self._words[place], shown_word(value))
        if self._profile.word("role", value) is not None:
            return
        written = text(value)
        if written is None:
            self._tally.add("role_absent", key, subject=collection.name)
            return
        known = {word.lower() for word in self._profile.words["role"]}
        code = "role_other_case" if written.lower() in known else "role_unknown"
        self._tally.add(code, key, subject=f"{place}: {self._subject(place, value)}")

    def _subject(self, place: str, value: object) -> str:
        """The word, unless so many different ones were met that they are not listed one by one."""
        word = shown_word(value)
        return word if word in self._words[place] else _REST

    def _note_password(self, document: SourceDocument, collection: CollectionProfile, key: str) -> None:
        form = password_form(values_at(document.fields, collection.paths("password")))
        self._forms[f"{collection.name}.password"][form] += 1
        self._tally.add(f"password_{form}", key, subject=collection.name)

    def _note_earnings(self, document: SourceDocument, collection: CollectionProfile, key: str) -> None:
        counters, again = counters_of(document.fields, collection), paid_again(document.fields, collection)
        if counters is not None and counters.total_paise < counters.month_paise:
            self._tally.add("earnings_below_month", key, subject=collection.name)
        if again.orders:
            self._paid_again += 1
            is_listed = self._paid_again <= _MOST_DIFFERENT
            place = f"{key}: {rupees_text(again.paise)} rupees too much" if is_listed else f"{collection.name}: {_REST}"
            self._tally.add("order_paid_again", key, subject=place, count=len(again.orders))


def document_key(document: SourceDocument, collection: CollectionProfile) -> str:
    """What names a document everywhere."""
    return f"{collection.name}:{source_id_text(document.id)}"


def _written(fields: Mapping[str, Any], collection: CollectionProfile) -> Iterator[tuple[str, Path, Any]]:
    """Every value under a path of the profile, those in lists too: the lines of an order, the pauses of a subscription."""
    yield from _under(fields, collection, collection.fields.keys() - _IN_LISTS)
    for meaning, inner in _LISTS.items():
        for path in collection.paths(meaning):
            items = written_at(fields, path)
            for item in items if isinstance(items, list) else ():
                if isinstance(item, Mapping):
                    yield from (
                        (meant, (*path, *rest), value) for meant, rest, value in _under(item, collection, inner)
                    )
                else:
                    yield ITEM, (*path, "[]"), item


def _under(
    fields: Mapping[str, Any], collection: CollectionProfile, meanings: AbstractSet[str]
) -> Iterator[tuple[str, Path, Any]]:
    for meaning in (one for one in collection.fields if one in meanings):
        for path in collection.paths(meaning):
            if (value := written_at(fields, path)) is not ABSENT:
                yield meaning, path, value


def _count(counter: Counter[str], word: str) -> None:
    known = word in counter or len(counter) < _MOST_DIFFERENT
    counter[word if known else _REST] += 1


def _plain(counters: Mapping[str, Counter[str]]) -> Counts:
    return {place: dict(counter.most_common()) for place, counter in counters.items()}
