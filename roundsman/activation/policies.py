"""The versions of the policy there have been: each lifecycle says by which it was told.

What runs on, `serve` and `worker`, settles the policy when it starts; everything else goes by the newest.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pymongo.errors import DuplicateKeyError

from roundsman.activation.policy import ActivationPolicy
from roundsman.database.collections import SYSTEM
from roundsman.database.transaction import Document, Tx

POLICY_ID: Final = "activation_policy"
"""The document of all versions; when each began is in it."""


async def settle_policy(tx: Tx, wanted: ActivationPolicy, *, now: datetime) -> ActivationPolicy:
    """Give the policy with its version: the newest if it says the same, else a new one, which is kept with its day."""
    while True:
        stored = await tx.database[SYSTEM].find_one({"_id": POLICY_ID}) or {"versions": []}
        versions: Sequence[Document] = stored["versions"]
        if versions and _thresholds(wanted) == {name: versions[-1][name] for name in _thresholds(wanted)}:
            return replace(wanted, version=len(versions))
        if await _add(tx, wanted, len(versions), now=now):
            return replace(wanted, version=len(versions) + 1)


async def counting_policy(tx: Tx, wanted: ActivationPolicy, *, now: datetime) -> ActivationPolicy:
    """Give the newest policy, whatever is wanted; only where none was ever settled that is settled."""
    return await find_policy(tx) or await settle_policy(tx, wanted, now=now)


async def newest_policy(tx: Tx, policy: ActivationPolicy, *, told_by: int) -> ActivationPolicy:
    """Give a policy, or the newest one where somebody was told by a later version: another process began with other settings."""
    return policy if told_by <= policy.version else await find_policy(tx) or policy


async def find_policy(tx: Tx) -> ActivationPolicy | None:
    """Find the newest policy, for work that nobody gives one; None where none was settled yet."""
    stored = await tx.database[SYSTEM].find_one({"_id": POLICY_ID}, session=tx.session)
    if stored is None:
        return None
    newest = stored["versions"][-1]
    inactive, churn = (timedelta(days=newest[name]) for name in ("inactive_days", "churn_days"))
    return ActivationPolicy(inactive, churn, newest["engaged_orders"], len(stored["versions"]))


async def _add(tx: Tx, policy: ActivationPolicy, known: int, *, now: datetime) -> bool:
    """Add a version to so many known ones; False if somebody else was faster."""
    guard = {"_id": POLICY_ID, "versions": {"$size": known}}
    version = _thresholds(policy) | {"since": now}
    try:
        added = await tx.database[SYSTEM].update_one(guard, {"$push": {"versions": version}}, upsert=known == 0)
    except DuplicateKeyError:
        return False
    return bool(added.modified_count or added.upserted_id)


def _thresholds(policy: ActivationPolicy) -> Document:
    return {
        "inactive_days": policy.inactive_after.days,
        "churn_days": policy.churn_after.days,
        "engaged_orders": policy.engaged_orders,
    }
