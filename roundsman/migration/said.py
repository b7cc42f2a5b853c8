"""Reading what a document says of the user it belongs to (pure)."""

from roundsman.identity.identifiers import email_key, phone_key
from roundsman.ids import UserId, derived_object_id
from roundsman.migration.conversion import Reading, password_hash_of
from roundsman.migration.following import Said
from roundsman.migration.profile import Kind
from roundsman.migration.records import PersonRecord, read_person
from roundsman.migration.sealing import Seal


def said_by(reading: Reading, user_id: UserId, seal: Seal) -> Said:
    """What the document says. Equal passwords give equal tokens, which nobody without the key can compare with a guess."""
    record = read_person(reading.document, reading.collection, reading.profile)
    said = Said(
        key=record.key,
        name=record.name,
        phone=phone_key(record.phone) if record.phone else None,
        email=email_key(record.sign_in_email) if record.sign_in_email else None,
    )
    if record.kind is not Kind.USER:
        return said
    return Said(
        key=said.key,
        name=said.name,
        phone=said.phone,
        email=said.email,
        role=record.role,
        password=password_token(reading, seal) if is_himself(record, user_id) else None,
        blocked=record.blocked,
    )


def is_himself(record: PersonRecord, user_id: UserId) -> bool:
    """Whether the record is the account that the user was made of, not one that was joined with it."""
    if record.kind is not Kind.USER:
        return False
    own = (record.object_id, derived_object_id(record.collection, record.source_id))
    return user_id in (*own, derived_object_id("record", record.collection, record.source_id))


def password_token(reading: Reading, seal: Seal) -> str | None:
    """What stands for the document's password hash where it is compared; None if it has none that can be used."""
    stored = password_hash_of(reading)
    return seal.close("password", stored.encode())[0][:16].hex() if stored else None
