"""The last audit of how people prove who they are: `roundsman auth audit` tries things for minutes, and pages show what came of it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from roundsman.access.route_audit.findings import Level
from roundsman.database.collections import SYSTEM
from roundsman.database.transaction import Tx

_ID: Final = "auth_audit"


@dataclass(frozen=True, slots=True)
class KeptCheck:
    """One check: how grave it is if it does not hold, what was tried and answered, how it is mended, and who asks for it."""

    check: str
    level: Level
    tried: str
    evidence: str
    holds: bool
    mend: str
    source: str


@dataclass(frozen=True, slots=True)
class KeptAudit:
    """All checks of one audit, when it was made and by which version of Roundsman."""

    at: datetime
    version: str
    checks: tuple[KeptCheck, ...]


async def keep_audit(tx: Tx, audit: KeptAudit) -> None:
    """Keep an audit in place of the one before."""
    checks = [{**asdict(one), "level": one.level.value} for one in audit.checks]
    document = {"at": audit.at, "version": audit.version, "checks": checks}
    await tx.database[SYSTEM].replace_one({"_id": _ID}, document, upsert=True)


async def find_kept_audit(tx: Tx) -> KeptAudit | None:
    """The audit that was made last; None if none ever was."""
    found = await tx.database[SYSTEM].find_one({"_id": _ID})
    if found is None:
        return None
    checks = (KeptCheck(**{**one, "level": Level(one["level"])}) for one in found["checks"])
    return KeptAudit(found["at"], found["version"], tuple(checks))
