import json

from bson import ObjectId

from roundsman.auth.credential_storage import insert_credentials
from roundsman.auth.credentials import Credential, CredentialOrigin
from roundsman.auth.wrapping import JOB
from roundsman.clock import utc_now
from roundsman.database.collections import CREDENTIALS
from roundsman.database.lease import held_lease
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from tests.builders import NOW
from tests.commands import RoundsmanCommand

DIGITS = "0123456789abcdef" * 4
BCRYPT = "$2b$04$QgQ0umOTYoWBx7s5UjeC0.8Fr6H5pvUIqPQFPUbZhVPf0Y5nvvHRq"


async def carry(tx: Tx, *hashes: str) -> None:
    """Store credentials as an import carries them."""
    await insert_credentials(
        tx, [Credential(UserId(ObjectId()), one, CredentialOrigin.IMPORTED, NOW) for one in hashes]
    )


async def test_wrapping_by_command_is_counted_before_and_after_and_shows_no_hash(
    tx: Tx, roundsman: RoundsmanCommand
) -> None:
    await carry(tx, "{SHA256}" + DIGITS, "{SHA256}" + DIGITS[::-1], BCRYPT)

    before = roundsman("passwords", "wrap", "--dry-run", "--json")
    unchanged = await tx.database[CREDENTIALS].count_documents({"hash": {"$regex": r"^\{SHA256\}"}})
    wrapping = roundsman("passwords", "wrap", "--json")
    again = roundsman("passwords", "wrap")
    after = roundsman("passwords", "wrap", "--dry-run")

    forms = {"sha256": 2, "wrapped_sha256": 0, "bcrypt": 1, "argon2id": 0, "unknown": 0}
    assert json.loads(before.stdout) == forms
    assert unchanged == forms["sha256"]
    assert json.loads(wrapping.stdout) == {"wrapped": 2, "replaced_meanwhile": 0, "left": 0}
    assert [line.split()[-1] for line in again.stdout.splitlines()[2:]] == ["0", "0", "0"]
    assert [line.split()[-1] for line in after.stdout.splitlines()[2:]] == ["0", "2", "1", "0", "0"]
    shown = "".join(one.stdout + one.stderr for one in (before, wrapping, again, after))
    assert "$" not in shown
    assert DIGITS not in shown


async def test_a_second_runner_is_told_who_is_at_it(tx: Tx, roundsman: RoundsmanCommand) -> None:
    await carry(tx, "{SHA256}" + DIGITS)
    async with held_lease(tx, JOB, utc_now) as lease:
        refused = roundsman("passwords", "wrap")

    assert refused.returncode == 4
    assert lease.owner in refused.stderr
