"""Telling histories anew when people are joined or told apart: each has that of the facts that are his now."""

from collections.abc import Iterable
from datetime import datetime

from roundsman.activation.policies import find_policy
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.recorded_facts import facts_of
from roundsman.activation.tracking import find_tracked, refold
from roundsman.customers.linkage import customers_of_user
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.operations.facts.activation_messages import withdraw_untrue
from roundsman.operations.facts.fact_intake import tell, traits_of


async def begin_histories(tx: Tx, users: Iterable[UserId], *, now: datetime) -> None:
    """Have the sign-up of each told, if that of any of them is.

    Before people become one, so that each takes his own back; and after they were told apart.
    """
    known = {one: await find_tracked(tx, one) is not None for one in users}
    if any(known.values()):
        policy = await _policy(tx)
        for user_id in (one for one, is_known in known.items() if not is_known):
            await tell(tx, user_id, [], policy=policy, now=now)


async def retell(tx: Tx, users: Iterable[UserId], *, now: datetime) -> None:
    """Tell the histories of these people anew, from the facts that are theirs now; nobody gets a message of it."""
    policy = await _policy(tx)
    for user_id in sorted(set(users)):
        if await find_tracked(tx, user_id) is not None or await facts_of(tx, user_id):
            customers = await customers_of_user(tx, user_id)
            traits = traits_of(customers) if customers else None
            recorded = await refold(tx, user_id, policy=policy, now=now, traits=traits)
            await withdraw_untrue(tx, user_id, recorded, now=now)


async def _policy(tx: Tx) -> ActivationPolicy:
    return await find_policy(tx) or ActivationPolicy()
