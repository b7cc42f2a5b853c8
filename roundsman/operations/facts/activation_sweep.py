"""Moving on whom time has moved, and telling them of it: for the worker, and for an operator who does not wait for it."""

from datetime import datetime

from roundsman.activation.policies import find_policy
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.sweep import Swept, sweep
from roundsman.activation.tracking import Recorded
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.operations.facts.activation_messages import put_notices


async def sweep_everybody(tx: Tx, *, now: datetime) -> Swept:
    """Move everybody who is due by now, by the newest thresholds; any number may do it at once."""

    async def tell(tx: Tx, user_id: UserId, recorded: Recorded) -> None:
        await put_notices(tx, user_id, recorded, now=now)

    return await sweep(tx, policy=await find_policy(tx) or ActivationPolicy(), now=now, tell=tell)
