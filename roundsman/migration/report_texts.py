"""What the report says of rules, fates and findings, in sentences that an owner understands (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from roundsman.migration.matching import Rule


@dataclass(frozen=True, slots=True)
class RuleText:
    """The situation in which a rule speaks, and what it says then."""

    situation: str
    outcome: str


RULES: Final[Mapping[str, RuleText]] = {
    Rule.DECIDED: RuleText("somebody answered a question about them", "done as he said"),
    Rule.TOO_LARGE_OR_WEAK: RuleText(
        "more than eight records would be one person, or two groups hang together by similar names only",
        "not joined; somebody decides",
    ),
    Rule.VERIFIED_DIFFER: RuleText("verified phones or official ids differ", "not joined; somebody decides"),
    Rule.KEPT_APART: RuleText("somebody said that they are not one person", "never joined"),
    Rule.STAFF: RuleText("one of them is staff", "not joined, so that nobody gets rights by it; somebody decides"),
    Rule.CLAIMED: RuleText("one of them is a user who is claimed, and people are live", "not joined; somebody decides"),
    Rule.LINK: RuleText("one names the other, or both carry the same id", "linked"),
    Rule.USERS_SAME: RuleText("two accounts with the same phone and the same name", "merged"),
    Rule.USERS_UNSURE: RuleText(
        "two accounts with the same phone and similar names",
        "merged if the e-mail is the same too, else somebody decides",
    ),
    Rule.USERS_DIFFER: RuleText(
        "two accounts with the same phone and different names", "kept apart; somebody decides whose the phone is"
    ),
    Rule.EMAIL_USERS_SAME: RuleText(
        "two accounts with the same e-mail, other phones, and the same or similar names", "somebody decides"
    ),
    Rule.EMAIL_USERS_DIFFER: RuleText("two accounts with the same e-mail and different names", "kept apart"),
    Rule.CUSTOMER_SAME: RuleText("a customer and an account with the same phone and the same name", "linked"),
    Rule.CUSTOMER_UNSURE: RuleText(
        "a customer and an account with the same phone and similar names",
        "linked if e-mail or address agree too, else somebody decides",
    ),
    Rule.CUSTOMER_DIFFERS: RuleText(
        "a customer and an account with the same phone and different names",
        "not linked: the customer gets a user of his own, and somebody decides whose the phone is",
    ),
    Rule.CUSTOMER_EMAIL: RuleText("no phone in common, but the same e-mail and the same name", "linked"),
    Rule.CREATED_CLAIMABLE: RuleText(
        "a customer without account, whose phone nobody else has",
        "a user is created; he claims it by proving the phone",
    ),
    Rule.CREATED_UNCLAIMABLE: RuleText(
        "a record without account and without a usable phone", "a user is created; staff finds the person"
    ),
    Rule.SEVERAL_CUSTOMERS: RuleText("several customer records of one user", "kept as his further addresses"),
    Rule.PARTNER_SAME: RuleText(
        "a delivery boy or supplier with the phone and name of an account or customer, or a supplier with the GSTIN and name of another",
        "one user; staff confirms the partner's role",
    ),
    Rule.PARTNER_UNSURE: RuleText(
        "a delivery boy or supplier who may be an account, a customer or another supplier",
        "not joined; somebody decides",
    ),
    Rule.ARCHIVED_UNUSED: RuleText(
        "an old account that nothing ever named and nobody used", "archived; restored when its person comes"
    ),
    Rule.KEPT: RuleText("an account that nothing else concerns", "kept"),
    Rule.FOLLOWED: RuleText("imported before and changed in the source since", "renewed"),
}

FATES: Final[Mapping[str, str]] = {
    "kept": "An account that stays a user, or a product, address or order that was taken.",
    "linked": "The profile of a user who has an account or another record.",
    "created_for": "The profile of somebody without account: a user was created for him.",
    "merged": "A second account of the same person; its ids lead to the one that stays.",
    "archived": "An unused account: it comes back as soon as its person does.",
    "held": "Has a user of its own until somebody answers a question about it.",
    "drifted": "Changed between plan and import; the next import takes it.",
    "changed": "Changed since the import; the next import takes it.",
    "arrived": "New since the import; the next import takes it.",
    "after_switch": "Written in the source after people were switched to Roundsman.",
    "gone": "No longer in the source; the copy and the user stay.",
    "erased": "Erased at the person's request.",
    "lost": "In none of these. There may be none.",
}

LISTS: Final[Mapping[str, str]] = {
    "conflict": "whose is what they share?",
    "unsure": "are they one person?",
}

FOUND_BY_IMPORT: Final[Mapping[str, str]] = {
    "address_of_nobody": "The address names an owner whom nobody knows. It is kept, without a user.",
    "order_of_nobody": "The order names a customer whom nobody knows. It is kept with its money, without a user.",
    "order_customer_guessed": (
        "The order names an account with several customer records. It went to the one at its address, "
        "else to the oldest; all of them are the same user's."
    ),
    "delivery_of_nobody": "The delivery names a customer whom nobody knows. It is kept, without a user.",
    "payment_of_nobody": "The payment names a customer whom nobody knows. It is kept with its money, without a user.",
    "purchase_order_of_nobody": "The purchase order names a supplier whom nobody knows. It is kept with its money, without one.",
    "subscription_of_nobody": "The subscription names a customer whom nobody knows. It is kept, without a user.",
    **dict.fromkeys(
        ("delivery_customer_guessed", "payment_customer_guessed", "subscription_customer_guessed"),
        "It names an account with several customer records and went to the oldest; all of them are the same user's.",
    ),
    "order_paid_again": (
        "The existing application paid a delivery boy more than once for this order. His counters hold it and were taken as "
        "they are; the inspection says of each delivery boy how much it is, and an adjustment takes it back."
    ),
    "earnings_unreadable": (
        "What the delivery boy earned by its counters cannot be read. Nothing was taken of it; an adjustment brings it."
    ),
    "earnings_below_month": (
        "The counter of all that the delivery boy earned is below that of the month, which cannot be. Both were taken as they "
        "are, so what he had earned before the month is below nought."
    ),
    "earnings_copied": (
        "Another record of the same delivery boy counts exactly the same. It was taken for a copy, and counts once."
    ),
    "earnings_added_up": (
        "Several records of this delivery boy count what he earned, each something else. He earned the sum of them."
    ),
    "source_writes_after_switch": "The source wrote this although people are managed here by now. It was not taken.",
}

_ROWS: Final[Mapping[str, str]] = {
    "users": "people who get a user",
    "roles": "users who get a role by another profile",
    "hand_overs": "phones and e-mails that become somebody else's, or nobody's",
    "identifiers": "phones, e-mails and former ids by which somebody will be found",
    "documents": "source documents of people that are taken",
    "profiles": "customer profiles made for accounts that orders or subscriptions name",
    "reviews": "questions for somebody to answer",
}

STORED: Final[Mapping[str, str]] = {
    "addresses": "addresses of users",
    "credentials": "passwords, carried as hashes and renewed at the first sign-in",
    "customers": "customer profiles",
    "delivery_boys": "delivery boys' profiles",
    "identifiers": "phones, e-mails and former ids by which somebody is found",
    "ledger_entries": "what delivery boys earned before, as opening balances",
    "orders": "orders",
    "products": "products",
    "source_documents": "sealed verbatim copies of people's source documents",
    "suppliers": "suppliers' profiles",
    "users": "people, with the tombstones of merged and archived accounts",
}


def meaning_of_count(name: str) -> str:
    """What one number of a plan counts, by its name: `fate.merged`, `rule.C1`, `review.unsure.V1`, `rows.users`, `changed`."""
    kind, _, about = name.partition(".")
    match kind:
        case "fate":
            return FATES.get(about, "")
        case "rule" if about in RULES:
            return f"{RULES[about].situation}: {RULES[about].outcome}"
        case "review":
            list_name, _, rule = about.partition(".")
            asked = LISTS.get(list_name, "")
            return f"questions, {asked} {RULES[rule].situation}" if rule in RULES else f"questions, {asked}"
        case "rows":
            return _ROWS.get(about, "")
        case "changed":
            return "imported before and changed in the source since"
        case _:
            return ""
