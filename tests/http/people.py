"""People who can sign in, and signing them in."""

import httpx

from roundsman.access.roles import Role
from roundsman.auth.credential_storage import insert_credentials
from roundsman.auth.credentials import Credential, CredentialOrigin
from roundsman.auth.passwords import hash_password
from roundsman.database.transaction import Tx
from roundsman.identity.identifiers import phone_key
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.users import Identifier, User
from tests.builders import NOW, a_user

PHONE = "+919820012345"
PASSWORD = "three cows and a bicycle"
PASSWORD_HASH = hash_password(PASSWORD)


async def settle(
    tx: Tx, user: User | None = None, *, phone: str = PHONE, password_hash: str | None = PASSWORD_HASH
) -> User:
    """Store a user who is found by the phone and has the password."""
    user = user or a_user()
    await insert_users(tx, [user])
    await insert_identifiers(tx, [Identifier(phone_key(phone), (user.id,))])
    if password_hash is not None:
        await insert_credentials(tx, [Credential(user.id, password_hash, CredentialOrigin.IMPORTED, NOW)])
    return user


async def log_in(api: httpx.AsyncClient, identifier: str = PHONE, password: str = PASSWORD) -> httpx.Response:
    """Try to sign in."""
    return await api.post("/api/v1/auth/login", json={"identifier": identifier, "password": password})


async def bearer_of(api: httpx.AsyncClient, tx: Tx, *roles: Role, phone: str = PHONE) -> dict[str, str]:
    """The headers with which a new user of these roles is signed in."""
    await settle(tx, a_user(roles=roles), phone=phone)
    answer = await log_in(api, phone)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}
