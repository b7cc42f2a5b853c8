"""Every index, as data with its reason. `_id` needs none, and what must be unique is unique by `_id` wherever it can be.

Each index costs every bulk insert of an import, so the large collections have few.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pymongo import ASCENDING, DESCENDING, TEXT, IndexModel

from roundsman.database import collections
from roundsman.database.transaction import Document

OPEN_ORDERS = ("pending", "out_for_delivery", "not_delivered")
"""The statuses of orders that are still to be brought."""
BY_NAME: Document = {"locale": "en", "strength": 1}
"""How names are compared where people look for them: neither case nor accents count."""


@dataclass(frozen=True, slots=True)
class Index:
    """One index: its keys in order with their directions, and why it is worth its cost."""

    keys: tuple[tuple[str, int | str], ...]
    reason: str
    options: Document = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name MongoDB would give it: 'user_id_1'."""
        return "_".join(f"{key}_{direction}" for key, direction in self.keys)

    @property
    def model(self) -> IndexModel:
        """The index as the driver wants it."""
        return IndexModel(list(self.keys), name=self.name, **self.options)


def _on(*fields: str, reason: str) -> Index:
    return Index(tuple((field, ASCENDING) for field in fields), reason)


def _newest_first(owner: str, time: str, *, reason: str) -> Index:
    return Index(((owner, ASCENDING), (time, DESCENDING)), reason)


def _all_newest_first(time: str, *, reason: str) -> Index:
    return Index(((time, DESCENDING), ("_id", DESCENDING)), reason)


def _listed(owner: str, time: str, *, what: str) -> tuple[Index, ...]:
    """What people look through page by page, the newest first: that of one partner, what waits for somebody, and all."""
    return (
        _newest_first(owner, time, reason=f"The {what} of a partner."),
        _newest_first("status", time, reason=f"The {what} that wait for somebody."),
        _all_newest_first(time, reason=f"All {what}, page by page."),
    )


def _where_present(field: str, *, reason: str) -> Index:
    return Index(((field, ASCENDING),), reason, {"sparse": True})


def _unique(field: str, *, reason: str) -> Index:
    return Index(((field, ASCENDING),), reason, {"unique": True})


def _expiring(field: str, *, reason: str) -> Index:
    return Index(((field, ASCENDING),), reason, {"expireAfterSeconds": 0})


INDEXES: Mapping[str, tuple[Index, ...]] = MappingProxyType(
    {
        collections.USERS: (
            _where_present("merged_into", reason="Who was merged into a user; only merged users are in it."),
            _where_present("former_identifiers", reason="Whom a phone belonged to, to restore an archived user."),
            _on("roles", reason="Lists of staff and partners; whether an active admin is left."),
            Index(
                (("name", ASCENDING), ("_id", ASCENDING)),
                "The search by the beginning of a name, whatever its case and accents.",
                {"collation": BY_NAME},
            ),
            Index(
                (("name", TEXT),),
                "The search by any word of a name: most people are remembered by their second one.",
                # No word is left out as being common, and none is cut to its stem: they are names.
                {"default_language": "none", "language_override": "none"},
            ),
        ),
        collections.IDENTIFIERS: (
            _where_present("user_id", reason="The phones and e-mails of a user."),
            _where_present("user_ids", reason="The ambiguous old ids of a user, in every joined view."),
        ),
        collections.SESSIONS: (
            _on("user_id", reason="The sessions of a user: to list and to end them."),
            _expiring("expires_at", reason="MongoDB removes what has expired; reading checks the time anyway."),
        ),
        collections.PASSWORD_RESETS: (
            _on("user_id", reason="The links a user has asked for: the first that is used ends all of them."),
            _expiring("expires_at", reason="MongoDB removes what counts no more; using one checks the time anyway."),
        ),
        collections.ATTEMPTS: (
            _expiring("expires_at", reason="A count that nobody asks for any more goes by itself."),
        ),
        collections.OTP_CHALLENGES: (
            _expiring("forget_at", reason="The resend schedule is forgotten some time after the last code."),
        ),
        collections.PROOFS: (_expiring("expires_at", reason="Reading checks the time anyway."),),
        collections.OUTBOX: (
            _on("state", "next_at", reason="What is due, asked twice a second by each process that sends."),
            _expiring("forget_at", reason="What was sent is forgotten after a week."),
        ),
        collections.CUSTOMERS: (
            _on("user_id", reason="The customer profiles of a user, in every joined view."),
            _where_present("delivery_boy_id", reason="The round of a delivery boy."),
            _where_present("former_deliveries.delivery_boy_id", reason="His round of a day before."),
            _where_present("phone", reason="The lookup by a contact phone, which a household may share."),
            _where_present("email", reason="The lookup by a contact e-mail, which a household may share too."),
        ),
        collections.ADDRESSES: (_on("user_id", reason="The addresses of a user."),),
        collections.DELIVERY_BOYS: (
            _unique("user_id", reason="Each user has at most one such profile."),
            _on("name", "_id", reason="The delivery boys by their names, page by page."),
        ),
        collections.SUPPLIERS: (
            _unique("user_id", reason="Each user has at most one such profile."),
            _on("name", "_id", reason="Suppliers by their names, page by page."),
            _where_present("gstin", reason="Whether a business that is taken on is a supplier already."),
        ),
        collections.PRODUCTS: (
            _on("active", "name", "_id", reason="What is sold, by its name, page by page."),
            _on("supplier_id", "name", "_id", reason="What a supplier brings, by its name, page by page."),
        ),
        collections.ORDERS: (
            _newest_first("customer_id", "placed_at", reason="A customer's orders."),
            _newest_first("user_id", "placed_at", reason="A user's orders, and the last of them in every joined view."),
            _where_present("old_id", reason="The order that a source's delivery names."),
            Index(
                (("customer_id", ASCENDING), ("for_date", ASCENDING)),
                "What is still to be brought to the customers of a round.",
                {"partialFilterExpression": {"status": {"$in": list(OPEN_ORDERS)}}},
            ),
            _on("for_date", "status", reason="What is to be brought on a day, and what has no day yet."),
        ),
        collections.SUBSCRIPTIONS: (
            _on("user_id", reason="The subscriptions of a user, and those of nobody."),
            _on("customer_id", reason="What subscriptions bring to the customers of a round."),
            _on("status", reason="Those that bring something on some days: what is to be bought for a day."),
        ),
        collections.DELIVERIES: (
            _newest_first("user_id", "for_date", reason="What was delivered to a user, the newest first."),
            _where_present("order_id", reason="The delivery of an order."),
            _on("delivery_boy_id", "for_date", reason="What a delivery boy has to do with on a day."),
            _on("customer_id", "for_date", reason="Who brings something to a customer on a day."),
        ),
        collections.PAYMENTS: (_newest_first("user_id", "at", reason="What a user paid, the newest first."),),
        collections.LEDGER_ENTRIES: (
            _on(
                "delivery_boy_id", "earned_at", reason="What a delivery boy earned in a month, and what is to be paid."
            ),
            _on("thing", reason="All that was written about a delivery, to see what counts."),
            _where_present("payout_id", reason="What a payout claims."),
        ),
        collections.RATINGS: (
            _on("user_id", reason="What a user said of deliveries, among all that is stored of him."),
        ),
        collections.PAYOUTS: (
            *_listed("delivery_boy_id", "created_at", what="payouts"),
            Index(
                (("reference", ASCENDING),),
                "A transfer pays one payout, in whichever case somebody types what the bank calls it.",
                {"unique": True, "sparse": True, "collation": BY_NAME},
            ),
        ),
        collections.ADJUSTMENTS: (*_listed("delivery_boy_id", "created_at", what="adjustments"),),
        collections.RATE_CARDS: (
            _on("delivery_boy_id", "valid_from", reason="What a delivery brings, asked with each that is made."),
            _on("valid_from", "_id", reason="All rates, page by page."),
        ),
        collections.PURCHASE_ORDERS: (*_listed("supplier_id", "created_at", what="purchase orders"),),
        collections.SUPPLIER_DUES: (
            _newest_first("supplier_id", "at", reason="What is owed to a supplier, entry by entry."),
        ),
        collections.PRICE_PROPOSALS: (*_listed("supplier_id", "proposed_at", what="proposed prices"),),
        collections.FACTS: (
            _on("user_id", "occurred_at", reason="The history of a person, when a late fact has it told anew."),
        ),
        collections.UNMATCHED_FACTS: (
            _on("subject", reason="Whom facts wait for, to look each up now and then."),
            _on("names", reason="What waits for somebody by any of his names, when he appears."),
            _on("recorded_at", "_id", reason="What was told last and waits, for people to look at."),
        ),
        collections.FACT_CONFLICTS: (
            _where_present("names", reason="What tells who somebody is, when he closes his account."),
            _on("recorded_at", "_id", reason="What was told last and contradicts, for people to look at."),
        ),
        collections.LIFECYCLES: (
            _where_present("due_at", reason="Whom time moves next: the sweep, who is overdue, and who is at risk."),
            _on("status", "next_transition_at", "_id", reason="Who is at risk, the soonest first."),
            _on("status", "_id", reason="The people behind a status, page by page."),
            _on("policy_version", reason="Who was told by thresholds of before; nobody, but after they change."),
            _on("signup_day", "_id", reason="Those who signed up on a day, to be counted again, and page by page."),
            _where_present("pending_days", reason="Whose sign-up days the rollups have not counted yet."),
            Index(
                (("unpaid_since", ASCENDING), ("_id", ASCENDING)),
                "Who was delivered to and has not paid since, page by page.",
                {"partialFilterExpression": {"unpaid_since": {"$exists": True}}},
            ),
            _where_present("payment_risk", reason="Whose last payment failed."),
        ),
        collections.TRANSITIONS: (
            _on("user_id", "effective_at", reason="The history of a person, and what of it holds no more."),
            _on("day", reason="What happened on a day, to be counted again."),
            _where_present("pending", reason="What the rollups have not counted yet."),
        ),
        collections.SIGNUP_DAYS: (_where_present("dirty", reason="What is to be counted again."),),
        collections.COHORT_CELLS: (
            _where_present("dirty", reason="What is to be counted again."),
            _where_present("uncarried", reason="From which week on the ends of days have to follow."),
        ),
        collections.AUDIT_LOG: (
            Index((("at", DESCENDING),), "What happened last."),
            Index(
                (("target", ASCENDING), ("at", DESCENDING)), "What was done to one user or record.", {"sparse": True}
            ),
            _on("seal.number", "_id", reason="The rows in the order of the chain, and those that are not sealed yet."),
        ),
        collections.SOURCE_DOCUMENTS: (
            _where_present("user_id", reason="What a user was made from."),
            _where_present("run", reason="What an import brought: to verify it and to undo it."),
            _where_present("parts", reason="The few very large copies, to see that their parts belong together."),
            _where_present("erased_at", reason="What nobody takes from the source again; only few are in it."),
        ),
        collections.SOURCE_KEYS: (
            _on(
                "keys",
                reason="The source documents that share a phone, an e-mail or an old id, for every followed change.",
            ),
        ),
        collections.MIGRATION_PLANS: (
            _where_present("kept_until", reason="The plans of sync rounds that have served their time."),
        ),
        collections.REVIEWS: (
            _on("status", reason="The reviews that wait for a human."),
            _on("members", reason="The questions about a document, when its user is merged with another."),
        ),
        collections.MERGES: (
            _on("users", "number", reason="What was done later to the same people: it is taken back first."),
            _on("cause", reason="What a decision changed, to take it back."),
            _on("number", reason="The order in which people were joined and told apart."),
        ),
    }
)
