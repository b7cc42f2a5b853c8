"""What is only counted: the real database, the key files and the settings. Nothing is written."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from roundsman.audit_log.chain import ChainKey
from roundsman.audit_log.files import checkpoint_file, find_chain_key
from roundsman.audit_log.verification import verify_log
from roundsman.auth.credential_storage import count_forms, count_known_defaults
from roundsman.auth.keys import WeakSecret, load_secret_key
from roundsman.auth.passwords import HashForm
from roundsman.auth.tokens import SigningKeys
from roundsman.database.upgrade import count_invalid, find_drift
from roundsman.errors import IntegrityBroken
from roundsman.runtime import Runtime
from roundsman.security_review.checks import Check, Result

_UNSALTED: Final = HashForm.SHA256
_SHORTEST_DATABASE_PASSWORD: Final = 12
_LIKELY: Final = ("password", "admin", "secret", "mongo", "root", "changeme", "123456", "roundsman", "test")
_OWNER_ONLY: Final = 0o077


async def count_all(real: Runtime, uri: str, keys: Callable[[], SigningKeys]) -> list[Result]:
    """Count and read everything that is not tried."""
    return [
        await _hashes(real),
        await _default_passwords(real),
        _secrets(real, uri, keys),
        _committed(real),
        _gateways(real),
        _address(real),
        await _schema(real),
        await _chain(real),
    ]


async def _hashes(real: Runtime) -> Result:
    forms = await count_forms(real.tx)
    counted = ", ".join(
        f"{forms[form]} {form.name.lower() if form else 'unknown'}" for form in (*HashForm, None) if forms[form]
    )
    holds = not forms[_UNSALTED] and not forms[None]
    return Result(
        Check.PASSWORD_HASHES, "count the stored hashes by what they are", counted or "no password is stored", holds
    )


async def _default_passwords(real: Runtime) -> Result:
    refused, number = real.settings.refuse_default_passwords, await count_known_defaults(real.tx)
    tried = "read whether passwords that the existing application gave to everybody sign in; count them among unsalted hashes"
    evidence = f"they {'are refused' if refused else 'sign in'}; {number} accounts have one"
    return Result(Check.DEFAULT_PASSWORDS, tried, evidence, refused)


def _secrets(real: Runtime, uri: str, keys: Callable[[], SigningKeys]) -> Result:
    weak = list(_weak(real, uri, keys))
    tried = "read the keys that sign and seal, the modes of their files, and the password of the database"
    return Result(
        Check.SECRETS, tried, "; ".join(weak) or "none is short, a text, guessable or readable by others", not weak
    )


def _weak(real: Runtime, uri: str, keys: Callable[[], SigningKeys]) -> Iterator[str]:
    folder = real.settings.data_dir / "keys"
    readable = sorted(path.name for path in folder.glob("*") if path.stat().st_mode & _OWNER_ONLY)
    yield from (f"the file {name} is readable by others" for name in readable)
    try:
        load_secret_key(folder)
        keys()
    except WeakSecret as error:
        yield error.message
    password = urlsplit(uri).password
    if password is not None:
        yield from _weak_password(unquote(password))
    elif "authmechanism=" not in uri.lower():
        yield "the address of the database names no user, so it lets in whoever reaches it"


def _weak_password(password: str) -> Iterator[str]:
    if len(password) < _SHORTEST_DATABASE_PASSWORD:
        yield f"the password of the database has {len(password)} characters"
    elif any(word in password.lower() for word in _LIKELY) and len(password) < 2 * _SHORTEST_DATABASE_PASSWORD:
        yield "the password of the database is one that is guessed first"


def _committed(real: Runtime) -> Result:
    tried = "ask git whether .env or anything in the data directory is in a repository"
    try:
        files = [*_tracked(Path(), ".env"), *_tracked(real.settings.data_dir, ".")]
    except _GitSilent as error:
        return Result(Check.COMMITTED_SECRETS, tried, str(error), holds=False)
    return Result(Check.COMMITTED_SECRETS, tried, ", ".join(files) or "nothing of them is", not files)


class _GitSilent(Exception):
    """Git could not say what is in a repository."""


def _tracked(folder: Path, what: str) -> list[str]:
    command = ["git", "-C", str(folder.absolute()), "ls-files", "--", what]
    try:
        done = subprocess.run(  # noqa: S603  only the folder varies
            command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
        )
    except FileNotFoundError:
        # Without git nobody has committed anything from here.
        return []
    if done.returncode and "not a git repository" not in done.stderr:
        raise _GitSilent(f"git could not be asked about {folder}: {done.stderr.strip()}")
    return done.stdout.splitlines()


def _gateways(real: Runtime) -> Result:
    given = {"SMS": real.settings.message_gateway, "e-mail": real.settings.email_gateway}
    missing = [name for name, url in given.items() if not url]
    evidence = f"{' and '.join(missing)}: written to a file" if missing else "both go to a gateway"
    return Result(Check.MESSAGE_GATEWAY, "read where codes are sent", evidence, not missing)


def _address(real: Runtime) -> Result:
    scheme = urlsplit(real.settings.public_url).scheme
    return Result(Check.PUBLIC_ADDRESS, "read the address in the links of messages", scheme, scheme == "https")


async def _schema(real: Runtime) -> Result:
    drifts = await find_drift(real.tx.database)
    invalid = await count_invalid(real.tx.database)
    wrong = [f"{one.collection}: {one.kind.value} {one.detail}".strip() for one in drifts]
    wrong += [f"{name}: {count} documents invalid" for name, count in invalid.items()]
    tried = "compare collections, indexes and validators with what this version wants, and every document with them"
    return Result(Check.SCHEMA, tried, "; ".join(wrong) or "no difference", not wrong)


async def _chain(real: Runtime) -> Result:
    settings = real.settings
    key = find_chain_key(settings.data_dir) or ChainKey(b"")
    tried = "verify every row of the audit log against its chain"
    try:
        verified = await verify_log(real.tx, key, checkpoint_file(settings.data_dir, settings.database_name))
    except IntegrityBroken as error:
        return Result(Check.AUDIT_CHAIN, tried, error.message, holds=False)
    evidence = f"{verified.held} rows hold, {len(verified.findings)} findings, {verified.unsealed} not sealed yet"
    return Result(Check.AUDIT_CHAIN, tried, evidence, not verified.findings)
