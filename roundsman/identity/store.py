"""Users and identifiers as documents."""

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document
from roundsman.identity.users import Claim, Identifier, User, UserStatus
from roundsman.ids import UserId


def user_document(user: User) -> Document:
    """Store a user."""
    return without_absent(
        {
            "_id": user.id,
            "name": user.name,
            "status": user.status.value,
            "claim": user.claim.value,
            "roles": [role.value for role in user.roles],
            "created_at": user.created_at,
            "created_by": user.created_by,
            "roles_to_confirm": [role.value for role in user.roles_to_confirm] or None,
            "merged_into": user.merged_into,
            "former_identifiers": list(user.former_identifiers) or None,
            "first_sign_in_at": user.first_sign_in_at,
            "last_sign_in_at": user.last_sign_in_at,
            "session_version": user.session_version,
        }
    )


def user_from(document: Document) -> User:
    """Read a user."""
    return User(
        id=document["_id"],
        name=document["name"],
        status=UserStatus(document["status"]),
        claim=Claim(document["claim"]),
        roles=tuple(map(Role, document["roles"])),
        created_at=document["created_at"],
        created_by=document["created_by"],
        roles_to_confirm=tuple(map(Role, document.get("roles_to_confirm", ()))),
        merged_into=document.get("merged_into"),
        former_identifiers=tuple(document.get("former_identifiers", ())),
        first_sign_in_at=document.get("first_sign_in_at"),
        last_sign_in_at=document.get("last_sign_in_at"),
        session_version=document["session_version"],
    )


def identifier_document(identifier: Identifier) -> Document:
    """Store an identifier: `user_id` where it leads to one user, `user_ids` where it is ambiguous."""
    document: Document = {"_id": identifier.key}
    if identifier.is_ambiguous:
        document["user_ids"] = list(identifier.user_ids)
    else:
        document["user_id"] = identifier.user_ids[0]
    if identifier.verified_at is not None:
        document["verified_at"] = identifier.verified_at
    document["epoch"] = identifier.epoch
    return document


def identifier_from(document: Document) -> Identifier:
    """Read an identifier."""
    return Identifier(
        key=document["_id"],
        user_ids=_owners(document),
        verified_at=document.get("verified_at"),
        epoch=document["epoch"],
    )


def _owners(document: Document) -> tuple[UserId, ...]:
    one: ObjectId | None = document.get("user_id")
    return (UserId(one),) if one is not None else tuple(document["user_ids"])
