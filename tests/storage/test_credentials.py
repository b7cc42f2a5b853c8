from bson import ObjectId

from roundsman.auth.credential_storage import find_credential, insert_credentials, renew_hash, set_password
from roundsman.auth.credentials import Credential, CredentialOrigin
from roundsman.database.bulk import BulkOutcome
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from tests.builders import NOW

IMPORTED = Credential(UserId(ObjectId()), "{SHA256}" + "a" * 64, CredentialOrigin.IMPORTED, NOW)


async def test_importing_twice_writes_once_and_replaces_nothing(tx: Tx) -> None:
    assert await insert_credentials(tx, [IMPORTED]) == BulkOutcome(inserted=1)
    assert await insert_credentials(tx, [IMPORTED]) == BulkOutcome(same=1)
    await set_password(tx, IMPORTED.user_id, "$2b$own", now=NOW)
    assert await insert_credentials(tx, [IMPORTED]) == BulkOutcome(differing=(IMPORTED.user_id,))
    assert await find_credential(tx, IMPORTED.user_id) == Credential(
        IMPORTED.user_id, "$2b$own", CredentialOrigin.OWN, NOW
    )


async def test_renewing_keeps_origin_and_date(tx: Tx) -> None:
    await insert_credentials(tx, [IMPORTED])
    assert await renew_hash(tx, IMPORTED, "$argon2id$new")
    assert await find_credential(tx, IMPORTED.user_id) == Credential(
        IMPORTED.user_id, "$argon2id$new", CredentialOrigin.IMPORTED, NOW
    )


async def test_renewing_never_overwrites_a_password_set_meanwhile(tx: Tx) -> None:
    await insert_credentials(tx, [IMPORTED])
    await set_password(tx, IMPORTED.user_id, "$argon2id$chosen", now=NOW)
    assert not await renew_hash(tx, IMPORTED, "$argon2id$renewed")
    found = await find_credential(tx, IMPORTED.user_id)
    assert found is not None
    assert found.password_hash == "$argon2id$chosen"


async def test_a_user_without_a_password_has_no_credential(tx: Tx) -> None:
    assert await find_credential(tx, UserId(ObjectId())) is None


def test_a_credential_is_shown_without_its_hash() -> None:
    assert IMPORTED.password_hash not in repr(IMPORTED)
