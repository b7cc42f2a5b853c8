"""What is told of a person begins with his sign-up, whoever tells it first."""

from datetime import timedelta

from roundsman.access.principal import SignedInBy
from roundsman.activation.facts import Fact, FactType
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.recorded_facts import facts_of
from roundsman.activation.tracking import find_tracked
from roundsman.audit_log.entries import SYSTEM
from roundsman.auth.sessions import Opening
from roundsman.database.transaction import Tx
from roundsman.identity.lookup import get_user
from roundsman.operations.accounts.sign_up import SignUp, sign_up_customer
from roundsman.operations.facts.fact_intake import tell
from roundsman.operations.signing_in.session_opening import open_session_of
from tests.codes import SESSIONS
from tests.histories import BEGIN

POLICY = ActivationPolicy()


async def test_a_customer_who_signs_in_is_onboarded_and_his_order_makes_him_active(tx: Tx) -> None:
    signed_up = await sign_up_customer(
        tx, SignUp("Asha Patil", "98200 12345", area="Baner"), actor=SYSTEM, now=BEGIN, policy=POLICY
    )
    user = await get_user(tx, signed_up.user_id)
    day = timedelta(days=1)
    signed_in = await open_session_of(tx, user, Opening(SignedInBy.OTP), by=SESSIONS, now=BEGIN + day)
    assert signed_in is not None
    tracked = await find_tracked(tx, user.id)
    assert tracked is not None
    assert tracked.lifecycle.status is ActivationStatus.ONBOARDED
    assert (tracked.traits.area, tracked.traits.channel) == ("Baner", "staff")

    order = Fact(FactType.ORDER_PLACED, user.id, "an-order", BEGIN + 2 * day)
    recorded = await tell(tx, user.id, [order], policy=POLICY, now=BEGIN + 2 * day)
    assert recorded.tracked.lifecycle.status is ActivationStatus.ACTIVE
    assert [fact.key for fact in await facts_of(tx, user.id)] == [
        f"signup:{signed_up.customer_id}",
        f"login:{signed_in.session.id}",
        "order.placed:an-order",
    ]
