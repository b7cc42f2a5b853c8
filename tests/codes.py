"""Codes as their holders get them: from the development sender's file, or from the outbox where nothing sends."""

import json
from pathlib import Path

from roundsman.auth.keys import signing_key_from
from roundsman.auth.refresh import RefreshTokens
from roundsman.auth.tokens import SigningKeys, TokenAuthority
from roundsman.database.collections import OUTBOX
from roundsman.database.transaction import Tx
from roundsman.notifications.sealing import unseal_secret
from roundsman.operations.signing_in.code_sign_in import CodeSignIn
from roundsman.operations.signing_in.proving import Proving
from roundsman.operations.signing_in.session_opening import SessionKeeping
from roundsman.runtime import Runtime

SECRET_KEY = b"s" * 32
PROVING = Proving(SECRET_KEY)
SESSIONS = SessionKeeping(
    TokenAuthority(lambda: SigningKeys(signing_key_from(b"k" * 40)), issuer="roundsman", audience="roundsman"),
    RefreshTokens(SECRET_KEY),
)
BY = CodeSignIn(PROVING, SESSIONS)


def messages(runtime: Runtime) -> list[dict[str, str]]:
    """What the development sender has sent."""
    file = Path(runtime.settings.data_dir) / "outbox.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


async def code_for(runtime: Runtime, to: str) -> str:
    """The newest code in the file; whoever sends first, the application or this."""
    while not (texts := [one["text"] for one in messages(runtime) if one["to"] == to]):
        await runtime.dispatcher.send_due()
    return texts[-1].split()[0]


async def newest_code(tx: Tx, to: str, *, outbox_key: bytes = PROVING.outbox_key) -> str | None:
    """The code that waits for somebody, the last one; None where none does."""
    document = await tx.database[OUTBOX].find_one(
        {"to": to, "template": "code", "secret": {"$exists": True}}, sort=[("created_at", -1)]
    )
    return None if document is None else unseal_secret(outbox_key, document["_id"], document["secret"])


async def count_codes(tx: Tx) -> int:
    """How many codes were sent, or wait to be."""
    return await tx.database[OUTBOX].count_documents({"template": "code"})
