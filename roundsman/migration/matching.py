"""Deciding about two records whether one person stands behind both.

The rules are those of the table in the migration guide; their ids stand in every plan row. Vetoes come first, then the
first rule that speaks. Nothing is ever joined across names that differ: a shared phone may be a family's, or a number
that got a new owner.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from roundsman.access.roles import Role
from roundsman.identity.addresses import addresses_agree
from roundsman.identity.names import Verdict, compare_names
from roundsman.migration.profile import Kind
from roundsman.migration.records import PersonRecord

PHONE = "phone"
"""The evidence that two records hold the same phone."""

_SHORT_ID = 16
_PARTNERS = (Kind.DELIVERY_BOY, Kind.SUPPLIER)
_ROLE_OF_PARTNER = {Kind.DELIVERY_BOY: Role.DELIVERY_BOY, Kind.SUPPLIER: Role.SUPPLIER}


class Rule(StrEnum):
    """The rules by the ids of the table; those of single records stand here too."""

    DECIDED = "D1"
    TOO_LARGE_OR_WEAK = "V1"
    VERIFIED_DIFFER = "V2"
    KEPT_APART = "V3"
    STAFF = "V4"
    CLAIMED = "V5"
    """Not of pairs alone: one of them is a user who is claimed, and people are live."""
    LINK = "L1"
    USERS_SAME = "U1"
    USERS_UNSURE = "U2"
    USERS_DIFFER = "U3"
    EMAIL_USERS_SAME = "U4"
    EMAIL_USERS_DIFFER = "U5"
    CUSTOMER_SAME = "C1"
    CUSTOMER_UNSURE = "C2"
    CUSTOMER_DIFFERS = "C3"
    CUSTOMER_EMAIL = "C4"
    CREATED_CLAIMABLE = "C5"
    CREATED_UNCLAIMABLE = "C6"
    SEVERAL_CUSTOMERS = "C7"
    PARTNER_SAME = "R1"
    PARTNER_UNSURE = "R2"
    ARCHIVED_UNUSED = "A1"
    KEPT = "A2"
    FOLLOWED = "followed"
    """Not of the table: the document was imported before and changed in the source."""


class Outcome(StrEnum):
    """What a rule says about a pair."""

    JOIN = "join"
    UNSURE = "unsure"
    """A human decides whether they are one person."""
    CONFLICT = "conflict"
    """They claim the same thing and are, it seems, not one person: a human decides who holds it."""
    APART = "apart"


@dataclass(frozen=True, slots=True)
class PairDecision:
    """What was decided about two records, by which rule, on what evidence. A weak join has names that are UNSURE."""

    outcome: Outcome
    rule: Rule
    evidence: tuple[str, ...]
    weak: bool = False


_decision = cache(PairDecision)
"""The same few decisions for all pairs, so that a million pairs share them."""


@dataclass(frozen=True, slots=True)
class Ties:
    """What connects two records besides their own fields: a link that resolves, and one that leads elsewhere."""

    linked: bool = False
    same_id: bool = False
    contradicted: bool = False


NO_TIES = Ties()
SAME_ID = Ties(same_id=True)


def decide_pair(a: PersonRecord, b: PersonRecord, ties: Ties = NO_TIES) -> PairDecision | None:
    """The decision about two records; None if no rule connects them. The order of the two does not matter."""
    names = compare_names(a.folded_name, b.folded_name)
    decision = _by_rules(a, b, ties, names)
    if decision is None or decision.outcome in (Outcome.APART, Outcome.CONFLICT):
        return decision
    if a.is_staff or b.is_staff:
        return _decision(Outcome.UNSURE, Rule.STAFF, decision.evidence)
    if _proofs_differ(a, b):
        return _decision(Outcome.UNSURE, Rule.VERIFIED_DIFFER, decision.evidence)
    return decision


def _by_rules(a: PersonRecord, b: PersonRecord, ties: Ties, names: Verdict) -> PairDecision | None:
    evidence = _evidence(a, b, ties, names)
    if ties.linked or (ties.same_id and _says_something(a.app_id, names)):
        return _linked(ties, names, evidence)
    if a.phone and a.phone == b.phone:
        return _same_phone(a, b, ties, names, evidence)
    if a.email and a.email == b.email:
        return _same_email(a, b, ties, names, evidence)
    return None


def _says_something(shared_id: str | None, names: Verdict) -> bool:
    """Whether an id in two collections is evidence: numbers repeat, and say nothing unless the names agree."""
    return names is Verdict.SAME or len(shared_id or "") >= _SHORT_ID


def _linked(ties: Ties, names: Verdict, evidence: tuple[str, ...]) -> PairDecision:
    if names is Verdict.DIFFERENT:
        return _decision(Outcome.CONFLICT, Rule.LINK, evidence)
    return _decision(Outcome.UNSURE if ties.contradicted else Outcome.JOIN, Rule.LINK, evidence)


def _same_phone(
    a: PersonRecord, b: PersonRecord, ties: Ties, names: Verdict, evidence: tuple[str, ...]
) -> PairDecision:
    same, unsure, differ = _rules_for(a, b)
    if names is Verdict.DIFFERENT:
        return _decision(Outcome.CONFLICT, differ, evidence)
    if ties.contradicted:
        return _decision(Outcome.UNSURE, same, evidence)
    if names is Verdict.SAME:
        return _decision(Outcome.JOIN, same, evidence)
    if unsure is not Rule.PARTNER_UNSURE and _confirmed(a, b, unsure):
        return _decision(Outcome.JOIN, unsure, evidence, weak=True)
    return _decision(Outcome.UNSURE, unsure, evidence)


def _rules_for(a: PersonRecord, b: PersonRecord) -> tuple[Rule, Rule, Rule]:
    kinds = {a.kind, b.kind}
    if kinds & set(_PARTNERS):
        return Rule.PARTNER_SAME, Rule.PARTNER_UNSURE, Rule.PARTNER_UNSURE
    if kinds == {Kind.USER}:
        return Rule.USERS_SAME, Rule.USERS_UNSURE, Rule.USERS_DIFFER
    return Rule.CUSTOMER_SAME, Rule.CUSTOMER_UNSURE, Rule.CUSTOMER_DIFFERS


def _confirmed(a: PersonRecord, b: PersonRecord, rule: Rule) -> bool:
    same_email = a.email is not None and a.email == b.email
    return same_email or (rule is Rule.CUSTOMER_UNSURE and addresses_agree(a.folded_address, b.folded_address))


def _same_email(
    a: PersonRecord, b: PersonRecord, ties: Ties, names: Verdict, evidence: tuple[str, ...]
) -> PairDecision | None:
    kinds = {a.kind, b.kind}
    if kinds == {Kind.USER}:
        if names is Verdict.DIFFERENT:
            return _decision(Outcome.APART, Rule.EMAIL_USERS_DIFFER, evidence)
        return _decision(Outcome.UNSURE, Rule.EMAIL_USERS_SAME, evidence)
    if names is Verdict.DIFFERENT:
        return None  # Contacts are shared in a family; nothing is claimed by it.
    if kinds & set(_PARTNERS):
        return _decision(Outcome.UNSURE, Rule.PARTNER_UNSURE, evidence)
    if names is Verdict.SAME and not ties.contradicted:
        return _decision(Outcome.JOIN, Rule.CUSTOMER_EMAIL, evidence)
    return _decision(Outcome.UNSURE, Rule.CUSTOMER_EMAIL, evidence)


def _proofs_differ(a: PersonRecord, b: PersonRecord) -> bool:
    phones_differ = bool(a.phone_verified_at and b.phone_verified_at and a.phone != b.phone)
    return phones_differ or bool(a.gstin and b.gstin and a.gstin.upper() != b.gstin.upper())


def _evidence(a: PersonRecord, b: PersonRecord, ties: Ties, names: Verdict) -> tuple[str, ...]:
    same_phone = a.phone is not None and a.phone == b.phone
    same_email = a.email is not None and a.email == b.email
    return _said(ties, same_phone, same_email, addresses_agree(a.folded_address, b.folded_address), names)


@cache
def _said(ties: Ties, same_phone: bool, same_email: bool, same_address: bool, names: Verdict) -> tuple[str, ...]:  # noqa: FBT001 - what was seen
    """The same few words for all pairs, so that a million decisions share them."""
    seen = {
        "link": ties.linked,
        "same id": ties.same_id,
        "link elsewhere": ties.contradicted,
        PHONE: same_phone,
        "e-mail": same_email,
        "address": same_address,
    }
    return (*(name for name, there in seen.items() if there), f"names {names}")


def partner_role_to_confirm(kinds: frozenset[Kind], roles: frozenset[Role]) -> tuple[Role, ...]:
    """Partner roles that a profile brings to a person whose own accounts never had them: staff confirms them once."""
    if not kinds - set(_PARTNERS):
        return ()
    return tuple(role for kind, role in _ROLE_OF_PARTNER.items() if kind in kinds and role not in roles)
