"""What joining two users, or telling them apart again, changes in their own documents; each change can be taken back."""

from roundsman.database.changes import Edit, Move, Removal, edit, move, remove
from roundsman.database.collections import IDENTIFIERS, USERS
from roundsman.database.transaction import Document, Tx
from roundsman.identity.lookup import identifiers_of_user
from roundsman.identity.store import identifier_document, identifier_from, user_document
from roundsman.identity.users import Identifier, User
from roundsman.ids import UserId


async def rewrite_user(tx: Tx, user: User) -> Edit:
    """Store a user as he is now."""
    return await edit(tx, USERS, user_document(user))


async def rewrite_identifier(tx: Tx, identifier: Identifier) -> Edit:
    """Store whom an identifier leads to now."""
    return await edit(tx, IDENTIFIERS, identifier_document(identifier))


async def release_identifier(tx: Tx, key: str) -> Removal | None:
    """Let an identifier find nobody any more; None if it did not."""
    return await remove(tx, IDENTIFIERS, key)


async def lead_identifiers_to(tx: Tx, survivor: UserId, *, of: UserId) -> list[Edit]:
    """Let everything that finds one user find the other; an old id of both is ambiguous no longer."""
    found = await identifiers_of_user(tx, of)
    return [await rewrite_identifier(tx, led_to(identifier, survivor, instead_of=of)) for identifier in found]


def led_to(identifier: Identifier, user_id: UserId, *, instead_of: UserId) -> Identifier:
    """The identifier with one of its users replaced."""
    users = {user_id if one == instead_of else one for one in identifier.user_ids}
    return Identifier(identifier.key, tuple(sorted(users)), identifier.verified_at, identifier.epoch)


def identifier_owners(document: Document) -> tuple[UserId, ...]:
    """Whom an identifier leads to that was kept as it was stored."""
    return identifier_from(document).user_ids


async def lead_merged_to(tx: Tx, survivor: UserId, *, of: UserId) -> Move:
    """Let those who were merged into a user before lead to the other, so that no merge leads over two steps."""
    return await move(tx, USERS, field="merged_into", before=of, after=survivor)
