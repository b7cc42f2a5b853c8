"""What it means that a field leads to documents of some kind (pure).

Two records that are one person name each other, so a link is hardly ever shared. Somebody who looks after many is named
by many. Who did something, or is related, is another person.
"""

from collections.abc import Mapping

from roundsman.migration.profile import PEOPLE, Kind
from roundsman.migration.suggestion.facts import FieldFacts
from roundsman.migration.suggestion.kinds import LEAST_SHARE, noun_of
from roundsman.migration.suggestion.labels import ends_with, mentions
from roundsman.migration.suggestion.synonyms import BY_SOMEBODY, BY_THE_OWNER, NOUNS, RELATED

_MANY_TO_ONE = 0.5
_FEW_TO_ONE = 0.1


def meaning_of_reference(own: Kind, field: FieldFacts, reached: Mapping[Kind, float]) -> str | None:
    """The meaning of a field of a collection of the kind `own` that leads to these kinds, each in a share of documents."""
    kind = _kind_meant(own, field, reached)
    if kind is None:
        return None
    match own:
        case Kind.ACTIVITY:
            return "owner" if kind in PEOPLE else None
        case Kind.ORDER:
            return _meaning_in_order(field, kind)
        case Kind.ADDRESS:
            return _owner(field, kind)
        case Kind.PRODUCT:
            return "supplier" if kind is Kind.SUPPLIER else None
        case _:
            return _meaning_between_people(own, field, kind)


def _kind_meant(own: Kind, field: FieldFacts, reached: Mapping[Kind, float]) -> Kind | None:
    """The kind that the field is called after, where ids of several kinds are the same; else the one most lead to."""
    enough = {kind: share for kind, share in reached.items() if share >= LEAST_SHARE and kind is not Kind.ACTIVITY}
    called = (kind for kind in enough if ends_with(noun_of(field), NOUNS[kind]))
    return next(called, max(enough, key=lambda kind: (kind is not own, enough[kind]), default=None))


def _meaning_in_order(field: FieldFacts, kind: Kind) -> str | None:
    if kind is Kind.DELIVERY_BOY or (kind in PEOPLE and mentions(field.path[-1], NOUNS[Kind.DELIVERY_BOY])):
        return "delivery_boy"
    return "address_id" if kind is Kind.ADDRESS else _owner(field, kind)


def _owner(field: FieldFacts, kind: Kind) -> str | None:
    is_his = not mentions(field.path[-1], BY_SOMEBODY) or mentions(field.path[-1], BY_THE_OWNER)
    return "owner" if kind in {Kind.CUSTOMER, Kind.USER} and is_his else None


def _meaning_between_people(own: Kind, field: FieldFacts, kind: Kind) -> str | None:
    if kind not in PEOPLE or kind is own:
        return None
    to_delivery_boy = kind is Kind.DELIVERY_BOY or ends_with(noun_of(field), NOUNS[Kind.DELIVERY_BOY])
    if own is Kind.CUSTOMER and to_delivery_boy:
        return "delivery_boy"
    if mentions(field.path[-1], RELATED):
        return None
    if mentions(field.path[-1], BY_SOMEBODY):
        return "created_by" if own is Kind.CUSTOMER and kind is Kind.USER else None
    least = _FEW_TO_ONE if ends_with(noun_of(field), NOUNS[kind]) else _MANY_TO_ONE
    return f"link_{kind}" if len(field.ids) >= least * field.present.bit_count() else None


def rank_of_owner(field: FieldFacts) -> int:
    """Fields that are called after a customer come first: an order's customer is asked for before its account."""
    ranks = (rank for rank, kind in enumerate((Kind.CUSTOMER, Kind.USER)) if ends_with(noun_of(field), NOUNS[kind]))
    return next(ranks, len(PEOPLE))
