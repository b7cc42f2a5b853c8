"""What counts as written live (pure): all that Roundsman holds, was not imported, and came after a switch.

Going back is possible only while there is none of it, because the existing application would know nothing of it. Each
kind has one query. What is made here carries a time or an ObjectId, and who made it. A change of something imported
does not, but it has its row in the audit log, so the last query finds it. Sessions, sign-in times and attempts do not
count: nobody loses anything by signing in again. Nor do contacts with customers, of which the source knows nothing. Nor do
answers to the import's questions, the undoing of a merge, write-back and the switches, which are about living together
with the source: what an answer did stands in shadow too, and can be taken back there as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bson import ObjectId

from roundsman.database import collections

Pipeline = list[dict[str, Any]]

_IMPORTED: Final = {"$regex": "^import:"}
_BY_AN_IMPORT: Final = {"$regex": "^(import:|sync$)"}
_TOLD_BY_ITS_DOCUMENT: Final = ("user.registered", "customer.registered")
_MERGE_UNDONE: Final = ("user.told_apart", "user.left")
_BY_AN_ANSWER: Final = {"$regex": "^review:[0-9a-f]{24}(:|$)"}
"""Why something changed, where it was an answer: its name in the journal."""
_NOT_WRITTEN_LIVE: Final = r"^(session|mode|review|source|database|document|users|passwords|contact|migration)\."
_OPERATIONS: Final = r"^(order|delivery|payment|subscription|product|payout|adjustment|rate|cash|purchase_order|price_proposal|supplier_due)\."


@dataclass(frozen=True, slots=True)
class LiveWrite:
    """One kind of writing, the collection to ask, and the query for those since a moment; it gives documents with `_id`."""

    what: str
    collection: str
    query: Callable[[datetime], Pipeline]


def _users(since: datetime) -> Pipeline:
    return [{"$match": {"created_at": {"$gte": since}, "created_by": {"$not": _IMPORTED}}}]


def _identifiers_of_users(since: datetime) -> Pipeline:
    found = {"from": collections.IDENTIFIERS, "localField": "_id", "foreignField": "user_id", "as": "found"}
    return [*_users(since), {"$lookup": found}, {"$unwind": "$found"}, {"$replaceRoot": {"newRoot": "$found"}}]


def _profiles(since: datetime) -> Pipeline:
    """An imported profile may be created by a user of the source, but then a copy says so."""
    copies = {
        "from": collections.SOURCE_DOCUMENTS,
        "localField": "user_id",
        "foreignField": "user_id",
        "let": {"profile": "$_id"},
        "pipeline": [{"$match": {"$expr": {"$eq": ["$profile_id", "$$profile"]}}}, {"$project": {"_id": 1}}],
        "as": "copies",
    }
    return [*_users(since), {"$lookup": copies}, {"$match": {"copies": []}}]


def _own_passwords(since: datetime) -> Pipeline:
    return [{"$match": {"origin": "own", "changed_at": {"$gte": since}}}]


def _without_source(since: datetime) -> Pipeline:
    return [{"$match": {"_id": {"$gte": ObjectId.from_datetime(since)}, "source": {"$exists": False}}}]


def _own_orders(_since: datetime) -> Pipeline:
    return [{"$match": {"origin": "roundsman"}}]


def _other_changes(since: datetime) -> Pipeline:
    told = {"$not": {"$regex": _NOT_WRITTEN_LIVE}, "$nin": [*_TOLD_BY_ITS_DOCUMENT, *_MERGE_UNDONE]}
    by = {"actor.who": {"$not": _BY_AN_IMPORT}, "reason": {"$not": _BY_AN_ANSWER}}
    return [{"$match": {"at": {"$gte": since}, "action": told, **by}}, _AS_TOLD]


def _changes_of_operations(since: datetime) -> Pipeline:
    about = {"$regex": _OPERATIONS}
    return [{"$match": {"at": {"$gte": since}, "actor.who": {"$not": _BY_AN_IMPORT}, "action": about}}, _AS_TOLD]


_AS_TOLD: Final = {"$project": {"_id": {"$concat": ["$action", " ", "$target"]}}}


def _since(since: datetime) -> Pipeline:
    return [{"$match": {"at": {"$gte": since}}}]


_RATINGS: Final = LiveWrite("ratings given here", collections.RATINGS, _since)
_ORDERS: Final = LiveWrite("orders taken here", collections.ORDERS, _own_orders)
_PRODUCTS: Final = LiveWrite("products made here", collections.PRODUCTS, _without_source)

WRITTEN_LIVE: Final = (
    LiveWrite("users made here", collections.USERS, _users),
    LiveWrite("phones and e-mails of users made here", collections.USERS, _identifiers_of_users),
    LiveWrite("passwords set here", collections.CREDENTIALS, _own_passwords),
    LiveWrite("customers made here", collections.CUSTOMERS, _profiles),
    LiveWrite("delivery boys made here", collections.DELIVERY_BOYS, _profiles),
    LiveWrite("suppliers made here", collections.SUPPLIERS, _profiles),
    LiveWrite("addresses made here", collections.ADDRESSES, _without_source),
    _PRODUCTS,
    _ORDERS,
    _RATINGS,
    LiveWrite("other changes in the audit log", collections.AUDIT_LOG, _other_changes),
)
"""Everything that keeps people from going back to the existing application."""

WRITTEN_IN_OPERATIONS: Final = (
    _ORDERS,
    _PRODUCTS,
    _RATINGS,
    LiveWrite("other changes in the audit log", collections.AUDIT_LOG, _changes_of_operations),
)
"""What keeps operations from going back."""
