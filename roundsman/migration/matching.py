"""Deciding about two records whether one person stands behind both.

The rules are those of the table in the migration guide; their ids stand in every plan row. Vetoes come first, then the
first rule that speaks. Nothing is ever joined across names that differ: a shared phone may be a family's, or a number
that got a new owner.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from roundsman.access.roles import Role
from roundsman.identity.addresses import addresses_agree
from roundsman.identity.names import Verdict, compare_folded
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


class Ties(NamedTuple):
    """What connects two records besides their own fields: a link that resolves, and one that leads elsewhere."""

    linked: bool = False
    same_id: bool = False
    contradicted: bool = False


NO_TIES = Ties()
SAME_ID = Ties(same_id=True)


class _Seen(NamedTuple):
    """All that the rules look at. A million pairs are a few hundred of these, so each is decided once."""

    kinds: tuple[str, str]
    names: Verdict
    ties: Ties
    same_phone: bool
    same_email: bool
    same_gstin: bool
    same_address: bool
    long_id: bool
    staff: bool
    proofs_differ: bool


def decide_pair(a: PersonRecord, b: PersonRecord, ties: Ties = NO_TIES) -> PairDecision | None:
    """The decision about two records; None if no rule connects them. The order of the two does not matter."""
    return _decide(
        _Seen(
            kinds=(a.kind_value, b.kind_value),
            names=compare_folded(a.folded_text, b.folded_text),
            ties=ties,
            same_phone=a.phone is not None and a.phone == b.phone,
            same_email=a.email is not None and a.email == b.email,
            same_gstin=a.gstin is not None and a.gstin == b.gstin,
            same_address=addresses_agree(a.folded_address, b.folded_address),
            long_id=len(a.app_id or "") >= _SHORT_ID,
            staff=a.is_staff or b.is_staff,
            proofs_differ=_proofs_differ(a, b),
        )
    )


@cache
def _decide(seen: _Seen) -> PairDecision | None:
    decision = _by_rules(seen)
    if decision is None or decision.outcome in (Outcome.APART, Outcome.CONFLICT):
        return decision
    if seen.staff:
        return PairDecision(Outcome.UNSURE, Rule.STAFF, decision.evidence)
    if seen.proofs_differ:
        return PairDecision(Outcome.UNSURE, Rule.VERIFIED_DIFFER, decision.evidence)
    return decision


def _by_rules(seen: _Seen) -> PairDecision | None:
    if seen.ties.linked or (seen.ties.same_id and _says_something(seen)):
        return _linked(seen)
    if seen.same_phone:
        return _same_phone(seen)
    if seen.same_gstin:
        return _same_gstin(seen)
    if seen.same_email:
        return _same_email(seen)
    return None


def _says_something(seen: _Seen) -> bool:
    """Whether an id in two collections is evidence: numbers repeat, and say nothing unless the names agree."""
    return seen.names is Verdict.SAME or seen.long_id


def _linked(seen: _Seen) -> PairDecision:
    if seen.names is Verdict.DIFFERENT:
        return PairDecision(Outcome.CONFLICT, Rule.LINK, _evidence(seen))
    return PairDecision(Outcome.UNSURE if seen.ties.contradicted else Outcome.JOIN, Rule.LINK, _evidence(seen))


def _same_phone(seen: _Seen) -> PairDecision:
    evidence = _evidence(seen)
    same, unsure, differ = _rules_for(seen)
    if seen.names is Verdict.DIFFERENT:
        return PairDecision(Outcome.CONFLICT, differ, evidence)
    if seen.ties.contradicted:
        return PairDecision(Outcome.UNSURE, same, evidence)
    if seen.names is Verdict.SAME:
        return PairDecision(Outcome.JOIN, same, evidence)
    if unsure is not Rule.PARTNER_UNSURE and _confirmed(seen, unsure):
        return PairDecision(Outcome.JOIN, unsure, evidence, weak=True)
    return PairDecision(Outcome.UNSURE, unsure, evidence)


def _rules_for(seen: _Seen) -> tuple[Rule, Rule, Rule]:
    if _is_of_partner(seen):
        return Rule.PARTNER_SAME, Rule.PARTNER_UNSURE, Rule.PARTNER_UNSURE
    if _is_of_users(seen):
        return Rule.USERS_SAME, Rule.USERS_UNSURE, Rule.USERS_DIFFER
    return Rule.CUSTOMER_SAME, Rule.CUSTOMER_UNSURE, Rule.CUSTOMER_DIFFERS


def _is_of_partner(seen: _Seen) -> bool:
    return any(kind in seen.kinds for kind in _PARTNERS)


def _is_of_users(seen: _Seen) -> bool:
    return all(kind == Kind.USER for kind in seen.kinds)


def _confirmed(seen: _Seen, rule: Rule) -> bool:
    return seen.same_email or (rule is Rule.CUSTOMER_UNSURE and seen.same_address)


def _same_email(seen: _Seen) -> PairDecision | None:
    evidence = _evidence(seen)
    if _is_of_users(seen):
        if seen.names is Verdict.DIFFERENT:
            return PairDecision(Outcome.APART, Rule.EMAIL_USERS_DIFFER, evidence)
        return PairDecision(Outcome.UNSURE, Rule.EMAIL_USERS_SAME, evidence)
    if seen.names is Verdict.DIFFERENT:
        return None  # Contacts are shared in a family; nothing is claimed by it.
    if _is_of_partner(seen):
        return PairDecision(Outcome.UNSURE, Rule.PARTNER_UNSURE, evidence)
    if seen.names is Verdict.SAME and not seen.ties.contradicted:
        return PairDecision(Outcome.JOIN, Rule.CUSTOMER_EMAIL, evidence)
    return PairDecision(Outcome.UNSURE, Rule.CUSTOMER_EMAIL, evidence)


def _same_gstin(seen: _Seen) -> PairDecision:
    """Of suppliers without a phone in common: one business, whose name may be that of the shop or of its owner."""
    evidence = _evidence(seen)
    if seen.names is Verdict.SAME and not seen.ties.contradicted:
        return PairDecision(Outcome.JOIN, Rule.PARTNER_SAME, evidence)
    return PairDecision(Outcome.UNSURE, Rule.PARTNER_UNSURE, evidence)


def _proofs_differ(a: PersonRecord, b: PersonRecord) -> bool:
    are_verified = a.phone_verified_seconds is not None and b.phone_verified_seconds is not None
    return (are_verified and a.phone != b.phone) or bool(a.gstin and b.gstin and a.gstin != b.gstin)


def _evidence(seen: _Seen) -> tuple[str, ...]:
    said = {
        "link": seen.ties.linked,
        "same id": seen.ties.same_id,
        "link elsewhere": seen.ties.contradicted,
        PHONE: seen.same_phone,
        "e-mail": seen.same_email,
        "GSTIN": seen.same_gstin,
        "address": seen.same_address,
    }
    return (*(name for name, there in said.items() if there), f"names {seen.names}")


def partner_role_to_confirm(kinds: frozenset[Kind], roles: frozenset[Role]) -> tuple[Role, ...]:
    """Partner roles that a profile brings to a person whose own accounts never had them: staff confirms them once."""
    if not kinds - set(_PARTNERS):
        return ()
    return tuple(role for kind, role in _ROLE_OF_PARTNER.items() if kind in kinds and role not in roles)
