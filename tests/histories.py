"""Histories of customers, as Hypothesis draws them: late and simultaneous facts, at every boundary."""

from datetime import UTC, datetime, timedelta

from bson import ObjectId
from hypothesis import strategies as st

from roundsman.activation.facts import Fact, FactType
from roundsman.ids import UserId

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
CUSTOMER, OTHER = UserId(ObjectId("0" * 24)), UserId(ObjectId("1" * 24))
# Whole days, and a moment to both sides: where periods end, and where an Indian day does.
OFFSETS = st.sampled_from([-MILLISECOND, timedelta(0), MILLISECOND, timedelta(hours=18, minutes=30)])
INSTANTS = st.builds(
    lambda days, offset: BEGIN + timedelta(days=days) + offset,
    st.sampled_from([0, 1, 2, 10, 29, 30, 31, 59, 60, 61, 89, 90, 91, 120, 150]) | st.integers(0, 150),
    OFFSETS,
)


def a_fact(type_: FactType, at: datetime, number: int = 0, subject: UserId = CUSTOMER, **said: object) -> Fact:
    """One fact; those of one type and number are the same one told again."""
    source_id = str(subject) if type_ is FactType.SIGNUP else f"{subject}-{number}"
    return Fact(type_, subject, source_id, at, **said)  # type: ignore[arg-type]  # each caller says what its type has


@st.composite
def histories(draw: st.DrawFn, subject: UserId = CUSTOMER) -> list[Fact]:
    """A sign-up, and whatever may happen, in any order."""
    facts = [a_fact(FactType.SIGNUP, draw(INSTANTS), subject=subject)]
    for number in range(draw(st.integers(0, 12))):
        type_ = draw(st.sampled_from([one for one in FactType if one is not FactType.SIGNUP]))
        said: dict[str, object] = {}
        if type_ is FactType.ORDER_CANCELLED:
            said["by_customer"] = draw(st.booleans())
        if type_ is FactType.DELIVERY_COMPLETED:
            said["order_id"] = draw(st.none() | st.just("o"))
        if type_ in {FactType.PAYMENT_SUCCEEDED, FactType.ORDER_REFUNDED}:
            said["amount_paise"] = draw(st.integers(1, 100))
        order = draw(st.integers(0, 12)) if type_ is FactType.ORDER_CANCELLED else number
        facts.append(a_fact(type_, draw(INSTANTS), order, subject, **said))
    once = {fact.key: fact for fact in facts}
    return draw(st.permutations(list(once.values())))
