"""By which ids the existing application knows a user: his accounts are kept as copies, and the copies name them.

An id that several people carry is not handed out: whoever gets it would be taken for the others. The `_id` of the
document stands in its place, as write-back writes it. Whoever the existing application never saw has his own id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bson import ObjectId

from roundsman.customers.linkage import customers_of_user
from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.linkage import find_delivery_boy_of_user
from roundsman.identity.identifiers import alias_key
from roundsman.identity.lookup import identifiers_of_user
from roundsman.identity.users import Identifier
from roundsman.ids import UserId
from roundsman.migration.plan import Fate
from roundsman.migration.write_back.ids import SourceUser
from roundsman.suppliers.linkage import find_supplier_of_user

_EMAIL = "email:"
_FIELDS = {"user_id": 1, "profile_id": 1, "fate": 1, "app_id": 1}


@dataclass(frozen=True, slots=True)
class FormerIds:
    """A user in the terms of the existing application; of several customers the oldest comes first."""

    user_id: str
    customer_ids: tuple[str, ...]
    delivery_boy_id: str | None
    supplier_id: str | None
    email: str | None


async def former_ids(tx: Tx, user_id: UserId) -> FormerIds:
    """Find by which ids the existing application knows a user and all he is to the business, and his e-mail address."""
    identifiers = await identifiers_of_user(tx, user_id)
    customers = await customers_of_user(tx, user_id)
    delivery_boy = await find_delivery_boy_of_user(tx, user_id)
    supplier = await find_supplier_of_user(tx, user_id)
    cursor = tx.database[SOURCE_DOCUMENTS].find(
        {"user_id": user_id, "fate": {"$exists": True}}, _FIELDS, session=tx.session
    )
    known = _known_by([copy async for copy in cursor], identifiers)
    return FormerIds(
        known.get(None, str(user_id)),
        tuple(known.get(customer.id, str(customer.id)) for customer in customers),
        None if delivery_boy is None else known.get(delivery_boy.id, str(delivery_boy.id)),
        None if supplier is None else known.get(supplier.id, str(supplier.id)),
        next((one.key.removeprefix(_EMAIL) for one in identifiers if one.key.startswith(_EMAIL)), None),
    )


def _known_by(copies: Sequence[Document], identifiers: Iterable[Identifier]) -> Mapping[ObjectId | None, str]:
    """The id that names each profile; that of the account is under None, because an account makes no profile."""
    of_several = {one.key for one in identifiers if one.is_ambiguous}
    best: dict[ObjectId | None, SourceUser] = {}
    for copy in copies:
        one = SourceUser(copy["_id"].partition(":")[2], copy.get("app_id"), Fate(copy["fate"]))
        profile = copy.get("profile_id")
        if profile not in best or one.rank < best[profile].rank:
            best[profile] = one
    return {profile: _name(one, of_several) for profile, one in best.items()}


def _name(one: SourceUser, of_several: set[str]) -> str:
    if one.app_id is None or alias_key(one.app_id) in of_several:
        return one.source_id
    return one.app_id
